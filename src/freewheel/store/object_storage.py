"""Blobs and entries as objects of an object store: S3 and what speaks it, Google Cloud Storage, Azure, or a folder.

An object's name is that of the file in a cache folder, and so are its bytes:

    entries-v1/<kind>/<partition>/<digest of the key>      a record, created only where none is
    blobs-v1/<2 hex>/<sha256>                              bytes, there before the record that promises them

Create-if-absent is the one condition on which object stores agree, and all that is relied on. Nothing notes a last
use here: who reads may not write. What does not answer, or refuses, raises StoreUnavailable.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from msgspec import Struct, field

from freewheel.errors import StoreError, StoreUnavailable
from freewheel.model.digest import Digest
from freewheel.store.atomic import LARGEST_READ, Storing
from freewheel.store.layout import Layout
from freewheel.store.passing_digest import PassingDigest
from freewheel.store.protocol import ABSENT, EntryInfo, Miss
from freewheel.store.record import Envelope, Record, from_bytes, to_bytes
from freewheel.store.refusals import refusal

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

MARK: Final = "freewheel-cache"
"""The object that says what this is; also the one that nobody must be able to create twice."""

PART: Final = 8 << 20
"""Bytes of a part of an upload: what is larger goes in several, of 5 MB each at least (S3's rule)."""

_MARK_TEXT: Final = b"This is a cache of freewheel. What is removed here is only made again.\n"
_PARTS_AT_ONCE: Final = 4
_CHUNK: Final = 1 << 20
_READ_AT_ONCE: Final = 32
_LISTED_AT_ONCE: Final = 1024
_IN_MEMORY: Final = 1 << 20
_PLACES: Final = Layout(root=Path())
_NOTHING: Final = Miss(reason="nothing is shared of it")


class Storage:
    """An object store below a prefix; `url` is what a person calls it.

    `connect` is called when something is first asked for, once, and raises StoreUnavailable: a run that needs
    nothing from there does not pay for a client (30 ms). Safe from many threads.
    """

    def __init__(self, *, url: str, connect: Callable[[], ObjectStore]) -> None:
        self.url: Final = url
        self._connect = connect
        self._connecting = threading.Lock()
        self._objects: ObjectStore | StoreUnavailable | None = None

    @property
    def objects(self) -> ObjectStore:
        """The client; raises StoreUnavailable, whoever asks."""
        with self._connecting:
            if self._objects is None:
                try:
                    self._objects = self._connect()
                except StoreUnavailable as error:
                    self._objects = error
            if isinstance(self._objects, StoreUnavailable):
                raise self._objects
            return self._objects

    @contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """Turns what an object store raises into StoreUnavailable; FileNotFoundError and AlreadyExistsError stay."""
        from obstore import exceptions

        try:
            yield
        except exceptions.AlreadyExistsError:
            raise
        except FileNotFoundError as error:
            found = refusal(str(error))
            if not found.is_final:
                raise
            raise StoreUnavailable(path=f"{self.url}/{name}", reason=found.reason, is_final=True) from error
        except (exceptions.BaseError, OSError) as error:
            found = refusal(str(error))
            is_final = found.is_final or isinstance(
                error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError
            )
            reason = found.reason or type(error).__name__
            raise StoreUnavailable(path=f"{self.url}/{name}", reason=reason, is_final=is_final) from error

    def data(self, name: str) -> bytes | Miss:
        """A small object's bytes; raises StoreUnavailable."""
        objects = self.objects
        import obstore

        try:
            with self.asking(name):
                found = obstore.get(objects, name)
                if found.meta["size"] > LARGEST_READ:
                    return Miss(reason="the record is too large to be one", is_damage=True)
                return bytes(found.bytes())
        except FileNotFoundError:
            return _NOTHING

    def create(self, name: str, data: bytes) -> bool:
        """Make a small object, unless there is one; whether it was made. Raises StoreUnavailable."""
        objects = self.objects
        import obstore
        from obstore import exceptions

        try:
            with self.asking(name), self._writing(name):
                obstore.put(objects, name, data, mode="create", use_multipart=False)
        except exceptions.AlreadyExistsError:
            return False
        return True

    def replace(self, name: str, data: bytes) -> None:
        """Make a small object, whatever was there; raises StoreUnavailable."""
        objects = self.objects
        import obstore

        with self.asking(name), self._writing(name):
            obstore.put(objects, name, data, use_multipart=False)

    def upload(self, name: str, stream: IO[bytes]) -> None:
        """Make an object of the rest of a stream, in parts where it is large; raises StoreUnavailable."""
        objects = self.objects
        import obstore

        with self.asking(name), self._writing(name):
            obstore.put(objects, name, stream, chunk_size=PART, max_concurrency=_PARTS_AT_ONCE)

    def size(self, name: str) -> int | None:
        """How many bytes an object has; None where there is none. Raises StoreUnavailable."""
        objects = self.objects
        import obstore

        try:
            with self.asking(name):
                return obstore.head(objects, name)["size"]
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> bool:
        """Forget an object; whether it was there. Raises StoreUnavailable."""
        if self.size(name) is None:
            return False
        import obstore

        try:
            with self.asking(name):
                obstore.delete(self.objects, name)
        except FileNotFoundError:
            return False
        return True

    def remove_all(self, names: Sequence[str]) -> None:
        """Forget objects, which need not be there; raises StoreUnavailable."""
        objects = self.objects
        import obstore

        with self.asking(""):
            obstore.delete(objects, names)

    def listed(self, prefix: str) -> Iterator[ObjectMeta]:
        """What is below a name, in no particular order; raises StoreUnavailable."""
        objects = self.objects
        import obstore

        with self.asking(prefix):
            for some in obstore.list(objects, prefix):
                yield from some

    def check_writing(self) -> None:
        """Find out whether "create only where nothing is" holds here; raises StoreUnavailable where it does not.

        One request where somebody has written before, two for the first one.
        """
        if self.create(MARK, _MARK_TEXT) and self.create(MARK, _MARK_TEXT):
            reason = (
                "this object store overwrites what is there though it is told not to (If-None-Match: *):"
                " several writers could spoil each other's entries"
            )
            raise StoreUnavailable(path=self.url, reason=reason, is_final=True)

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        """Nothing to write to is worse than nothing to read."""
        try:
            yield
        except FileNotFoundError as error:
            reason = "there is no such bucket, or nothing can be written there"
            raise StoreUnavailable(path=f"{self.url}/{name}", reason=reason, is_final=True) from error


def _spool() -> BinaryIO:
    """A file that few bytes keep in memory, and more on the disk, where nobody else sees it."""
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))


class ObjectBlobWriter(Struct, kw_only=True):
    """A blob on its way: in memory, or in a temporary file, until its digest is known."""

    blobs: ObjectBlobs
    was_there: bool = False
    _spool: BinaryIO = field(default_factory=_spool)
    _digest: PassingDigest = field(default_factory=PassingDigest)

    def write(self, data: bytes) -> None:
        """Append; raises StoreError (NoSpace)."""
        with Storing(Path(tempfile.gettempdir())):
            self._spool.write(data)
        self._digest.update(data)

    def commit(self) -> Digest:
        """Upload it; raises StoreUnavailable."""
        digest = Digest(algorithm="sha256", value=self._digest.hexdigest())
        try:
            self._spool.seek(0)
            self.was_there = not self.blobs.add(digest, self._spool)
        finally:
            self.discard()
        return digest

    def discard(self) -> None:
        """Leave nothing behind; harmless after `commit`."""
        self._digest.close()
        self._spool.close()


class ObjectBlobs(Struct, frozen=True, kw_only=True):
    """Blobs as objects; `Blobs` says what the methods do. All of them raise StoreUnavailable."""

    storage: Storage

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """All of the bytes, checked, in memory or in a temporary file."""
        return self.fetch(digest)

    def fetch(self, digest: Digest, *, on_data: Callable[[], None] = lambda: None) -> BinaryIO | Miss:
        """The same; `on_data` is called whenever some have come."""
        try:
            name = _blob_name(digest)
        except ValueError as error:
            return Miss(reason=str(error), is_damage=True)
        objects = self.storage.objects
        import obstore

        passing, spool = PassingDigest(), _spool()
        try:
            with self.storage.asking(name):
                for some in obstore.get(objects, name).stream(min_chunk_size=_CHUNK):
                    on_data()
                    data = bytes(some)
                    passing.update(data)
                    spool.write(data)
            spool.seek(0)
        except FileNotFoundError:
            spool.close()
            return ABSENT
        except BaseException:
            passing.close()
            spool.close()
            raise
        found = passing.hexdigest()
        if found != digest.value:
            spool.close()
            return Miss(reason=f"what is stored there has the SHA-256 digest {found}", is_damage=True)
        return spool

    def has_room(self, size: int) -> bool:  # noqa: ARG002  # buckets have no end
        """Always."""
        return True

    def create(self) -> ObjectBlobWriter:
        """Begin a blob."""
        return ObjectBlobWriter(blobs=self)

    def add(self, digest: Digest, stream: IO[bytes]) -> bool:
        """Keep the rest of a stream, which has this digest, unless as many bytes are there; whether they were not."""
        start = stream.tell()
        size = stream.seek(0, 2) - start
        stream.seek(start)
        name = _blob_name(digest)
        if self.storage.size(name) == size:
            return False
        self.storage.upload(name, stream)
        return True

    def remove(self, digest: Digest) -> bool:
        """Forget; whether it was there."""
        try:
            return self.storage.remove(_blob_name(digest))
        except ValueError:
            return False


class ObjectEntries(Struct, frozen=True, kw_only=True):
    """Records as objects; `Entries` says what the methods do. All of them raise StoreUnavailable."""

    storage: Storage

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """One request."""
        found = self._read(_record_name(kind, partition, key))
        if isinstance(found, Miss):
            return found
        if (found.kind, found.partition, found.key) != (kind, partition, key):
            return Miss(reason="the record belongs to another key", is_damage=True)
        return found.record

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, replacing what was there: one request."""
        self.storage.replace(_record_name(kind, partition, key), self._bytes_for(kind, partition, key, record))

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep, unless something is there: one request."""
        return self.storage.create(_record_name(kind, partition, key), self._bytes_for(kind, partition, key, record))

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget; whether it was there."""
        return self.storage.remove(_record_name(kind, partition, key))

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind, one request each, several at a time; the last use is when it was written."""
        folder = _PLACES.kind(kind) if partition is None else _PLACES.partition(kind, partition)
        found = self.storage.listed(folder.as_posix())
        with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
            while some := list(islice(found, _LISTED_AT_ONCE)):
                yield from pool.map(self._inspected, some)

    def _inspected(self, found: ObjectMeta) -> tuple[EntryInfo, Record | Miss]:
        read = self._read(found["path"])
        *_, kind, partition, key = found["path"].rsplit("/", 3)
        stated = (kind, partition, key) if isinstance(read, Miss) else (read.kind, read.partition, read.key)
        info = EntryInfo(
            kind=stated[0],
            partition=stated[1],
            key=stated[2],
            size=found["size"],
            last_use=found["last_modified"].timestamp(),
        )
        return info, read if isinstance(read, Miss) else read.record

    def _read(self, name: str) -> Envelope | Miss:
        data = self.storage.data(name)
        if isinstance(data, Miss):
            return data
        try:
            return from_bytes(data)
        except ValueError as error:
            return Miss(reason=f"the record is damaged ({error})", is_damage=True)

    def _bytes_for(self, kind: str, partition: str, key: str, record: Record) -> bytes:
        try:
            return to_bytes(Envelope(kind=kind, partition=partition, key=key, record=record))
        except ValueError as error:
            raise StoreError(path=f"{self.storage.url}/{kind}/{partition}", reason=str(error)) from error


def _record_name(kind: str, partition: str, key: str) -> str:
    return _PLACES.entry(kind, partition, key).as_posix()


def _blob_name(digest: Digest) -> str:
    return _PLACES.blob(digest).as_posix()
