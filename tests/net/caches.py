"""A client with a cache on the disk, as one run of a program would have it; many runs share a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from freewheel.events import Event, Healed, Missed, Recorder, Requested, Reused, Warned
from freewheel.httpcache.message import Headers, Request
from freewheel.model import digest as digests
from freewheel.model.digest import Digest
from freewheel.net.bodies import read_all
from freewheel.net.caching import CachingTransport
from freewheel.net.origins import TrustedHosts
from freewheel.net.protocol import Reply, Transport
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.wire import UrllibTransport, WireSettings
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot
from tests.support.clock import FakeClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """An answer, read to its end."""

    status: int
    content: bytes
    reply: Reply
    blob: Digest | None

    def field(self, name: str) -> str | None:
        return self.reply.response.headers.get(name)


@dataclass(slots=True)
class Run:
    """One run with the cache in `folder`; the clock is shared by runs, the events are its own."""

    folder: Path
    clock: FakeClock
    scope: str = ""
    writable: bool = True
    on_wait: Callable[[str], None] | None = None
    recorder: Recorder = field(default_factory=Recorder)
    wire: UrllibTransport = field(init=False)
    transport: Transport = field(init=False)

    def __post_init__(self) -> None:
        settings = WireSettings(trusted_hosts=TrustedHosts())
        self.wire = UrllibTransport(settings=settings, reporter=self.recorder)
        caching = CachingTransport(
            inner=self.wire,
            entries=LocalEntries(root=self.root, clock=self.clock),
            blobs=self.blobs,
            clock=self.clock,
            reporter=self.recorder,
            scope=lambda _: self.scope,
            locks=LocalLocks(root=self.root, on_wait=self.on_wait),
        )
        self.transport = RedirectingTransport(inner=caching)

    @property
    def root(self) -> CacheRoot:
        return CacheRoot(path=self.folder, is_writable=self.writable)

    @property
    def blobs(self) -> LocalBlobs:
        return LocalBlobs(root=self.root)

    def send(self, url: str, *, digest: Digest | str | None = None, fields: dict[str, str] | None = None) -> Reply:
        stated = digests.parse(digest) if isinstance(digest, str) else digest
        headers = Headers(tuple((fields or {}).items()))
        return self.transport.send(Request(url=url, headers=headers, digest=stated))

    def get(self, url: str, *, digest: Digest | str | None = None, fields: dict[str, str] | None = None) -> Got:
        reply = self.send(url, digest=digest, fields=fields)
        content = read_all(reply.body)
        return Got(status=reply.response.status, content=content, reply=reply, blob=reply.body.blob)

    def close(self) -> None:
        self.wire.close()

    @property
    def requested(self) -> int:
        """Requests that went over the network."""
        return len(self._of(Requested))

    @property
    def reused(self) -> list[Reused]:
        return [event for event in self._of(Reused) if isinstance(event, Reused)]

    @property
    def missed(self) -> list[Missed]:
        return [event for event in self._of(Missed) if isinstance(event, Missed)]

    @property
    def healed(self) -> list[Event]:
        return self._of(Healed)

    @property
    def warned(self) -> list[Event]:
        return self._of(Warned)

    def _of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.recorder.events if isinstance(event, kind)]


def files_in(folder: Path, table: str = "") -> list[Path]:
    """Every file in the cache, or of its tables whose name begins so."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0].startswith(table)
    )


def holds(folder: Path, content: bytes) -> bool:
    """Whether any file of the cache, or the name of one, has these bytes."""
    return any(content in path.read_bytes() or content in str(path).encode() for path in files_in(folder))
