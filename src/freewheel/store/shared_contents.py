"""What lies in the store that machines share, for whoever looks at it or owns it; raises StoreUnavailable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec import Struct

from freewheel.model.digest import Digest
from freewheel.store.layout import Layout
from freewheel.store.object_storage import ObjectEntries, Storage
from freewheel.store.protocol import Entries, EntryInfo, Miss
from freewheel.store.record import Record

_PLACES: Final = Layout(root=Path())
_REMOVED_AT_ONCE: Final = 1000


class StoredObject(Struct, frozen=True, kw_only=True):
    """An object by its name below the prefix; `size` in bytes, `made` in seconds since the epoch."""

    name: str
    size: int
    made: float


class SharedContents(Struct, frozen=True, kw_only=True):
    """The shared store as a whole; `entries` read its records as the user has them read."""

    storage: Storage
    entries: Entries

    @property
    def url(self) -> str:
        """What a person calls it."""
        return self.storage.url

    def records(self, kind: str) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every record of a kind, one request each."""
        return self.entries.scan(kind)

    def as_stored(self) -> SharedContents:
        """The same with every record as it is, whoever signed it."""
        return SharedContents(storage=self.storage, entries=ObjectEntries(storage=self.storage))

    def listed_records(self) -> Iterator[StoredObject]:
        """Every record by its name; none is read."""
        return self._listed(_PLACES.entries)

    def listed_blobs(self) -> Iterator[StoredObject]:
        """Every blob by its name."""
        return self._listed(_PLACES.blobs)

    def place(self, info: EntryInfo) -> tuple[str, str]:
        """Where a record lies: the address of its folder, and its name there."""
        path = _PLACES.entry(info.kind, info.partition, info.key)
        return f"{self.url}/{path.parent.as_posix()}", path.name

    def blob_name(self, digest: Digest) -> str:
        """The name of a blob; ValueError for another digest than SHA-256."""
        return _PLACES.blob(digest).as_posix()

    def remove(self, names: Sequence[str]) -> None:
        """Forget objects, which need not be there."""
        rest = iter(names)
        while some := list(islice(rest, _REMOVED_AT_ONCE)):
            self.storage.remove_all(some)

    def _listed(self, folder: Path) -> Iterator[StoredObject]:
        for found in self.storage.listed(folder.as_posix()):
            yield StoredObject(name=found["path"], size=found["size"], made=found["last_modified"].timestamp())
