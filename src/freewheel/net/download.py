"""Distribution archives and their metadata files, each fetched once a run, complete and checked."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from freewheel import errors
from freewheel.events import DownloadAdvanced, DownloadFinished, DownloadStarted, FileReused, Reporter
from freewheel.httpcache import cache_control
from freewheel.httpcache.message import Request
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact
from freewheel.model.demand import Demand
from freewheel.model.digest import Digest, strongest
from freewheel.net.bodies import chunks, read_within
from freewheel.net.checksums import Checksums, as_demanded, check, check_demands
from freewheel.net.framing import stated_length
from freewheel.net.protocol import Reply, Transport
from freewheel.net.purpose import FILE_FIELDS
from freewheel.net.statuses import refusal
from freewheel.store.protocol import Blobs, Miss

LARGEST_METADATA = 1 << 24
"""Bytes; a project's longest descriptions have some 2 MB."""

_NOT_FOUND = 404
"""What a local file that is not there answers with."""


class Download(Struct, frozen=True, kw_only=True):
    """A file's bytes, to be read as often as wanted until the run ends; `size` in bytes, `digest` is SHA-256.

    `may_be_kept` is false where nothing of it may outlast the run (RFC 9111 §5.2.2.5), what is unpacked included.
    """

    artifact: Artifact
    digest: Digest
    size: int
    was_reused: bool
    may_be_kept: bool = True
    source: Callable[[], BinaryIO]

    def open(self) -> BinaryIO:
        """A seekable stream from the start, which the caller closes.

        Raises NetworkError where the cache lost the file and it cannot be had again.
        """
        return self.source()


class MetadataFile(Struct, frozen=True, kw_only=True):
    """The content of a metadata file, whether anything of it may outlast the run, and whether it was here before."""

    content: bytes
    may_be_kept: bool
    was_reused: bool = False


_Name: TypeAlias = tuple[str, tuple[Digest, ...], tuple[Demand, ...]]
"""What tells files apart within a run: URL, stated digests, demands."""


class _Task(Struct):
    lock: threading.Lock = field(default_factory=threading.Lock)
    download: Download | None = None


class Downloads:
    """Fetches through a transport, which may have a cache of which `blobs` are a part.

    Without a cache `blobs` is None, and files lie in `scratch`, the run's temporary folder, which the first call
    makes. `on_new` hears of what came over the network and was kept. Threads that want the same file share one
    transfer, and so do processes that share a cache.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        scratch: Callable[[], Path],
        reporter: Reporter,
        blobs: Blobs | None = None,
        on_new: Callable[[Download], None] = lambda _: None,
    ) -> None:
        self._on_new = on_new
        self._transport = transport
        self._scratch = scratch
        self._reporter = reporter
        self._blobs = blobs
        self._guard = threading.Lock()
        self._tasks: dict[_Name, _Task] = {}

    def fetch(self, artifact: Artifact) -> Download:
        """The artifact's file, whole and with the digests that were stated for it.

        Raises NetworkError (IncompleteBody for a transfer that broke off: nothing of it stays), DigestMismatch,
        DigestNotAllowed, and NotWritable when there is no room for it.
        """
        with self._guard:
            task = self._tasks.setdefault(_name(artifact), _Task())
        with task.lock:
            if task.download is None:
                try:
                    task.download = self._fetch(artifact)
                except errors.DigestMismatch as mismatch:
                    raise as_demanded(mismatch, artifact.demands) from None
            return task.download

    def accept(self, artifact: Artifact, reply: Reply) -> Download:
        """The file from an answer that turned out to be all of it, which is closed; raises as `fetch`.

        Asks for it where the answer breaks off, or is another file: a server may do worse with parts than without.
        """
        with self._guard:
            task = self._tasks.setdefault(_name(artifact), _Task())
        with task.lock:
            if task.download is not None:
                reply.body.close()
                return task.download
            try:
                task.download = self._received(artifact, reply)
            except errors.DigestMismatch as mismatch:
                raise as_demanded(mismatch, artifact.demands) from None
            return task.download

    def _received(self, artifact: Artifact, reply: Reply) -> Download:
        try:
            return self._receive(artifact, reply)
        except (errors.NetworkError, errors.DigestMismatch, errors.DigestNotAllowed):
            return self._fetch(artifact)

    def fetched(self, artifact: Artifact) -> Download | None:
        """What `fetch` gave in this run, if it did; nothing is read."""
        with self._guard:
            task = self._tasks.get(_name(artifact))
        return None if task is None else task.download

    def stored(self, artifact: Artifact) -> Download | None:
        """The file where it is here already, in this run's folder or in the cache, which alone is asked.

        What turns out there to be lost, or not what is demanded, is asked for anew. Raises as `fetch`.
        """
        with self._guard:
            task = self._tasks.setdefault(_name(artifact), _Task())
        with task.lock:
            if task.download is None and self._blobs is not None and not urls.is_local(artifact.url):
                reply = self._transport.send(_with_directive(_request_for(artifact), "only-if-cached"))
                if reply.response.status == 200:
                    task.download = self._receive(artifact, reply)
                else:
                    reply.body.close()
            return task.download

    def again(self, artifact: Artifact) -> Download:
        """The file fetched anew, because its bytes were damaged where they were kept; raises as `fetch`."""
        with self._guard:
            task = self._tasks.pop(_name(artifact), None)
        if task is not None and task.download is not None and self._blobs is not None:
            self._blobs.remove(task.download.digest)
        return self.fetch(artifact)

    def fetch_metadata(self, artifact: Artifact) -> MetadataFile:
        """The metadata file beside a wheel (PEP 658), checked.

        Raises NetworkError, DigestMismatch, and BrokenArchive for one of more than `LARGEST_METADATA` bytes.
        """
        stated = artifact.metadata_digests or ()
        url = f"{artifact.url}.metadata"
        reply = self._transport.send(Request(url=url, headers=FILE_FIELDS, digest=strongest(stated)))
        self._refuse(reply)
        subject, was_reused = f"{artifact.filename}.metadata", reply.body.blob is not None
        data = read_within(reply.body, LARGEST_METADATA)
        if data is None:
            raise errors.BrokenArchive(subject=subject, reason=f"it has more than {LARGEST_METADATA} bytes")
        checksums = Checksums({digest.algorithm for digest in stated})
        checksums.update(data)
        check(stated, checksums.digest, url=url, subject=subject)
        return MetadataFile(content=data, may_be_kept=_may_be_kept(reply), was_reused=was_reused)

    def _fetch(self, artifact: Artifact) -> Download:
        request = _request_for(artifact)
        if urls.is_local(artifact.url):
            return self._read_in_place(artifact, self._transport.send(request))
        reply = self._transport.send(request)
        try:
            return self._receive(artifact, reply)
        except errors.DigestMismatch:
            if reply.cache_status is None or reply.cache_status.fwd != "partial":
                raise
            # What was here from an earlier try did not belong to what came now, though its server said so.
            return self._receive(artifact, self._transport.send(_with_directive(request, "no-cache")))

    def _receive(self, artifact: Artifact, reply: Reply, *, is_anew: bool = False) -> Download:
        self._refuse(reply)
        stored = reply.body.blob
        if stored is not None:
            reply.body.close()
            size = self._size_of(stored)
            try:
                self._check_stored(artifact, stored)
            except errors.DigestNotAllowed:
                if is_anew:
                    raise
                # Other content may lie behind the URL by now.
                anew = self._transport.send(_with_directive(_request_for(artifact), "no-cache"))
                return self._receive(artifact, anew, is_anew=True)
            if size is not None:
                self._reporter.emit(FileReused(filename=artifact.filename, size=size))
                return self._kept(artifact, stored, size, was_reused=True)
            return self._fetch_aside(artifact)
        if not reply.body.will_be_kept:
            return self._copy_aside(artifact, reply)
        # A blob's name is its SHA-256 digest: only the others are computed here.
        checksums = Checksums(_algorithms(artifact) - {"sha256"})
        self._transfer(artifact, reply, checksums, lambda _: None)
        kept = reply.body.blob
        if kept is None:
            return self._fetch_aside(artifact)
        try:
            self._check(artifact, lambda name: kept if name == "sha256" else checksums.digest(name))
        except (errors.DigestMismatch, errors.DigestNotAllowed):
            if self._blobs is not None:
                self._blobs.remove(kept)
            raise
        download = self._kept(artifact, kept, checksums.size, was_reused=False)
        self._on_new(download)
        return download

    def _kept(self, artifact: Artifact, blob: Digest, size: int, *, was_reused: bool) -> Download:
        return Download(
            artifact=artifact,
            digest=blob,
            size=size,
            was_reused=was_reused,
            source=lambda: self._open_kept(artifact, blob),
        )

    def _open_kept(self, artifact: Artifact, blob: Digest) -> BinaryIO:
        found = self._open_blob(blob)
        if not isinstance(found, Miss):
            return found
        # Somebody emptied the cache since: the bytes are wanted all the same.
        stated = replace(artifact, digests=(*artifact.digests, blob))
        return self._fetch_aside(stated).open()

    def _check_stored(self, artifact: Artifact, blob: Digest) -> None:
        """Hold stored bytes against the demands; their SHA-256 digest was checked when they were opened."""
        checksums = Checksums(_demanded_algorithms(artifact) - {"sha256"})
        found = Miss(reason="nothing is to be read") if not checksums.algorithms else self._open_blob(blob)
        if not isinstance(found, Miss):
            with found as stream:
                while data := stream.read(1 << 20):
                    checksums.update(data)
        check_demands(
            artifact.demands,
            lambda name: blob if name == "sha256" else checksums.digest(name),
            url=artifact.url,
            subject=artifact.filename,
        )

    def _open_blob(self, blob: Digest) -> BinaryIO | Miss:
        return Miss(reason="there is no store") if self._blobs is None else self._blobs.open(blob)

    def _size_of(self, blob: Digest) -> int | None:
        found = self._open_blob(blob)
        if isinstance(found, Miss):
            return None
        with found as stream:
            return stream.seek(0, os.SEEK_END)

    def _fetch_aside(self, artifact: Artifact) -> Download:
        request = Request(url=artifact.url, headers=FILE_FIELDS)
        reply = self._transport.send(_with_directive(request, "no-store"))
        self._refuse(reply)
        return self._copy_aside(artifact, reply)

    def _copy_aside(self, artifact: Artifact, reply: Reply) -> Download:
        path: Path | None = None
        checksums = Checksums(_algorithms(artifact))
        try:
            path = self._new_file()
            with path.open("wb") as stream:
                self._transfer(artifact, reply, checksums, stream.write)
            self._check(artifact, checksums.digest)
        except BaseException as error:
            reply.body.close()
            if path is not None:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                reason = error.strerror or type(error).__name__
                raise errors.NotWritable(path=str(path or tempfile.gettempdir()), reason=reason) from error
            raise
        return self._at_path(artifact, path, checksums, may_be_kept=_may_be_kept(reply))

    def _new_file(self) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self._scratch(), prefix="download-")
        os.close(descriptor)
        return Path(name)

    def _read_in_place(self, artifact: Artifact, reply: Reply) -> Download:
        path = Path(urls.to_path(artifact.url, windows=os.name == "nt"))
        if reply.response.status == _NOT_FOUND:
            reply.body.close()
            named_by = dict.fromkeys(filter(None, (*(one.origin for one in artifact.demands), artifact.listed_at)))
            raise errors.FileGone(url=artifact.url, path=str(path), named_by=tuple(named_by))
        self._refuse(reply)
        checksums = Checksums(_algorithms(artifact))
        try:
            for data in chunks(reply.body):
                checksums.update(data)
        finally:
            reply.body.close()
        self._check(artifact, checksums.digest)
        return self._at_path(artifact, path, checksums, may_be_kept=True)

    def _at_path(self, artifact: Artifact, path: Path, checksums: Checksums, *, may_be_kept: bool) -> Download:
        return Download(
            artifact=artifact,
            digest=checksums.digest("sha256"),
            size=checksums.size,
            was_reused=False,
            may_be_kept=may_be_kept,
            source=lambda: path.open("rb"),
        )

    def _transfer(
        self, artifact: Artifact, reply: Reply, checksums: Checksums, write: Callable[[bytes], object]
    ) -> None:
        stated = stated_length(reply.response)
        size = artifact.size if stated is None else stated
        self._reporter.emit(DownloadStarted(filename=artifact.filename, url=artifact.url, size=size))
        try:
            for data in chunks(reply.body):
                checksums.update(data)
                write(data)
                self._reporter.emit(DownloadAdvanced(url=artifact.url, received=checksums.size))
        finally:
            reply.body.close()
            self._reporter.emit(DownloadFinished(url=artifact.url))

    def _check(self, artifact: Artifact, found: Callable[[str], Digest]) -> None:
        check_demands(artifact.demands, found, url=artifact.url, subject=artifact.filename)
        check(artifact.digests, found, url=artifact.url, subject=artifact.filename)

    def _refuse(self, reply: Reply) -> None:
        error = refusal(reply)
        if error is not None:
            reply.body.close()
            raise error


def _request_for(artifact: Artifact) -> Request:
    return Request(url=artifact.url, headers=FILE_FIELDS, digest=strongest(artifact.digests))


def _may_be_kept(reply: Reply) -> bool:
    return not cache_control.of_response(reply.response.headers).forbids_storing


def _name(artifact: Artifact) -> _Name:
    return artifact.url, artifact.digests, artifact.demands


def _algorithms(artifact: Artifact) -> set[str]:
    return {"sha256", *(digest.algorithm for digest in artifact.digests), *_demanded_algorithms(artifact)}


def _demanded_algorithms(artifact: Artifact) -> set[str]:
    return {digest.algorithm for demand in artifact.demands for digest in demand.allowed}


def _with_directive(request: Request, directive: str) -> Request:
    return replace(request, headers=request.headers.plus("Cache-Control", directive))
