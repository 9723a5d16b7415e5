"""What a wheel must be before anybody uses it: every fault that can be found, found at once."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from freewheel.errors import BrokenArchive, InvalidWheel
from freewheel.index.metadata import read_from_wheel, unpacking_errors
from freewheel.model import core_metadata
from freewheel.model.artifact import CoreMetadata, NormalizedName, normalize
from freewheel.model.digest import Digest
from freewheel.model.target import Target

KNOWN_FORMAT = 1
"""The major version of the wheel format that we understand (binary distribution format, "Installing a wheel")."""

KNOWN_METADATA = 2
"""The major version of core metadata that we understand."""

_ANY_PROJECT = NormalizedName("")


_MACHINE_CODE = (
    b"\x7fELF",
    *(b"MZ", b"!<arch>"),
    *(b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),
)
"""How files begin that a compiler made: on Linux, on Windows and of libraries, on macOS."""


class SoundWheel(Struct, frozen=True, kw_only=True):
    """A wheel in which nothing is wrong; `digest` is SHA-256, `size` in bytes.

    `is_compiled` tells whether there is machine code in it, whatever its tags say: setuptools gives a wheel whose
    optional extension modules were all left out a platform's tag.
    """

    path: Path
    digest: Digest
    size: int
    is_compiled: bool


def name_faults(
    filename: str, *, project: NormalizedName, version: Version | None, target: Target
) -> tuple[str, ...]:
    """What speaks against a wheel's file name: another project or version than wanted, or tags that do not fit.

    `version` is None where any will do.
    """
    try:
        found_project, found_version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        return (f"its file name is invalid: {error}",)
    faults = []
    if project and str(found_project) != project:
        faults.append(f"it is for the project {found_project}, not {project}")
    if version is not None and found_version != version:
        faults.append(f"it has the version {found_version}, not {version}")
    if not _texts(tags) & set(target.tags):
        faults.append(f"its tags {', '.join(sorted(_texts(tags)))} do not fit this interpreter")
    return tuple(faults)


def read_metadata(path: Path, *, project: NormalizedName) -> CoreMetadata:
    """The core metadata of a wheel; raises InvalidWheel."""
    try:
        return core_metadata.parse(read_metadata_text(path, project=project))
    except ValueError as error:
        raise InvalidWheel(subject=path.name, problems=(f"its metadata cannot be read: {error}",)) from error


def read_metadata_text(path: Path, *, project: NormalizedName) -> bytes:
    """The METADATA file of a wheel, whole; raises InvalidWheel."""
    try:
        with path.open("rb") as stream:
            return read_from_wheel(stream, filename=path.name, project=project)
    except BrokenArchive as error:
        raise InvalidWheel(subject=path.name, problems=(f"it cannot be read: {error.reason}",)) from error
    except OSError as error:
        raise InvalidWheel(subject=path.name, problems=(f"its metadata cannot be read: {error}",)) from error


def checked(path: Path, *, project: NormalizedName, version: Version | None, target: Target) -> SoundWheel:
    """A freshly built wheel that is in order; raises InvalidWheel with everything that is not."""
    if not path.is_file():
        raise InvalidWheel(subject=path.name, problems=("the backend did not write the wheel that it named",))
    metadata = read_metadata(path, project=_ANY_PROJECT)
    faults = (
        *name_faults(path.name, project=project, version=version, target=target),
        *_metadata_faults(path.name, metadata),
        *content_faults(path),
    )
    if faults:
        raise InvalidWheel(subject=path.name, problems=faults)
    return SoundWheel(
        path=path, digest=file_digest(path), size=path.stat().st_size, is_compiled=_has_machine_code(path)
    )


def file_digest(path: Path) -> Digest:
    """The SHA-256 digest of a file, read in one pass (1.7 GB/s); raises OSError."""
    with path.open("rb") as stream:
        return Digest(algorithm="sha256", value=hashlib.file_digest(stream, "sha256").hexdigest())


def is_machine_code(start: bytes) -> bool:
    """Whether a file that begins so came out of a compiler; eight bytes are enough."""
    return start.startswith(_MACHINE_CODE)


def _has_machine_code(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                if is_machine_code(file.read(8)):
                    return True
    return False


def _texts(tags: frozenset[Tag]) -> set[str]:
    return {str(tag) for tag in tags}


def _metadata_faults(filename: str, metadata: CoreMetadata) -> Iterator[str]:
    try:
        project, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return
    if normalize(metadata.name) != str(project):
        yield f"its metadata is for the project {metadata.name}, its file name for {project}"
    try:
        if Version(metadata.version) != version:
            yield f"its metadata has the version {metadata.version}, its file name {version}"
    except InvalidVersion:
        yield f"its metadata has the version {metadata.version}, which is none"
    try:
        major = Version(metadata.metadata_version).major
    except InvalidVersion:
        yield f"its metadata version {metadata.metadata_version} is no version"
        return
    if major > KNOWN_METADATA:
        yield f"its metadata version {metadata.metadata_version} is unknown"


def content_faults(path: Path) -> Iterator[str]:
    """Faults of the WHEEL file, and of RECORD against every file."""
    from installer.exceptions import InstallerError
    from installer.sources import WheelFile

    try:
        with WheelFile.open(path) as wheel:
            yield from _format_faults(wheel.read_dist_info("WHEEL"))
            wheel.validate_record()
    except WheelFile.validation_error as error:
        yield from (str(issue).replace(str(path), path.name) for issue in getattr(error, "issues", [error]))
    except InstallerError as error:
        yield f"it cannot be read: {error}"
    except unpacking_errors() as error:
        yield f"it cannot be read: {error}"


def _format_faults(wheel_file: str) -> Iterator[str]:
    lines = dict(line.split(":", 1) for line in wheel_file.splitlines() if ":" in line)
    version = lines.get("Wheel-Version", "").strip()
    if version.split(".")[0] != str(KNOWN_FORMAT):
        yield f"its WHEEL file has the format version {version or 'none'}, not {KNOWN_FORMAT}.x"
