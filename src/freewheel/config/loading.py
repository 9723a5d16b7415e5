"""From the command line, the environment and pip's files to a `Config`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from freewheel.config import files
from freewheel.config.caching import cache_config, holdings_config, vain_adoption
from freewheel.config.default_index import index_of_pip
from freewheel.config.fetching import (
    build_config,
    freshness_config,
    index_config,
    request_config,
    resolve_config,
    target_config,
)
from freewheel.config.network import network_config
from freewheel.config.platform import Platform, absolute
from freewheel.config.settings import Layer, Settings, environment_layers, file_layers
from freewheel.config.values import (
    ACTIVATED,
    Config,
    FilesConfig,
    IndexConfig,
    InstallConfig,
    Level,
    ListConfig,
    OutputConfig,
)
from freewheel.errors import CommandMisused
from freewheel.options.general import ALWAYS_ENABLED
from freewheel.options.looking import SHELLS
from freewheel.options.option import ParsedArguments
from freewheel.options.refused import REFUSED
from freewheel.options.table import by_key, known_keys

Reader: TypeAlias = Callable[[str], str | None]
"""The text of a file; None where there is none."""

_NO_OPTIONS = frozenset({"config-file", "version", "help"})


def load(
    arguments: ParsedArguments,
    *,
    environ: Mapping[str, str],
    platform: Platform,
    read: Reader = files.read_text,
    default_index: Callable[[], str] = index_of_pip,
) -> Config:
    """Everything that a run is told, by precedence.

    `config` takes no options from files: so it can mend them, whatever they say. `default_index` is only called
    where an index is needed and none is set. Raises UsageError (a value that an option cannot have),
    ConfigurationFileError.
    """
    levels = _levels(arguments, environ, platform, read)
    layers = _layers(arguments.command, environ, levels, read, is_isolated=_is_isolated(arguments))
    settings = Settings(rows=by_key(arguments.command), given=arguments.given, layers=layers)
    cache = cache_config(settings, environ, platform)
    return Config(
        command=arguments.command,
        words=arguments.words,
        folder=platform.folder,
        environment=MappingProxyType(dict(environ)),
        cache=cache,
        index=index_config(settings, environ, platform, default_index),
        freshness=freshness_config(settings),
        network=network_config(settings, environ, platform),
        request=request_config(settings, environ, platform),
        resolve=resolve_config(settings),
        target=target_config(settings),
        build=build_config(settings),
        install=_install_config(settings, environ, platform),
        output=_output_config(settings, environ, platform),
        listing=_list_config(settings, environ, platform),
        holdings=holdings_config(settings),
        files=_files_config(settings, environ, levels),
        shell=_shell(settings),
        is_isolated=_is_isolated(arguments),
        notes=(*_given_without_effect(settings), *vain_adoption(settings, cache), *_set_without_effect(layers)),
        warnings=_needless_features(settings),
    )


def index_of_command(
    command: str,
    config: Config,
    *,
    platform: Platform,
    read: Reader = files.read_text,
    default_index: Callable[[], str] = index_of_pip,
) -> IndexConfig:
    """Which indexes another command asks with the files and variables that `config` comes from.

    Raises UsageError, ConfigurationFileError.
    """
    layers = _layers(command, config.environment, config.files.levels, read, is_isolated=config.is_isolated)
    settings = Settings(rows=by_key(command), given=(), layers=layers)
    return index_config(settings, config.environment, platform, default_index)


def _layers(
    command: str, environ: Mapping[str, str], levels: Sequence[Level], read: Reader, *, is_isolated: bool
) -> tuple[Layer, ...]:
    is_mending = command == "config"
    layers = [] if is_isolated else list(environment_layers(environ))
    for path in (path for level in levels for path in level.paths):
        text = read(path)
        if text is not None and not is_mending:
            layers += file_layers(path, files.sections(text, path), command)
    return tuple(layers)


def _levels(
    arguments: ParsedArguments, environ: Mapping[str, str], platform: Platform, read: Reader
) -> tuple[Level, ...]:
    named = [given.value for given in arguments.given if given.name == "python"]
    is_isolated = _is_isolated(arguments)
    if not named and not is_isolated:
        named = [environ.get("PIP_PYTHON"), environ.get("FREEWHEEL_PYTHON")]
    return files.levels(
        platform,
        environ,
        is_isolated=is_isolated,
        python=next(filter(None, reversed(named)), None),
        exists=lambda path: read(path) is not None or Path(path).is_dir(),
    )


def _is_isolated(arguments: ParsedArguments) -> bool:
    return any(given.name == "isolated" for given in arguments.given)


def _files_config(settings: Settings, environ: Mapping[str, str], levels: tuple[Level, ...]) -> FilesConfig:
    if "site" not in settings.rows:
        return FilesConfig(levels=levels, are_off=not levels)
    editor = settings.text("editor") or environ.get("VISUAL") or environ.get("EDITOR")
    chosen = tuple(name for name in ("user", "global", "site") if settings.flag(name))
    return FilesConfig(levels=levels, are_off=not levels, chosen=chosen, editor=editor)


def _install_config(settings: Settings, environ: Mapping[str, str], platform: Platform) -> InstallConfig:
    def folder(name: str) -> str | None:
        named = settings.text(name)
        return absolute(named, platform, environ) if named else None

    report = settings.text("report")
    chosen, source = _python(settings, environ)
    return InstallConfig(
        python=absolute(chosen, platform, environ) if chosen else platform.interpreter,
        python_source=source,
        target=folder("target"),
        prefix=folder("prefix"),
        root=folder("root"),
        user=settings.open_switch(on="user", off="no-user"),
        report=absolute(report, platform, environ) if report and report != "-" else report,
        dry_run=settings.flag("dry-run"),
        with_bytecode=settings.switch(on="compile", off="no-compile", default=True),
        link_mode=settings.choice("link-mode", "auto"),
        break_system_packages=settings.flag("break-system-packages"),
        require_virtualenv=settings.flag("require-virtualenv"),
        warn_conflicts=settings.switch(off="no-warn-conflicts", default=True),
        warn_script_location=settings.switch(off="no-warn-script-location", default=True),
        warn_root_user=settings.choice("root-user-action", "warn") == "warn",
        assume_yes=settings.flag("yes"),
    )


def _python(settings: Settings, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The environment that is named, and where."""
    named = settings.nearest("python")
    if named is not None and named.text:
        return named.text, "--python" if named.layer is None else named.source
    activated = environ.get("VIRTUAL_ENV")
    return (activated, ACTIVATED) if activated else (None, None)


def _output_config(settings: Settings, environ: Mapping[str, str], platform: Platform) -> OutputConfig:
    log = settings.text("log")
    verbosity = settings.count("verbose") - settings.count("quiet")
    row = settings.rows.get("format")
    return OutputConfig(
        verbosity=max(-3, min(3, verbosity)),
        colour=not (settings.flag("no-color") or environ.get("NO_COLOR")),
        progress_bar=settings.choice("progress-bar", "auto"),
        log=absolute(log, platform, environ) if log else None,
        list_format=None if row is None else settings.choice("format", row.choices[0]),
        as_json=settings.flag("json"),
    )


def _shell(settings: Settings) -> str | None:
    """The last shell that is named, as in pip."""
    given = settings.last_given(*(name for name in SHELLS if name in settings.rows))
    if given is not None:
        return given.option
    return next((name for name in SHELLS if name in settings.rows and settings.flag(name)), None)


def _list_config(settings: Settings, environ: Mapping[str, str], platform: Platform) -> ListConfig:
    if "path" not in settings.rows:
        return ListConfig(with_files=settings.flag("files"))
    is_list = "include-editable" in settings.rows
    excludes_editables = (
        not settings.switch(on="include-editable", off="exclude-editable", default=True)
        if is_list
        else settings.flag("exclude-editable")
    )
    only_editables = is_list and settings.flag("editable")
    outdated, up_to_date = settings.flag("outdated"), settings.flag("uptodate")
    if outdated and up_to_date:
        raise CommandMisused(problem="Options --outdated and --uptodate cannot be combined.")
    return ListConfig(
        exclude=tuple(setting.text for setting in settings.items("exclude")),
        editables=True if only_editables else False if excludes_editables else None,
        not_required=settings.flag("not-required"),
        with_installers=settings.flag("all"),
        is_outdated=True if outdated else False if up_to_date else None,
        only_user=settings.flag("user"),
        only_local=settings.flag("local"),
        paths=tuple(absolute(one.text, platform, environ) for one in settings.items("path")),
        order_files=tuple(one.text for one in settings.items("requirement")),
    )


def _needless_features(settings: Settings) -> tuple[str, ...]:
    """What need not be switched on, in pip's words; raises InvalidOptionValue for features that pip does not have."""
    needless = sorted(set(settings.chosen("use-feature")) & set(ALWAYS_ENABLED))
    return (f"The following features are always enabled: {', '.join(needless)}. ",) if needless else ()


def _given_without_effect(settings: Settings) -> list[str]:
    given = dict.fromkeys(one.name for one in settings.given)
    return [
        f"--{name} has no effect: {settings.rows[name].without_effect}"
        for name in given
        if settings.rows[name].without_effect is not None
    ]


def _set_without_effect(layers: tuple[Layer, ...]) -> list[str]:
    """What stands in environment and files and is no option of any command."""
    known = known_keys() | _NO_OPTIONS
    reasons = {name: row.refusal for row in REFUSED for name in row.long_names}
    return [
        f"{layer.source(key)} has no effect: {reasons.get(key) or 'there is no such option'}"
        for layer in layers
        for key, value in layer.values.items()
        if value and key not in known
    ]
