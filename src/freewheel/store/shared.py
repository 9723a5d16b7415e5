"""The store that many machines share, as one run uses it: asked at most once for each thing, written alongside.

    expect ─> asked for in the background      record, blob ─> what came, or a miss with a reason
    offer ──> written in the background        finish ──> waits for that, within a bound

Whatever goes wrong here costs a run a bounded time, and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import BinaryIO, Final, Protocol, TypeAlias

from msgspec import Struct

from freewheel.errors import StoreError, StoreUnavailable
from freewheel.model.digest import Digest
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record
from freewheel.store.remote_calls import FAILURES, Call, RemoteCalls

FINISHING: Final = 30.0
"""Seconds that a run waits at its end for what it still uploads."""

Address: TypeAlias = tuple[str, str, str]
"""Kind, partition and key of a record."""

Sources: TypeAlias = Mapping[Digest, Callable[[], BinaryIO]]
"""Blobs with what opens the bytes of each, which are closed afterwards."""


class RemoteBlobs(Protocol):
    """Bytes by their SHA-256 digest, far away; all raise StoreUnavailable."""

    def fetch(self, digest: Digest, *, on_data: Callable[[], None]) -> BinaryIO | Miss:
        """All of the bytes, checked; `on_data` is called whenever some have come."""

    def add(self, digest: Digest, stream: BinaryIO) -> bool:
        """Keep the rest of a stream, unless it is there; whether it was not."""

    def remove(self, digest: Digest) -> bool:
        """Forget; whether it was there."""


class Tally(Struct, kw_only=True):
    """What a run had from the shared store and gave to it; `received` and `sent` are in bytes."""

    hits: int = 0
    misses: int = 0
    received: int = 0
    written: int = 0
    sent: int = 0
    unfinished: int = 0


class SharedStore:
    """Safe from many threads. `url` is what a person calls it.

    `calls` asks, and `writing` writes, so that large files on their way do not hold up what is asked for. Without
    `may_write` nothing is written. `check_writing` is called before the first write, and raises StoreUnavailable
    where writing would not be safe. `on_write_fault` hears, at most once, why nothing more is written. `write_fault`
    is the first one, as a clause, if there was any.
    """

    def __init__(
        self,
        *,
        url: str,
        entries: Entries,
        blobs: RemoteBlobs,
        calls: RemoteCalls,
        writing: RemoteCalls,
        may_write: bool,
        check_writing: Callable[[], None],
        on_write_fault: Callable[[str], None],
    ) -> None:
        self.url: Final = url
        self.tally: Final = Tally()
        self._entries = entries
        self._blobs = blobs
        self._calls = calls
        self._writing = writing
        self._may_write = may_write
        self._check_writing = check_writing
        self._on_write_fault = on_write_fault
        self._lock = threading.RLock()  # a call is made by this thread where none can be started for it
        self._checking = threading.Lock()
        self._is_checked = False
        self._asked: dict[Address, Call[Record]] = {}
        self._counted: set[Address] = set()
        self._damaged: set[Digest] = set()
        self._missing: dict[Digest, Miss] = {}
        self._writes: list[Call[None]] = []
        self._write_faults = 0
        self._is_finished = False
        self.write_fault: str | None = None

    @property
    def rests_because(self) -> str | None:
        """Why nothing is asked any more, as a clause; None where it is."""
        return self._calls.rests_because

    def expect(self, addresses: Iterable[Address]) -> None:
        """Begin to ask for records that will be asked for; returns at once."""
        for address in addresses:
            self._call(address)

    def record(self, address: Address) -> Record | Miss:
        """A record; whatever the answer is, it is the answer for the rest of the run."""
        found = self._calls.answer(self._call(address))
        with self._lock:
            if address not in self._counted:
                self._counted.add(address)
                self.tally.misses += isinstance(found, Miss)
                # What has blobs is found when they are.
                self.tally.hits += isinstance(found, Record) and not found.blobs
        return found

    def blob(self, digest: Digest, *, within: float) -> BinaryIO | Miss:
        """Bytes, checked, unless they take longer than `within` seconds; the caller closes the stream.

        What did not come once is not asked for again.
        """
        known = self._missing.get(digest)
        if known is not None:
            return known
        found = self._calls.ask(lambda sign: self._blobs.fetch(digest, on_data=sign), within=within)
        with self._lock:
            if not isinstance(found, Miss):
                self.tally.hits += 1
                self.tally.received += found.seek(0, 2)
                found.seek(0)
            else:
                self.tally.misses += 1
                self._missing[digest] = found
                if found.is_damage:
                    self._damaged.add(digest)
        return found

    def offer(self, address: Address, record: Record, blobs: Sources, *, replaces: bool = False) -> None:
        """Begin to keep a record with the blobs that it refers to; returns at once.

        What is there stays, unless it `replaces` something that was of no use.
        """
        with self._lock:
            if self._may_write and self.rests_because is None:
                write = partial(self._write, address, record, blobs, is_replacing=replaces)
                self._writes.append(self._writing.begin(write))
            elif self._may_write or self._write_faults:
                self.tally.unfinished += 1

    def finish(self, *, within: float = FINISHING) -> None:
        """Wait for what is being written, so many seconds at most; the rest is counted as unfinished."""
        with self._lock:
            writes, self._writes = self._writes, []
        self._writing.settle(writes, within=within)
        self._is_finished = True
        with self._lock:
            self.tally.unfinished += sum(isinstance(call.answer, Miss) for call in writes)

    def _call(self, address: Address) -> Call[Record]:
        with self._lock:
            call = self._asked.get(address)
            if call is None:
                call = self._asked[address] = self._calls.begin(lambda _: self._entries.get(*address))
            return call

    def _write(
        self, address: Address, record: Record, blobs: Sources, sign: Callable[[], None], *, is_replacing: bool
    ) -> None:
        sign()  # which ends what nobody waits for any more
        if not self._may_write or self.rests_because is not None:
            reason = self.rests_because or "nothing more is written"
            self._note_write_fault(StoreUnavailable(path=self.url, reason=reason))
            return
        try:
            with self._checking:
                if not self._is_checked:
                    self._check_writing()
                    self._is_checked = True
            sent = 0
            for digest, source in blobs.items():
                sent += self._send(digest, source)
            if self._is_finished:
                return  # what it came from may be gone, and nobody is told any more
            if is_replacing:
                self._entries.put(*address, record)
                is_new = True
            else:
                is_new = self._entries.add(*address, record)
        except (StoreError, OSError) as error:
            if not self._is_finished:
                self._note_write_fault(error)
            return
        with self._lock:
            self._write_faults = 0
            self.tally.written += is_new
            self.tally.sent += sent

    def _send(self, digest: Digest, source: Callable[[], BinaryIO]) -> int:
        """Upload a blob; how many bytes went."""
        if digest in self._damaged:
            self._blobs.remove(digest)
        with source() as stream:
            return stream.tell() if self._blobs.add(digest, stream) else 0

    def _note_write_fault(self, error: Exception) -> None:
        is_final = isinstance(error, StoreUnavailable) and error.is_final
        reason = error.reason if isinstance(error, StoreError) else str(error)
        with self._lock:
            self.write_fault = self.write_fault or reason
            self._write_faults += 1
            self.tally.unfinished += 1
            is_enough = self._may_write and (is_final or self._write_faults >= FAILURES)
            self._may_write = self._may_write and not is_enough
        if is_enough:
            self._on_write_fault(reason)
