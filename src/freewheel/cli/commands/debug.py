"""`freewheel debug`: facts for a report of a defect, pip's where pip has them. Passwords are masked."""

from __future__ import annotations

import locale
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata

from freewheel.build.git import GitFailed
from freewheel.cli.arguments import version_text
from freewheel.cli.errors_as_text import describe
from freewheel.cli.invocation import Invocation
from freewheel.cli.messages import lines
from freewheel.commands.config import masked, variables
from freewheel.config.loading import index_of_command
from freewheel.config.network import CERTIFICATE_VARIABLES
from freewheel.config.values import Config, Location, NetworkConfig, TargetConfig
from freewheel.errors import FreewheelError, GitUnavailable, UnusableInterpreter
from freewheel.events import Warned
from freewheel.model.target import Interpreter
from freewheel.wiring.program import Program
from freewheel.wiring.run import Run

_FIRST_TAGS = 10


def run(call: Invocation) -> int:
    """Print the facts; of an environment that cannot be used, why."""
    warning = (
        "This command is only meant for debugging. Do not use this with automation for parsing and getting these "
        "details, since the output and options of this command may change without notice."
    )
    call.run.reporter.emit(Warned(message=warning))
    program = Program(call.config, call.run)
    try:
        environment = list(_environment(program.interpreter))
        tags = list(_tags(program.target.tags, call.config.target, shows_all=call.config.output.verbosity > 0))
    except UnusableInterpreter as error:
        environment = list(_listed("environment acted on", lines(describe(error))))
        tags = ["Compatible tags: not known"]
    for line in (
        *_process(),
        *environment,
        *_network(call.config.network, call.config.environment),
        *_indexes(call),
        *_cache(call.config, call.run),
        *_settings(call.config),
        *_libraries(),
        f"git: {_git(program)}",
        *tags,
    ):
        call.printer.print(line)
    return 0


def _process() -> Iterator[str]:
    yield f"freewheel version: {version_text()}"
    yield f"sys.version: {sys.version}"
    yield f"sys.executable: {sys.executable}"
    yield f"sys.getdefaultencoding: {sys.getdefaultencoding()}"
    yield f"sys.getfilesystemencoding: {sys.getfilesystemencoding()}"
    yield f"locale.getencoding: {locale.getencoding()}"
    yield f"sys.platform: {sys.platform}"
    yield from _listed("sys.implementation", [f"name: {sys.implementation.name}"])


def _environment(interpreter: Interpreter) -> Iterator[str]:
    facts = {
        "executable": interpreter.executable,
        "prefix": interpreter.prefix,
        "python": f"{interpreter.target.implementation} {interpreter.target.full_version}",
        "virtual": "yes" if interpreter.is_virtual else "no",
        "managed by a distributor": "yes" if interpreter.externally_managed else "no",
    }
    yield from _listed("environment acted on", (f"{name}: {value}" for name, value in facts.items()))
    yield from _listed("its folders", (f"{name}: {path}" for name, path in sorted(interpreter.paths.items())))
    yield from _listed("searched for installed projects", interpreter.search_paths)
    markers = sorted(interpreter.target.markers.items())
    yield from _listed("markers", (f"{name}: {value}" for name, value in markers))


def _network(config: NetworkConfig, environ: Mapping[str, str]) -> Iterator[str]:
    own = config.ca_bundle or config.ca_folder
    missing = " (which does not exist)" if own is not None and not os.path.exists(own) else ""  # noqa: PTH110
    yield f"certificates: {own}{missing}" if own is not None else "certificates: the operating system's"
    yield f"client certificate: {config.client_certificate or 'none'}"
    yield from (f"{name}: {environ.get(name)}" for name in CERTIFICATE_VARIABLES)
    yield f"trusted hosts: {' '.join(config.trusted_hosts) or 'none'}"
    yield from _listed("proxies", (f"{scheme}: {_url(proxy)}" for scheme, proxy in config.proxies))
    yield f"no_proxy: {config.no_proxy or 'none'}"


def _url(location: Location) -> str:
    """A URL as everybody may see it: its credentials are kept elsewhere."""
    return location.url if location.credentials is None else location.url.replace("://", "://****@", 1)


def _indexes(call: Invocation) -> Iterator[str]:
    """What `install` would ask with the same variables and files."""
    try:
        config = index_of_command("install", call.config, platform=call.platform)
    except FreewheelError as error:
        yield from _listed("indexes", (f"not known: {sentence}" for sentence in describe(error).what))
        return
    yield from _listed("indexes", map(_url, config.indexes))
    yield from _listed("find-links", map(_url, config.find_links))
    yield f"no-index: {'yes' if config.no_index else 'no'}"


def _cache(config: Config, this_run: Run) -> Iterator[str]:
    stores = this_run.cache
    if config.cache.folder is None:
        state = "switched off"
    elif stores is None:
        state = "not used: see the warning"
    else:
        state = "read and written" if stores.root.is_writable else "read, not written"
    yield from _listed("cache", [f"folder: {config.cache.folder}", f"set by: {config.cache.source}", f"use: {state}"])
    if config.cache.layers:
        usable = set() if this_run.reusable is None else set(map(str, this_run.reusable.layers))
        yield from _listed(
            "cache layers",
            (f"{one}{'' if one in usable else ' (not used: see the warning)'}" for one in config.cache.layers),
        )


def _settings(config: Config) -> Iterator[str]:
    files = (
        f"{level.name}: {path}, exists: {os.path.exists(path)!r}"  # noqa: PTH110
        for level in reversed(config.files.levels)
        for path in reversed(level.paths)
    )
    yield from _listed("configuration files", files)
    found = {} if config.is_isolated else variables(config.environment)
    yield from _listed("variables", (f"{name}={masked(name, value)!r}" for name, value in sorted(found.items())))


def _libraries() -> Iterator[str]:
    needed = (re.match(r"[A-Za-z0-9._-]+", text) for text in metadata.requires("freewheel") or ())
    names = sorted({found[0] for found in needed if found is not None})
    yield from _listed("libraries", (f"{name}=={metadata.version(name)}" for name in names))


def _git(program: Program) -> str:
    try:
        return program.repositories.git.version()
    except (GitFailed, GitUnavailable):
        return "not found"


def _tags(tags: tuple[str, ...], target: TargetConfig, *, shows_all: bool) -> Iterator[str]:
    given = (
        ("platforms", list(target.platforms) or None),
        ("version_info", target.python_version),
        ("abis", list(target.abis) or None),
        ("implementation", target.implementation),
    )
    wanted = " ".join(f"{name}={value!r}" for name, value in given if value is not None)
    yield f"Compatible tags: {len(tags)}" + (f" (target: {wanted})" if wanted else "")
    shown = tags if shows_all else tags[:_FIRST_TAGS]
    yield from (f"  {tag}" for tag in shown)
    if len(shown) < len(tags):
        yield "  ..."
        yield f"  [First {_FIRST_TAGS} tags shown. Pass --verbose to show all.]"


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    yield f"{title}:" if found else f"{title}: none"
    yield from (f"  {line}" for line in found)
