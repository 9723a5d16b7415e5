"""What is asked for, of which indexes, and how it is chosen and built: the settings of the commands that fetch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from freewheel.config.locations import locate
from freewheel.config.platform import Platform, absolute
from freewheel.config.settings import Setting, Settings
from freewheel.config.values import (
    BuildConfig,
    FreshnessConfig,
    IndexConfig,
    RequestConfig,
    ResolveConfig,
    TargetConfig,
)
from freewheel.errors import CommandMisused
from freewheel.model import config_settings, releases
from freewheel.model.project_lists import ALL, filled

_DAYS = re.compile(r"P(\d{1,6})D", re.IGNORECASE)
_MOST_DIGITS = 4  # of a version part: wheel tags are listed for each older minor version too
_MOST_DAYS = 700_000  # some 1,900 years; more leads to before the calendar begins


def index_config(
    settings: Settings, environ: Mapping[str, str], platform: Platform, default_index: Callable[[], str]
) -> IndexConfig:
    """Which indexes are asked; none for a command that asks none. Raises InvalidOptionValue, CommandMisused."""
    if "index-url" not in settings.rows or (
        "outdated" in settings.rows and not (settings.flag("outdated") or settings.flag("uptodate"))
    ):
        return IndexConfig()
    no_index = settings.flag("no-index")
    named: tuple[Setting, ...] = ()
    if not no_index:
        main = settings.nearest("index-url") or Setting(option="index-url", text=default_index(), source="pip")
        named = (main, *settings.items("extra-index-url"))
    return IndexConfig(
        indexes=tuple(locate(one, platform, environ) for one in named if one.text),
        find_links=tuple(locate(one, platform, environ) for one in settings.items("find-links") if one.text),
        no_index=no_index,
        strategy=settings.choice("index-strategy", "best-version"),
    )


def freshness_config(settings: Settings) -> FreshnessConfig:
    """What is validated, and what is not; raises InvalidOptionValue, CommandMisused for a contradiction."""
    refresh, projects = settings.flag("refresh"), _named_projects(settings, "refresh-package")
    if settings.flag("offline") and (refresh or projects):
        raise CommandMisused(
            problem="--offline asks nobody, so that nothing can be refreshed.",
            hint="Leave out --offline, or --refresh and --refresh-package.",
        )
    return FreshnessConfig(
        refresh=refresh,
        refresh_projects=projects,
        offline=settings.flag("offline"),
        prefer_offline=settings.flag("prefer-offline"),
    )


def _named_projects(settings: Settings, option: str) -> frozenset[str]:
    """As in pip: from left to right, `:all:` stands for everything and `:none:` takes back what came before."""
    named, _ = filled(option, "", _project_lists(settings, option))
    return named


def _project_lists(settings: Settings, *names: str) -> Iterator[tuple[str, str]]:
    """Each option with its value, in the order in which they apply."""
    for setting in settings.changes(*names):
        if setting.text.startswith("-"):
            raise setting.invalid(f"{' / '.join(f'--{name}' for name in names)} option requires 1 argument.")
        yield setting.option, setting.text


def request_config(settings: Settings, environ: Mapping[str, str], platform: Platform) -> RequestConfig:
    """What was asked for by options; raises InvalidOptionValue, CommandMisused."""
    takes_destination = not settings.rows.keys().isdisjoint({"dest", "wheel-dir"})
    destination = settings.text("dest") or settings.text("wheel-dir") or "."
    source = settings.text("src")
    is_fetching = "constraint" in settings.rows
    if settings.last_given("require-hashes") and settings.last_given("no-require-hashes"):
        raise opposite_hash_options()
    takes_editables = is_fetching and "editable" in settings.rows
    return RequestConfig(
        requirement_files=_texts(settings, "requirement") if is_fetching or "yes" in settings.rows else (),
        constraint_files=_texts(settings, "constraint"),
        build_constraint_files=_texts(settings, "build-constraint"),
        set_in=MappingProxyType(dict(_named_elsewhere(settings, "requirement", "constraint", "build-constraint"))),
        scripts=_texts(settings, "requirements-from-script"),
        groups=_texts(settings, "group"),
        editables=_texts(settings, "editable") if takes_editables else (),
        source_folder=absolute(source, platform, environ) if source else None,
        exists_actions=settings.chosen("exists-action"),
        require_hashes=settings.open_switch(on="require-hashes", off="no-require-hashes"),
        destination=absolute(destination, platform, environ) if takes_destination else None,
        lock_file=_output_file(settings, environ, platform),
        algorithm=settings.choice("algorithm", "sha256"),
    )


def _named_elsewhere(settings: Settings, *names: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The options and their values that do not stand on the command line, each with its place."""
    for name in names:
        for setting in settings.items(name):
            if setting.layer is not None:
                yield (name, setting.text), setting.source


def _texts(settings: Settings, name: str) -> tuple[str, ...]:
    return tuple(one.text for one in settings.items(name))


def _output_file(settings: Settings, environ: Mapping[str, str], platform: Platform) -> str | None:
    if "output" not in settings.rows:
        return None
    named = settings.text("output") or "pylock.toml"
    return named if named == "-" else absolute(named, platform, environ)


def resolve_config(settings: Settings) -> ResolveConfig:
    """Which versions may be chosen; raises InvalidOptionValue, CommandMisused."""
    named = tuple(_project_lists(settings, "all-releases", "only-final"))
    is_pre = settings.flag("pre")
    if is_pre and releases.parse(named) != releases.ReleaseControl():
        raise CommandMisused(problem="--pre cannot be used with --all-releases or --only-final.")
    return ResolveConfig(
        upgrade=settings.flag("upgrade"),
        is_eager=settings.choice("upgrade-strategy", "only-if-needed") == "eager",
        with_dependencies=not settings.flag("no-deps"),
        only_dependencies=settings.flag("only-deps"),
        prefer_binary=settings.flag("prefer-binary"),
        ignore_installed=settings.flag("ignore-installed"),
        ignore_requires_python=settings.flag("ignore-requires-python"),
        force_reinstall=settings.flag("force-reinstall"),
        formats=tuple(_project_lists(settings, "no-binary", "only-binary")),
        releases=((releases.PRE, ""),) if is_pre else named,
        uploaded_prior_to=_uploaded_prior_to(settings),
    )


def _uploaded_prior_to(settings: Settings) -> datetime | timedelta | None:
    """A date and time, in the machine's own zone where it names none, or a number of days ago."""
    setting = settings.nearest("uploaded-prior-to")
    if setting is None or not setting.text:
        return None
    days = _DAYS.fullmatch(setting.text)
    if days is not None and int(days[1]) <= _MOST_DAYS:
        return timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(setting.text)
        return moment if moment.tzinfo is not None else moment.astimezone()
    except (ValueError, OverflowError):
        raise setting.invalid(
            f"invalid --uploaded-prior-to value: {setting.text!r}: it is neither a date and time (ISO 8601, such as "
            "2026-01-31 or 2026-01-31T12:00:00Z) nor a number of days (such as P7D)"
        ) from None


def target_config(settings: Settings) -> TargetConfig:
    """For which interpreter; raises InvalidOptionValue."""
    return TargetConfig(
        platforms=_texts(settings, "platform"),
        python_version=_python_version(settings),
        implementation=settings.text("implementation") or None,
        abis=_texts(settings, "abi"),
    )


def _python_version(settings: Settings) -> str | None:
    """`312` is 3.12, as in pip."""
    setting = settings.nearest("python-version")
    if setting is None or not setting.text:
        return None
    parts = setting.text.split(".")
    if len(parts) > 3:
        problem = "at most three version parts are allowed"
    elif not all(part.isascii() and part.isdigit() for part in parts):
        problem = "each version part must be an integer"
    elif any(len(part) > _MOST_DIGITS for part in parts):
        problem = f"no version part has more than {_MOST_DIGITS} digits"
    else:
        only = parts[0]
        return f"{only[0]}.{only[1:]}" if len(parts) == 1 and len(only) > 1 else setting.text
    raise setting.invalid(f"invalid --python-version value: {setting.text!r}: {problem}")


def opposite_hash_options(origin: str | None = None) -> CommandMisused:
    """The error that both options are given, in pip's words; `origin` is the line that has the second one."""
    return CommandMisused(problem="--require-hashes and --no-require-hashes are mutually exclusive", origin=origin)


def build_config(settings: Settings) -> BuildConfig:
    """How sources are built; raises InvalidOptionValue."""
    pairs = []
    for setting in settings.changes("config-settings"):
        try:
            pairs.append(config_settings.parse(setting.text))
        except ValueError as error:
            raise setting.invalid(str(error)) from None
    return BuildConfig(
        is_isolated=settings.switch(off="no-build-isolation", default=True),
        check_dependencies=settings.flag("check-build-dependencies"),
        keeps_folders=settings.flag("no-clean"),
        rebuild_projects=frozenset({ALL})
        if settings.flag("rebuild")
        else _named_projects(settings, "rebuild-package"),
        config_settings=tuple(pairs),
    )
