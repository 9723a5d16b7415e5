"""Which interpreter: the facts about a Python in an environment, asked of it once and kept while it is the same."""

# Pathlib's questions raise where a folder may not be entered, and its resolve follows links.
# ruff: noqa: PTH100, PTH110, PTH111, PTH112, PTH113, PTH114, PTH115, PTH118, PTH121

from __future__ import annotations

import configparser
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
import packaging
from msgspec import Struct

from freewheel.errors import ExternallyManaged, StoreError, UnusableInterpreter
from freewheel.events import Healed, Missed, Reporter, Reused
from freewheel.model.shape import Shape
from freewheel.model.target import Interpreter, Target
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record

OLDEST = "3.9"
"""The oldest Python that can be installed into."""

TIME_LIMIT = 60.0
"""Seconds that an interpreter may take to answer."""

FACTS_VERSION = 2
"""The version of the facts that are kept; part of the key, so that older records are never read."""

USER_VARIABLES = ("HOME", "USERPROFILE", "APPDATA", "PYTHONUSERBASE", "PYTHONNOUSERSITE")
"""What decides where the user's own site-packages lie, and whether they count (PEP 370)."""

_KIND = "interpreter"
_PARTITION = "_"


class _Facts(Struct, frozen=True, kw_only=True):
    """What `probe.py` prints; `managed_marker` is where PEP 668's file would lie, whether it exists or not.

    Every change of a field is a new FACTS_VERSION.
    """

    executable: str
    prefix: str
    base_prefix: str
    base_executable: str
    implementation: str
    python_version: str
    full_version: str
    abi: str
    abi_flags: str
    platform: str
    libc: str
    tags: tuple[str, ...]
    markers: dict[str, str]
    paths: dict[str, str]
    cache_tag: str
    magic: str
    search_paths: tuple[str, ...]
    user_paths: dict[str, str]
    user_site: str | None
    sees_base: bool
    prefix_paths: dict[str, str]
    home_paths: dict[str, str]
    managed_marker: str
    libpython: str | None


KEPT_FIELDS = _Facts.__struct_fields__
"""What a record of this version has."""

_FACTS, _STAMP, _ANSWER = Shape(_Facts), Shape(list[str | int]), Shape(dict[str, object])


def locate(given: str) -> str:
    """The absolute path of the interpreter that `given` names: itself, or that of an environment's folder.

    Links are not resolved, for they tell virtual environments apart. Raises UnusableInterpreter.
    """
    path = os.path.abspath(os.path.expanduser(given))
    below = (("bin", "python"), ("Scripts", "python.exe")) if os.path.isdir(path) else ((),)
    found = next((place for parts in below if os.path.isfile(place := os.path.join(path, *parts))), None)
    if found is None:
        raise UnusableInterpreter(path=given, reason=_absence(path, below))
    return found


def _absence(path: str, below: Iterable[tuple[str, ...]]) -> str:
    """Why nothing was found there; links are left when a Python is removed that environments were made of."""
    if not os.path.lexists(path):
        return "there is no such file or folder"
    dangling = next((place for parts in below if os.path.islink(place := os.path.join(path, *parts))), None)
    if dangling is not None:
        return f"{dangling} is a link to {os.readlink(dangling)}, which is not there"
    return "there is no Python interpreter here"


def interrogate(
    executable: str,
    *,
    entries: Entries,
    reporter: Reporter,
    host: tuple[str, ...] | None = None,
    variables: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Interpreter:
    """The interpreter at `executable` (a file, or an environment's folder), as it describes itself.

    Kept in `entries` while nothing that identifies it has changed; `host` names the operating system and its C
    library (this machine's by default), `variables` is the environment it is asked in (this process's by default). A
    miss costs one run of the interpreter. Raises UnusableInterpreter.
    """
    path = locate(executable)
    environ = os.environ if variables is None else variables
    key = _key(path, host if host is not None else host_facts(), environ)
    found = _kept(entries, key)
    if not isinstance(found, Miss):
        reporter.emit(Reused(kind="interpreter", subject=path))
        return _interpreter(found)
    if found.is_damage:
        reporter.emit(Healed(kind="interpreter", subject=path, reason=found.reason))
    started = clock()
    facts = _ask(path, environ)
    seconds = clock() - started
    reporter.emit(Missed(kind="interpreter", subject=path, reason=found.reason, seconds=seconds))
    if _is_same_file(facts.executable, path):  # not for wrappers that choose among interpreters by themselves
        _keep(entries, key, facts)
    return _interpreter(facts)


def host_facts() -> tuple[str, ...]:
    """What an interpreter's facts depend on besides itself: the operating system's version and the C library's."""
    if not hasattr(os, "uname"):
        import platform  # for Windows alone

        return (platform.platform(),)
    name = os.uname()
    system = (name.sysname, name.release, name.version, name.machine)  # the host's own name says nothing
    try:
        return (*system, os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (ValueError, OSError):
        return system


def check_managed(interpreter: Interpreter) -> None:
    """Raise ExternallyManaged where the distributor has marked the environment (PEP 668)."""
    marker = interpreter.externally_managed
    if marker is None:
        return
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(Path(marker).read_text(encoding="utf-8"))
        explanation = parser.get("externally-managed", "Error", fallback="")
    except (OSError, UnicodeDecodeError, configparser.Error):
        explanation = ""
    raise ExternallyManaged(path=interpreter.prefix, explanation=explanation)


def _key(path: str, host: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """Everything that can be known without running it: the binary, the environment, the machine, the user."""
    folder = Path(path).parent
    configuration = next((text for text in map(_pyvenv_cfg, (folder.parent, folder)) if text), b"")
    user = [environ.get(name) for name in USER_VARIABLES]
    if hasattr(os, "getuid"):
        user += [str(os.getuid())]
    parts = [FACTS_VERSION, path, *_stamp(path), hashlib.sha256(configuration).hexdigest(), packaging.__version__]
    return json.dumps([*parts, *host, *user])


def _pyvenv_cfg(folder: Path) -> bytes:
    try:
        return (folder / "pyvenv.cfg").read_bytes()
    except OSError:
        return b""


def _stamp(path: str | None) -> list[str | int]:
    """The file behind `path`, and whether it is still the same: real path, inode, size, time of change."""
    if path is None:
        return []
    try:
        real = os.path.realpath(path)
        status = Path(real).stat()
    except OSError:
        return ["gone"]
    return [real, status.st_ino, status.st_size, status.st_mtime_ns]


def _kept(entries: Entries, key: str) -> _Facts | Miss:
    record = entries.get(_KIND, _PARTITION, key)
    if isinstance(record, Miss):
        return record
    try:
        facts = _FACTS.of(record.fields.get("facts"))
        stamp = _STAMP.of(record.fields.get("libpython"))
    except msgspec.ValidationError:
        return Miss(reason="its facts cannot be read", is_damage=True)
    if stamp != _stamp(facts.libpython):
        return Miss(reason="its library has changed")
    return facts


def _keep(entries: Entries, key: str, facts: _Facts) -> None:
    fields = {"facts": msgspec.to_builtins(facts), "libpython": _stamp(facts.libpython)}
    try:
        entries.put(_KIND, _PARTITION, key, Record(fields=fields))
    except StoreError:
        return  # asked again in the next run


def _ask(path: str, environ: Mapping[str, str]) -> _Facts:
    folder = str(Path(packaging.__file__).parent)
    command = [path, "-I", "-W", "ignore", str(Path(__file__).with_name("probe.py")), folder]
    try:
        answer = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableInterpreter(path=path, reason=f"no answer within {TIME_LIMIT:.0f} seconds") from error
    except OSError as error:
        raise UnusableInterpreter(path=path, reason=error.strerror or str(error)) from error
    if answer.returncode != 0:
        lines = answer.stderr.decode("utf-8", "replace").split("\n")
        complaint = next(
            (line for line in reversed(lines) if "Error" in line or line.startswith("Unknown option")), None
        )
        # Other programs complain of the words that only a Python understands.
        reason = complaint or f"it does not answer like a Python: it ended with exit status {answer.returncode}"
        raise UnusableInterpreter(path=path, reason=reason)
    return _answer(path, answer.stdout)


def _answer(path: str, output: bytes) -> _Facts:
    """Read the last line: what start-up files print comes before it."""
    last = output.strip().rpartition(b"\n")[2]
    try:
        answer = _ANSWER.from_json(last)
        if "too_old" in answer:
            reason = f"it is Python {answer['too_old']}; {OLDEST} or newer is needed"
            raise UnusableInterpreter(path=path, reason=reason)
        return _FACTS.of(answer)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise UnusableInterpreter(path=path, reason="it does not answer like a Python") from error


def _is_same_file(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _interpreter(facts: _Facts) -> Interpreter:
    is_virtual = facts.prefix != facts.base_prefix
    is_managed = not is_virtual and os.path.exists(facts.managed_marker)
    return Interpreter(
        executable=facts.executable,
        prefix=facts.prefix,
        base_prefix=facts.base_prefix,
        base_executable=facts.base_executable,
        target=Target(
            implementation=facts.implementation,
            python_version=facts.python_version,
            full_version=facts.full_version,
            abi=facts.abi,
            abi_flags=facts.abi_flags,
            platform=facts.platform,
            libc=facts.libc,
            tags=facts.tags,
            markers=facts.markers,
        ),
        paths=facts.paths,
        cache_tag=facts.cache_tag,
        magic=facts.magic,
        search_paths=facts.search_paths,
        user_paths=facts.user_paths,
        user_site=facts.user_site,
        sees_base=facts.sees_base,
        prefix_paths=facts.prefix_paths,
        home_paths=facts.home_paths,
        externally_managed=facts.managed_marker if is_managed else None,
    )
