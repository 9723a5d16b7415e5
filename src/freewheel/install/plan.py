"""What installing will do, decided before anything is touched: which files go where, from where, with what in them.

wheel's tree (manifest) ─┐
its bytecode ────────────┼─ plan ─> PlaceFile (linked or copied) | WriteFile, and the RECORD that lists them
the destination ─────────┘
"""

from __future__ import annotations

import csv
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from freewheel.errors import InvalidWheel
from freewheel.model.artifact import normalize
from freewheel.store.protocol import Bytecode, BytecodeFile, Manifest, Tree, TreeFile

LauncherKind = Literal["posix", "win-ia32", "win-amd64", "win-arm", "win-arm64"]
"""Which form of launcher an entry point gets, in the words of `installer`."""

INSTALLER = b"freewheel\n"

_LAUNCHERS: dict[str, LauncherKind] = {
    "win32": "win-ia32",
    "win-amd64": "win-amd64",
    "win-arm32": "win-arm",
    "win-arm64": "win-arm64",
}
_GENERATED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
_Row: TypeAlias = tuple[str, str]  # what RECORD says of a path: digest and size
_NO_DIGEST: _Row = ("", "")
_SHEBANG_LIMIT = 127  # bytes of a shebang line that Linux before 5.1 reads
_WRAPPER_SUFFIXES = (".exe", "-script.py", "-script.pyw", ".pya")


class Destination(Struct, frozen=True, kw_only=True):
    """Where things go: absolute folders by scheme (purelib, platlib, headers, scripts, data).

    Headers go into a sub-folder of `headers` by the project's normalized name. `executable` is what scripts run with.
    `is_folder` tells a plain folder (`--target`), `is_apart` an installation below another folder (`--prefix`,
    `--root`) from an environment: both are looked into for what gives way, and the environment is left alone.
    `reach` are folders, besides those of the schemes, from which may be removed; `scripts_of` has the folder of the
    scripts by that of the modules, where it is not the scheme's.
    """

    schemes: Mapping[str, str]
    executable: str
    python_version: str
    platform: str
    is_folder: bool = False
    is_apart: bool = False
    reach: tuple[str, ...] = ()
    scripts_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders in which, and below which, files may be changed."""
        return (*self.schemes.values(), *self.reach)

    @property
    def launcher(self) -> LauncherKind:
        """The form of its launchers."""
        return _LAUNCHERS.get(self.platform, "posix")


class Unpacked(Struct, frozen=True, kw_only=True):
    """A distribution ready to be installed: its tree, its bytecode, and what the environment notes about it.

    `scripts` holds the content of the tree's files in the scripts scheme, by path. `direct_url` is the text of
    `direct_url.json` (PEP 610); `is_requested` says that a person asked for it (PEP 376).
    """

    tree: Tree
    scripts: Mapping[str, bytes]
    bytecode: Bytecode | None = None
    direct_url: str | None = None
    is_requested: bool = False


class PlaceFile(Struct, frozen=True, kw_only=True):
    """Put a file of the store at `destination`; `may_share` says that it may be the same inode.

    `size` (bytes) and `mtime` (seconds) are those that the source must have.
    """

    source: str
    destination: str
    size: int
    mtime: int
    is_executable: bool
    may_share: bool


class WriteFile(Struct, frozen=True, kw_only=True):
    """Write `content` to `destination`."""

    destination: str
    content: bytes
    is_executable: bool = False


Operation: TypeAlias = PlaceFile | WriteFile


class DistributionPlan(Struct, frozen=True, kw_only=True):
    """What installing one distribution does, in order; its RECORD comes last.

    `console_scripts` are the paths of those scripts that entry points made.
    """

    name: str
    version: str
    operations: tuple[Operation, ...]
    console_scripts: tuple[str, ...] = ()


class InstallPlan(Struct, frozen=True, kw_only=True):
    """What installing several distributions does; no path is the destination of two operations.

    `overwritten` holds (path, project that had it, project that gets it).
    """

    distributions: tuple[DistributionPlan, ...]
    overwritten: tuple[tuple[str, str, str], ...] = ()


def plan(distributions: Sequence[Unpacked], destination: Destination) -> InstallPlan:
    """What installing `distributions` does. A path that two of them have goes to the later one.

    Raises InvalidWheel when a path would leave its scheme's folder.
    """
    plans = [_plan_one(distribution, destination) for distribution in distributions]
    owner = {operation.destination: number for number, single in enumerate(plans) for operation in single.operations}
    overwritten: list[tuple[str, str, str]] = []
    kept = []
    for number, single in enumerate(plans):
        lost = [o.destination for o in single.operations if owner[o.destination] != number]
        overwritten.extend((path, single.name, plans[owner[path]].name) for path in lost)
        mine = tuple(o for o in single.operations if owner[o.destination] == number) if lost else single.operations
        kept.append(replace(single, operations=mine))
    return InstallPlan(distributions=tuple(kept), overwritten=tuple(overwritten))


def _plan_one(distribution: Unpacked, destination: Destination) -> DistributionPlan:
    manifest = distribution.tree.manifest
    _check_paths(distribution)
    schemes = with_headers(destination.schemes, manifest.project)
    site = schemes[manifest.root_scheme]
    prefixes = {scheme: _record_prefix(root, site) for scheme, root in schemes.items()}
    operations: dict[str, Operation] = {}
    rows: dict[str, _Row] = {}
    for scheme, path, operation, row in _operations(distribution, destination, schemes):
        operations[operation.destination] = operation
        rows[prefixes[scheme] + path] = row
    record = f"{manifest.dist_info}/RECORD"
    rows[record] = _NO_DIGEST
    content = _record(rows)
    operations[f"{site}/{record}"] = WriteFile(destination=f"{site}/{record}", content=content)
    points = _entry_points(manifest, destination.python_version)
    return DistributionPlan(
        name=manifest.project,
        version=manifest.version,
        operations=tuple(operations.values()),
        console_scripts=tuple(f"{schemes['scripts']}/{name}" for group, name, _ in points if group != "gui_scripts"),
    )


def with_headers(schemes: Mapping[str, str], project: str) -> Mapping[str, str]:
    """The schemes of one project, which has a folder of its own for headers.

    >>> with_headers({"headers": "/env/include"}, "Foo.Bar")
    {'headers': '/env/include/foo-bar'}
    """
    return {**schemes, "headers": f"{schemes['headers']}/{normalize(project)}"}


def _operations(
    distribution: Unpacked, destination: Destination, schemes: Mapping[str, str]
) -> Iterator[tuple[str, str, Operation, _Row]]:
    """Every operation but RECORD: scheme, path, what to do, and its line in RECORD; the later holds a place."""
    manifest, tree_root = distribution.tree.manifest, str(distribution.tree.root)
    information = manifest.dist_info + "/"
    for file in _sources(distribution):
        is_package_file = file.scheme in ("purelib", "platlib") and not file.path.startswith(information)
        place = _place(file, tree_root, schemes, may_share=is_package_file)
        yield file.scheme, file.path, place, (f"sha256={file.digest}", str(file.size))
    if distribution.bytecode is not None:
        bytecode_root = str(distribution.bytecode.root)
        for compiled in distribution.bytecode.files:
            place = _place(compiled, bytecode_root, schemes, may_share=True)
            yield compiled.scheme, compiled.path, place, _NO_DIGEST  # it may be written again at any import
    for name, content in (*_scripts(distribution, destination), *_launchers(manifest, destination)):
        target = f"{schemes['scripts']}/{name}"
        write = WriteFile(destination=target, content=content, is_executable=True)
        yield "scripts", name, write, _row(content)
    for name, content in _information(distribution):
        path = f"{information}{name}"
        write = WriteFile(destination=f"{schemes[manifest.root_scheme]}/{path}", content=content)
        yield manifest.root_scheme, path, write, _row(content)


def _place(file: TreeFile | BytecodeFile, root: str, schemes: Mapping[str, str], *, may_share: bool) -> PlaceFile:
    return PlaceFile(
        source=f"{root}/{file.scheme}/{file.path}",
        destination=f"{schemes[file.scheme]}/{file.path}",
        size=file.size,
        mtime=file.mtime,
        is_executable=isinstance(file, TreeFile) and file.is_executable,
        may_share=may_share,
    )


def _sources(distribution: Unpacked) -> Iterator[TreeFile]:
    """The tree's files that are installed as they are: no scripts, nothing that is written anew."""
    information = distribution.tree.manifest.dist_info
    generated = {f"{information}/{name}" for name in _GENERATED}
    root = distribution.tree.manifest.root_scheme
    for file in distribution.tree.manifest.files:
        if file.scheme != "scripts" and not (file.scheme == root and file.path in generated):
            yield file


def _information(distribution: Unpacked) -> Iterator[tuple[str, bytes]]:
    """What the installer adds to the dist-info folder, by name (PEP 376, 610, 627)."""
    yield "INSTALLER", INSTALLER
    if distribution.direct_url is not None:
        yield "direct_url.json", distribution.direct_url.encode()
    if distribution.is_requested:
        yield "REQUESTED", b""


def _scripts(distribution: Unpacked, destination: Destination) -> Iterator[tuple[str, bytes]]:
    """Scripts by name, their `#!python` line made the target's; without setuptools' own entry point wrappers."""
    entry_points = {name for _, name, _ in distribution.tree.manifest.entry_points}
    for name, content in distribution.scripts.items():
        suffix = next((suffix for suffix in _WRAPPER_SUFFIXES if name.lower().endswith(suffix)), "")
        if name[: len(name) - len(suffix)] not in entry_points:
            yield name, with_shebang(content, destination.executable)


def with_shebang(content: bytes, executable: str) -> bytes:
    """A script whose first line, if it begins with `#!python`, names `executable` (binary distribution format).

    >>> with_shebang(b"#!python -E\\nprint()\\n", "/env/bin/python")
    b'#!/env/bin/python\\nprint()\\n'
    """
    first, _, rest = content.partition(b"\n")
    if not first.startswith(b"#!python"):
        return content
    program = executable.encode()
    if b" " not in program and len(program) + 3 <= _SHEBANG_LIMIT:
        return b"#!" + program + b"\n" + rest
    # A shell finds long paths and those with spaces; what it runs is a string literal to Python.
    quoted = b"'" + program.replace(b"'", b"'\"'\"'") + b"'"
    return b"#!/bin/sh\n'''exec' " + quoted + b' "$0" "$@"\n' + b"' '''\n" + rest


def _launchers(manifest: Manifest, destination: Destination) -> Iterator[tuple[str, bytes]]:
    if not manifest.entry_points:
        return
    from installer.scripts import Script  # 15 ms, and most projects have no entry point

    for group, name, value in _entry_points(manifest, destination.python_version):
        module, _, attribute = value.partition(":")
        section: Literal["gui", "console"] = "gui" if group == "gui_scripts" else "console"
        script = Script(name=name, module=module, attr=attribute, section=section)
        yield script.generate(destination.executable, destination.launcher)


def _entry_points(manifest: Manifest, python_version: str) -> Iterator[tuple[str, str, str]]:
    """Entry points; those of pip itself are named after the interpreter that they are for, as pip does."""
    given = manifest.entry_points
    command = next((value for _, name, value in given if name == "pip"), None)
    if normalize(manifest.project) != "pip" or command is None:
        yield from given
        return
    for name in ("pip", f"pip{python_version.partition('.')[0]}", f"pip{python_version}"):
        yield "console_scripts", name, command
    yield from (point for point in given if not re.fullmatch(r"pip(\d+(\.\d+)?)?", point[1]))


def _check_paths(distribution: Unpacked) -> None:
    """Hold every path against its scheme's folder once more: what is planned is done."""
    manifest = distribution.tree.manifest
    compiled = distribution.bytecode.files if distribution.bytecode is not None else ()
    paths = [file.path for file in manifest.files]
    paths += [file.path for file in compiled]
    paths += [name for _, name, _ in manifest.entry_points]
    escaping = [path for path in paths if not stays_below(path)]
    if escaping:
        problems = tuple(f"{path} leads out of its folder" for path in escaping)
        raise InvalidWheel(subject=f"{manifest.project} {manifest.version}", problems=problems)


def stays_below(path: str) -> bool:
    """Whether a relative path, with forward slashes, names something below its start, on any platform.

    >>> [stays_below(path) for path in ("a/b.py", "../a", "/a", "a/../../b", "C:/a", "a\\\\..\\\\b", "")]
    [True, False, False, False, False, False, False]
    """
    if not path or path[0] == "/" or "\\" in path or "\0" in path or path[1:2] == ":":
        return False
    return ".." not in path or ".." not in path.split("/")


def _record_prefix(root: str, site: str) -> str:
    """What leads from the folder that RECORD's paths start in to a scheme's folder.

    >>> _record_prefix("/env/bin", "/env/lib/python3.12/site-packages")
    '../../../bin/'
    """
    folder, start = PurePath(root), PurePath(site)
    if folder.anchor != start.anchor:
        return folder.as_posix() + "/"
    shared = 0
    for left, right in zip(folder.parts, start.parts, strict=False):
        if left != right:
            break
        shared += 1
    steps = [".."] * (len(start.parts) - shared) + list(folder.parts[shared:])
    return "".join(f"{step}/" for step in steps)


def _row(content: bytes) -> _Row:
    digest = urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest}", str(len(content))


class _Lines:
    """What `csv` writes to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def _record(rows: Mapping[str, _Row]) -> bytes:
    """RECORD's content (PEP 376, 627), in the order of its paths."""
    output = _Lines()
    writer = csv.writer(output)
    writer.writerows((path, *rows[path]) for path in sorted(rows))
    return "".join(output.lines).encode()
