"""Core metadata of wheels: kept for ever, else from the file beside the wheel (PEP 658), else from the wheel.

What is kept is known by the digest of the bytes that it was read from, which were checked: those of the metadata
file, or of the whole wheel. Not by the wheel's where there is such a file: an index may state any digest beside a
metadata file of its own making, and another index's wheel must not be resolved by it.

Parts of a wheel are checked by nothing. What was read of them is kept for the URL that they came from alone, and held
against the wheel as soon as that is here (`confirm`). The whole wheel's word is kept by its digest, and counts more.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterable
from functools import partial
from typing import BinaryIO

from packaging.version import Version

from freewheel.errors import (
    ArtifactError,
    BrokenArchive,
    CacheDiffers,
    InconsistentMetadata,
    InvalidWheel,
    PartsDiffer,
    StoreError,
    UnexpectedStatus,
)
from freewheel.events import (
    DownloadFinished,
    DownloadStarted,
    FileReused,
    Healed,
    Kind,
    Missed,
    Noted,
    Reporter,
    Reused,
)
from freewheel.index import metadata_record
from freewheel.index.once import Once
from freewheel.index.remote_wheels import PartlyRead, RemoteWheels, WholeSent
from freewheel.model import core_metadata
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName, Place, normalize
from freewheel.model.digest import Digest, identity
from freewheel.net.download import LARGEST_METADATA, Download, Downloads
from freewheel.net.statuses import ABSENT
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record

KIND: Kind = "metadata"
"""The kind of entry; its partition is the project, its key the SHA-256 digest of what the metadata was read from, or,
for parts of a wheel, `parts:`, the wheel's stated digest and its URL."""


class WheelMetadata:
    """Reads each wheel's metadata once a run. Safe from many threads.

    Without `remote` wheels are read whole. With `keeps_parts` what was read of parts outlasts the run: not where
    servers may be talked to without a verified certificate. With `verifies` what is kept is read again, and compared.
    """

    def __init__(
        self,
        *,
        downloads: Downloads,
        entries: Entries,
        reporter: Reporter,
        remote: RemoteWheels | None = None,
        keeps_parts: bool = True,
        verifies: bool = False,
    ) -> None:
        self._verifies = verifies
        self._downloads = downloads
        self._entries = entries
        self._reporter = reporter
        self._remote = remote
        self._keeps_parts = keeps_parts
        self._unconfirmed: dict[Place, CoreMetadata] = {}
        self._unkept: set[Place] = set()
        self._known: Once[tuple[str, Digest | None], CoreMetadata] = Once()

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        """A wheel's metadata, whose name and version are those of its file name.

        Raises NetworkError, DigestMismatch, BrokenArchive, InvalidWheel, InconsistentMetadata, CacheDiffers.
        """
        key = (artifact.url, identity(artifact.digests))
        return self._known.get(key, lambda: self._look_up(artifact))

    def text(self, artifact: Artifact) -> bytes:
        """A wheel's METADATA file, whole: from beside the wheel where there is one, else out of it.

        Of a large wheel that is not here parts are read. Raises as `metadata`.
        """
        if artifact.metadata_digests is not None:
            try:
                return self._downloads.fetch_metadata(artifact).content
            except UnexpectedStatus as error:
                if error.status not in ABSENT:
                    raise
        extract = partial(read_from_wheel, filename=artifact.filename, project=artifact.project)
        if self._remote is not None and self._remote.may_read(artifact) and self._downloads.stored(artifact) is None:
            read = self._remote.read(artifact, extract)
            if isinstance(read, PartlyRead):
                return read.content
            if isinstance(read, WholeSent):
                self._downloads.accept(artifact, read.reply)
        with self._downloads.fetch(artifact).open() as stream:
            return extract(stream)

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        """Whether what is known of a wheel was read of parts that are still to be held against the whole."""
        return artifact.place in self._unconfirmed

    def may_be_kept(self, artifact: Artifact) -> bool:
        """Whether what is known of a wheel may outlast the run, and is known by a digest."""
        return artifact.place not in self._unkept

    def confirm(self, download: Download) -> None:
        """Hold what was read of a wheel's parts against the wheel, which is here now; harmless for others.

        The wheel's own metadata is kept. Raises PartsDiffer, BrokenArchive, InvalidWheel, InconsistentMetadata.
        """
        artifact = download.artifact
        claimed = self._unconfirmed.get(artifact.place)
        if claimed is None:
            return
        found = self._read(download)
        if found != claimed:
            if (key := _key_of_parts(artifact)) is not None:
                self._entries.remove(KIND, artifact.project, key)
            raise PartsDiffer(subject=artifact.filename, url=artifact.url)
        del self._unconfirmed[artifact.place]

    def _look_up(self, artifact: Artifact) -> CoreMetadata:
        if artifact.metadata_digests is None:
            return self._by_wheel(artifact)
        try:
            return self._by_file_beside(artifact, _key(artifact.metadata_digests))
        except UnexpectedStatus as error:
            if error.status not in ABSENT:
                raise
            # Some mirrors repeat what a page says without having the file.
            self._reporter.emit(Noted(message=f"{error.url} is promised but absent; the wheel itself is read."))
            return self._by_wheel(artifact)

    def _by_file_beside(self, artifact: Artifact, key: str | None) -> CoreMetadata:
        """The transport counts how the file was had."""
        kept = self._kept(artifact, key)
        if not isinstance(kept, Miss):
            if self._verifies:
                self._verify(artifact, kept, self._downloads.fetch_metadata(artifact).content)
            return kept
        file = self._downloads.fetch_metadata(artifact)
        self._tell(artifact, size=len(file.content), was_reused=file.was_reused)
        return self._keep(artifact, key if file.may_be_kept else None, file.content)

    def _by_wheel(self, artifact: Artifact) -> CoreMetadata:
        kept = self._kept(artifact, _key(artifact.digests))
        if not isinstance(kept, Miss):
            if self._verifies:
                with self._downloads.fetch(artifact).open() as stream:
                    text = read_from_wheel(stream, filename=artifact.filename, project=artifact.project)
                self._verify(artifact, kept, text)
            return kept
        download = self._downloads.stored(artifact)
        if download is None:
            found = self._by_parts(artifact, kept.reason)
            if isinstance(found, CoreMetadata):
                return found
            download = found or self._downloads.fetch(artifact)
        metadata = self._read(download)
        self._reporter.emit(Missed(kind=KIND, subject=artifact.filename, reason=kept.reason))
        return metadata

    def _verify(self, artifact: Artifact, kept: CoreMetadata, text: bytes) -> None:
        found = metadata_record.differences(kept, _parsed(artifact, text))
        if found:
            where = "the metadata that is kept of it"
            raise CacheDiffers(subject=artifact.filename, kept=where, differences=found)

    def _read(self, download: Download) -> CoreMetadata:
        """What the whole wheel says, which is kept."""
        artifact = download.artifact
        with download.open() as stream:
            data = read_from_wheel(stream, filename=artifact.filename, project=artifact.project)
        return self._keep(artifact, _key(artifact.digests) if download.may_be_kept else None, data)

    def _by_parts(self, artifact: Artifact, reason: str) -> CoreMetadata | Download | None:
        """What parts of the wheel say, now or in an earlier run, or the wheel, where it came whole.

        None where the whole has to be asked for.
        """
        if self._remote is None or not self._remote.may_read(artifact):
            return None
        key = _key_of_parts(artifact) if self._keeps_parts else None
        metadata = self._kept(artifact, key)
        if isinstance(metadata, Miss):
            extract = partial(read_from_wheel, filename=artifact.filename, project=artifact.project)
            read = self._remote.read(artifact, extract)
            if isinstance(read, WholeSent):
                return self._downloads.accept(artifact, read.reply)
            if isinstance(read, Miss):
                return None
            try:
                metadata = self._keep(artifact, key if read.may_be_kept else None, read.content)
            except ArtifactError:
                return None  # the whole wheel says what is wrong
            self._tell(artifact, size=read.received, was_reused=False)
            self._reporter.emit(Missed(kind=KIND, subject=artifact.filename, reason=reason, size=read.received))
        self._unconfirmed[artifact.place] = metadata
        return metadata

    def _kept(self, artifact: Artifact, key: str | None) -> CoreMetadata | Miss:
        if key is None:
            return Miss(reason="no digest is stated for it")
        found = _usable(self._entries.get(KIND, artifact.project, key))
        if isinstance(found, Miss):
            if found.is_damage:
                self._reporter.emit(Healed(kind=KIND, subject=artifact.filename, reason=found.reason))
            return found
        _check(found, artifact)
        self._tell(artifact, size=None, was_reused=True)
        self._reporter.emit(Reused(kind=KIND, subject=artifact.filename))
        return found

    def _tell(self, artifact: Artifact, *, size: int | None, was_reused: bool) -> None:
        """Say where metadata came from, of what the resolver collects: else a search shows nothing of what it does.

        `size` is in bytes, of what was read of the server; None where that is not known any more.
        """
        if artifact.is_direct or urls.is_local(artifact.url):
            return
        filename = f"{artifact.filename}.metadata"
        if was_reused:
            self._reporter.emit(FileReused(filename=filename, size=size))
            return
        url = f"{artifact.url}.metadata"
        self._reporter.emit(DownloadStarted(filename=filename, url=url, size=size))
        self._reporter.emit(DownloadFinished(url=url))

    def _keep(self, artifact: Artifact, key: str | None, data: bytes) -> CoreMetadata:
        metadata = _parsed(artifact, data)
        if key is None:
            self._unkept.add(artifact.place)
        else:
            # A cache that cannot be written is told of once, by whoever stores the big things.
            with contextlib.suppress(StoreError):
                self._entries.put(KIND, artifact.project, key, metadata_record.to_record(metadata))
        return metadata


def _parsed(artifact: Artifact, data: bytes) -> CoreMetadata:
    try:
        metadata = core_metadata.parse(data)
    except ValueError as error:
        raise InvalidWheel(subject=artifact.filename, problems=(f"METADATA: {error}",)) from error
    _check(metadata, artifact)
    return metadata


def _key(stated: Iterable[Digest]) -> str | None:
    digest = identity(tuple(stated))
    return None if digest is None else digest.value


def _key_of_parts(artifact: Artifact) -> str | None:
    """A key of its own for each URL: a server that hands out parts of other files misleads nobody but its users."""
    digest = _key(artifact.digests)
    return None if digest is None else f"parts:{digest} {artifact.url}"


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
    except unpacking_errors() as error:
        raise BrokenArchive(subject=filename, reason=str(error)) from error


def unpacking_errors() -> tuple[type[Exception], ...]:
    """What reading an archive that was tampered with can raise."""
    import zipfile

    found = (zipfile.BadZipFile, struct.error, zlib.error, EOFError, RuntimeError, KeyError, ValueError, OSError)
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
