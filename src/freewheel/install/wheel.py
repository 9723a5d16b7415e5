"""What a wheel says of itself: its dist-info folder, RECORD, schemes, entry points, and what is wrong with them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from pathlib import PurePosixPath

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from freewheel.errors import BrokenArchive, InvalidWheel
from freewheel.install.plan import stays_below
from freewheel.model.artifact import normalize
from freewheel.model.core_metadata import header_fields

SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")
"""The install schemes that a wheel's `.data` folder may hold."""

STRONG_ENOUGH = ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s")
"""Digest algorithms that RECORD may use: SHA-256 or better."""

_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")  # what RECORD cannot state a digest of
_ENTRY_POINT = re.compile(r"([\w.]+)\s*:\s*([\w.]+)\s*(?:\[.*\])?")
_MAY_BE_SHORTER = re.compile(r"//|(^|/)\.(/|$)|/$")
_DIST_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")


class Member(Struct, frozen=True, kw_only=True):
    """A file of the archive: its `name` there, where it goes, and the digest that RECORD states.

    `digest` is unpadded URL-safe base64; both it and `algorithm` are empty for RECORD's signatures alone.
    """

    name: str
    scheme: str
    path: str
    algorithm: str
    digest: str


class Contents(Struct, frozen=True, kw_only=True):
    """What a wheel holds; `root_scheme` is purelib or platlib, `entry_points` (group, name, `module:attribute`)."""

    project: str
    version: str
    dist_info: str
    root_scheme: str
    members: tuple[Member, ...]
    entry_points: tuple[tuple[str, str, str], ...]


def examine(filename: str, names: Iterable[str], read: Callable[[str], bytes]) -> Contents:
    """What the wheel called `filename` holds, by the names of its members and what `read` gives of some of them.

    Raises BrokenArchive for a path that leads out of the archive, InvalidWheel with all problems for the rest.
    """
    files = [name for name in dict.fromkeys(names) if not name.endswith("/")]
    escaping = next((name for name in files if not stays_below(name)), None)
    if escaping is not None:
        raise BrokenArchive(subject=filename, reason=f"its member {escaping!r} leads out of it")
    dist_info = _dist_info(filename, files)
    problems: list[str] = []

    def text(name: str) -> str | None:
        path = f"{dist_info}/{name}"
        return read(path).decode("utf-8", "replace") if path in files else None

    is_purelib = _check_wheel_file(text("WHEEL"), problems)
    stated = header_fields((text("METADATA") or "").encode())
    name, version = (stated.get(field, [""])[0] for field in ("name", "version"))
    problems.extend(_name_problems(filename, dist_info, name, version))
    root_scheme = "purelib" if is_purelib else "platlib"
    members = _members(files, dist_info, root_scheme, _stated_digests(text("RECORD"), problems), problems)
    entry_points = _entry_points(text("entry_points.txt") or "", problems)
    if problems:
        raise InvalidWheel(subject=filename, problems=tuple(problems))
    return Contents(
        project=name,
        version=version,
        dist_info=dist_info,
        root_scheme=root_scheme,
        members=members,
        entry_points=entry_points,
    )


def _dist_info(filename: str, files: Sequence[str]) -> str:
    """The one `.dist-info` folder; raises InvalidWheel."""
    tops = (name.partition("/") for name in files)
    folders = sorted({top for top, slash, _ in tops if slash and top.endswith(".dist-info")})
    if len(folders) != 1:
        found = f"several .dist-info folders: {', '.join(folders)}" if folders else "no .dist-info folder"
        raise InvalidWheel(subject=filename, problems=(found,))
    return folders[0]


def _check_wheel_file(text: str | None, problems: list[str]) -> bool:
    """Whether the wheel is pure, as its WHEEL file says."""
    if text is None:
        problems.append("its WHEEL file is missing")
        return True
    fields = header_fields(text.encode())
    version = fields.get("wheel-version", [""])[0]
    if version.partition(".")[0] != "1":
        problems.append(f"its Wheel-Version is {version or 'missing'}, not 1")
    return fields.get("root-is-purelib", [""])[0].lower() == "true"


def _name_problems(filename: str, dist_info: str, name: str, version: str) -> Iterator[str]:
    """Where the file name, the dist-info folder and METADATA do not name the same release."""
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) not in (5, 6) or not filename.endswith(".whl"):
        yield "its file name is not that of a wheel"
        return
    folder = _DIST_INFO.fullmatch(dist_info)
    stated = {"METADATA": (name, version), dist_info: folder.group("name", "version") if folder else ("", "")}
    for where, (stated_name, stated_version) in stated.items():
        if not stated_name or normalize(stated_name) != normalize(parts[0]):
            yield f"{where} names the project {stated_name!r}, the file name {parts[0]!r}"
        if not _is_same_version(stated_version, parts[1]):
            yield f"{where} states the version {stated_version!r}, the file name {parts[1]!r}"


def _is_same_version(first: str, second: str) -> bool:
    try:
        return Version(first.replace("_", "-")) == Version(second.replace("_", "-"))
    except InvalidVersion:
        return first == second


def _stated_digests(text: str | None, problems: list[str]) -> Mapping[str, tuple[str, str]] | None:
    """RECORD's digests by path: algorithm and value; None where there is no RECORD."""
    if text is None:
        problems.append("its RECORD is missing")
        return None
    stated = {}
    try:
        for row in csv.reader(StringIO(text, newline="")):
            if row:
                algorithm, _, digest = (row[1] if len(row) > 1 else "").partition("=")
                stated[_normal(row[0])] = (algorithm.lower(), digest.rstrip("="))
    except csv.Error as error:
        problems.append(f"its RECORD cannot be read: {error}")
    return stated


def _members(
    files: Sequence[str],
    dist_info: str,
    root_scheme: str,
    stated: Mapping[str, tuple[str, str]] | None,
    problems: list[str],
) -> tuple[Member, ...]:
    """Every file but RECORD with its place; of two in one place the one in `.data` holds."""
    unsigned = {f"{dist_info}/{name}" for name in _UNSIGNED}
    placed: dict[tuple[str, str], Member] = {}
    for name in sorted(files, key=_is_data):
        normal = _normal(name)
        place = _place(name, normal, root_scheme, problems)
        if place is None or normal == f"{dist_info}/RECORD":
            continue
        algorithm, digest = (stated or {}).get(normal, ("", ""))
        if algorithm not in STRONG_ENOUGH:
            algorithm, digest = "", ""
            if stated is not None and normal not in unsigned:
                problems.append(f"RECORD states no SHA-256 digest of {name}")
        placed[place] = Member(name=name, scheme=place[0], path=place[1], algorithm=algorithm, digest=digest)
    files_as_folders = _folders(placed) & placed.keys()
    for scheme, path in placed if files_as_folders else ():
        if not files_as_folders.isdisjoint((scheme, str(parent)) for parent in PurePosixPath(path).parents):
            problems.append(f"{path} lies in a folder that is a file")
    return tuple(placed.values())


def _folders(places: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every folder that the files at `places` lie in, and those above it."""
    found: set[tuple[str, str]] = set()
    for scheme, path in places:
        folder = path.rpartition("/")[0]
        while folder and (scheme, folder) not in found:
            found.add((scheme, folder))
            folder = folder.rpartition("/")[0]
    return found


def _is_data(name: str) -> bool:
    return name.partition("/")[0].endswith(".data") and "/" in name


def _place(name: str, normal: str, root_scheme: str, problems: list[str]) -> tuple[str, str] | None:
    if not _is_data(name):
        return root_scheme, normal
    _, scheme, *rest = normal.split("/", 2)
    if scheme not in SCHEMES or not rest:
        problems.append(f"{name} is in no install scheme")
        return None
    return scheme, rest[0]


def declared_scripts(text: str) -> tuple[str, ...]:
    """The names of the scripts that `entry_points.txt` declares; what makes no sense there is passed over.

    >>> declared_scripts("[console_scripts]\\ntool = a:b\\n../x = a:b\\n[other]\\nc = d")
    ('tool',)
    """
    return tuple(name for _, name, _ in _entry_points(text, []))


def _entry_points(text: str, problems: list[str]) -> tuple[tuple[str, str, str], ...]:
    """The scripts that `entry_points.txt` declares (entry points specification); extras are dropped."""
    found: dict[tuple[str, str], str] = {}
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and line[0] not in "#;" and group in ("console_scripts", "gui_scripts"):
            name, _, value = (part.strip() for part in line.partition("="))
            match = _ENTRY_POINT.fullmatch(value)
            if match is None:
                problems.append(f"its entry point {line!r} does not name a callable")
            elif not stays_below(name):
                problems.append(f"its entry point {line!r} leads out of the scripts folder")
            else:
                found[group, name] = f"{match[1]}:{match[2]}"
    return tuple((group, name, value) for (group, name), value in found.items())


def _normal(path: str) -> str:
    # Most paths are what they are; those that may not be take 30 times as long.
    return path if path and not _MAY_BE_SHORTER.search(path) else str(PurePosixPath(path))
