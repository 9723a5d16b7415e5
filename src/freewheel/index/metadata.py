"""Core metadata of wheels: kept for ever, else from the file beside the wheel (PEP 658), else from the wheel."""

from __future__ import annotations

import contextlib
import struct
import zlib
from typing import BinaryIO

from packaging.version import Version

from freewheel.errors import BrokenArchive, InconsistentMetadata, InvalidWheel, StoreError, UnexpectedStatus
from freewheel.events import Healed, Kind, Missed, Noted, Reporter, Reused
from freewheel.index import metadata_record
from freewheel.index.once import Once
from freewheel.model import core_metadata
from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName, normalize
from freewheel.model.digest import Digest, identity
from freewheel.net.download import LARGEST_METADATA, Downloads
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record

KIND: Kind = "metadata"
"""The kind of entry; its partition is the project, its key the SHA-256 digest of what the metadata was read from."""

_ABSENT = (404, 410)


class WheelMetadata:
    """Reads each wheel's metadata once a run. Safe from many threads.

    What is kept is known by the digest of the metadata file, or of the wheel where there is no such file. Not by the
    wheel's alone: an index may state any digest beside a metadata file of its own making, and another index's wheel
    must not be resolved by it.
    """

    def __init__(self, *, downloads: Downloads, entries: Entries, reporter: Reporter) -> None:
        self._downloads = downloads
        self._entries = entries
        self._reporter = reporter
        self._known: Once[tuple[str, Digest | None], CoreMetadata] = Once()

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        """A wheel's metadata, whose name and version are those of its file name.

        Raises NetworkError, DigestMismatch, BrokenArchive, InvalidWheel, InconsistentMetadata.
        """
        key = (artifact.url, identity(artifact.digests))
        return self._known.get(key, lambda: self._look_up(artifact))

    def text(self, artifact: Artifact) -> bytes:
        """A wheel's METADATA file, whole: the file beside the wheel where there is one; raises as `metadata`."""
        if artifact.metadata_digests is not None:
            try:
                return self._downloads.fetch_metadata(artifact).content
            except UnexpectedStatus as error:
                if error.status not in _ABSENT:
                    raise
        with self._downloads.fetch(artifact).open() as stream:
            return read_from_wheel(stream, filename=artifact.filename, project=artifact.project)

    def _look_up(self, artifact: Artifact) -> CoreMetadata:
        if artifact.metadata_digests is None:
            return self._kept_or_read(artifact, identity(artifact.digests))
        try:
            return self._kept_or_fetched(artifact, identity(artifact.metadata_digests))
        except UnexpectedStatus as error:
            if error.status not in _ABSENT:
                raise
            # Some mirrors repeat what a page says without having the file.
            self._reporter.emit(Noted(message=f"{error.url} is promised but absent; the wheel itself is read."))
            return self._kept_or_read(artifact, identity(artifact.digests))

    def _kept_or_fetched(self, artifact: Artifact, digest: Digest | None) -> CoreMetadata:
        """By the file beside the wheel; the transport tells how that was had."""
        kept = self._kept(artifact, digest)
        if not isinstance(kept, Miss):
            return kept
        file = self._downloads.fetch_metadata(artifact)
        return self._keep(artifact, digest if file.may_be_kept else None, file.content)

    def _kept_or_read(self, artifact: Artifact, digest: Digest | None) -> CoreMetadata:
        """By the wheel itself."""
        kept = self._kept(artifact, digest)
        if not isinstance(kept, Miss):
            return kept
        download = self._downloads.fetch(artifact)
        with download.open() as stream:
            data = read_from_wheel(stream, filename=artifact.filename, project=artifact.project)
        self._reporter.emit(Missed(kind=KIND, subject=artifact.filename, reason=kept.reason))
        return self._keep(artifact, digest if download.may_be_kept else None, data)

    def _kept(self, artifact: Artifact, digest: Digest | None) -> CoreMetadata | Miss:
        if digest is None:
            return Miss(reason="no digest is stated for it")
        found = _usable(self._entries.get(KIND, artifact.project, digest.value))
        if isinstance(found, Miss):
            if found.is_damage:
                self._reporter.emit(Healed(kind=KIND, subject=artifact.filename, reason=found.reason))
            return found
        _check(found, artifact)
        self._reporter.emit(Reused(kind=KIND, subject=artifact.filename))
        return found

    def _keep(self, artifact: Artifact, digest: Digest | None, data: bytes) -> CoreMetadata:
        try:
            metadata = core_metadata.parse(data)
        except ValueError as error:
            raise InvalidWheel(subject=artifact.filename, problems=(f"METADATA: {error}",)) from error
        _check(metadata, artifact)
        if digest is not None:
            # A cache that cannot be written is told of once, by whoever stores the big things.
            with contextlib.suppress(StoreError):
                self._entries.put(KIND, artifact.project, digest.value, metadata_record.to_record(metadata))
        return metadata


def read_from_wheel(stream: BinaryIO, *, filename: str, project: NormalizedName) -> bytes:
    """The METADATA file in a wheel; raises BrokenArchive, and InvalidWheel when there is none, or more than one."""
    import zipfile

    try:
        with zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if _is_metadata_of(project, member.filename)]
            if len(members) != 1:
                problem = f"{len(members)} files are its METADATA, where one should be"
                raise InvalidWheel(subject=filename, problems=(problem,))
            if members[0].file_size > LARGEST_METADATA:
                raise BrokenArchive(subject=filename, reason=f"its METADATA has more than {LARGEST_METADATA} bytes")
            return archive.read(members[0])
    except _unpacking_errors() as error:
        raise BrokenArchive(subject=filename, reason=str(error)) from error


def _unpacking_errors() -> tuple[type[Exception], ...]:
    """What reading an archive that was tampered with can raise."""
    import zipfile

    found = (zipfile.BadZipFile, struct.error, zlib.error, EOFError, RuntimeError, ValueError, OSError)
    try:
        import lzma
    except ImportError:  # a Python without it refuses such members with a RuntimeError
        return found
    return (*found, lzma.LZMAError)


def _usable(found: Record | Miss) -> CoreMetadata | Miss:
    if isinstance(found, Miss):
        return found
    try:
        return metadata_record.from_record(found)
    except ValueError as error:
        return Miss(reason=f"the record of its metadata is damaged: {error}", is_damage=True)


def _is_metadata_of(project: NormalizedName, member: str) -> bool:
    folder, _, name = member.partition("/")
    return name == "METADATA" and folder.endswith(".dist-info") and normalize(folder).startswith(project)


def _check(metadata: CoreMetadata, artifact: Artifact) -> None:
    if normalize(metadata.name) != artifact.project:
        raise _inconsistent(artifact, field="name", expected=artifact.project, found=metadata.name)
    try:
        version = Version(metadata.version)
    except ValueError:
        version = None
    if version != artifact.version:
        raise _inconsistent(artifact, field="version", expected=str(artifact.version), found=metadata.version)


def _inconsistent(artifact: Artifact, *, field: str, expected: str, found: str) -> InconsistentMetadata:
    return InconsistentMetadata(subject=artifact.filename, field=field, expected=expected, found=found)
