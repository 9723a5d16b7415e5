"""A cache on disk with things of every kind in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.message import Headers, Response
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants, to_fields
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.purpose import purpose_of
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.contents import Contents
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from tests.support.clock import FakeClock

DAY = 86_400.0


class Cache:
    """A cache in a folder, and ways to fill it. Its clock says what time it is for all of it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(4_000_000_000.0)
        self.root = CacheRoot(path=folder / "cache")
        self.contents = Contents(root=self.root, clock=self.clock)
        self.entries = LocalEntries(root=self.root, clock=self.clock)
        self.blobs = LocalBlobs(root=self.root)
        self.trees = LocalTrees(root=self.root, clock=self.clock)
        self.wheels = LocalBuiltWheels(root=self.root, clock=self.clock)
        self._dist = folder / "dist"
        self._dist.mkdir()

    def blob(self, data: bytes) -> Digest:
        """Keep bytes."""
        writer = self.blobs.create()
        writer.write(data)
        return writer.commit()

    def wheel(
        self, project: str, key: str, *, version: str = "1.0", data: bytes = b"12345", build: bytes = b"{}"
    ) -> Path:
        """Keep a built wheel."""
        path = self._dist / f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
        path.write_bytes(data)
        origin = b'{"url": "https://files.example/%s.tar.gz"}' % project.encode()
        return self.wheels.put(project, key, path, origin=origin, build=build, log=b"built").path

    def response(self, url: str, body: bytes, *, in_blob: bool = True, made: float | None = None) -> Path:
        """Keep the answer for a URL; the file of its record."""
        digest = self.blob(body) if in_blob else sha256_of(body)
        stored = StoredResponse(
            url=url,
            response=Response(status=200, reason="OK", headers=Headers((("Content-Length", str(len(body))),))),
            request_time=self.clock.now if made is None else made,
            response_time=self.clock.now if made is None else made,
            size=len(body),
            digest=digest,
            body=None if in_blob else body,
        )
        address = ("http", purpose_of(url).project, cache_key(url))
        variants = StoredVariants(variants=(stored,))
        self.entries.put(*address, Record(fields=to_fields(variants), blobs=variants.blobs))
        return self.root.layout.entry(*address)

    def point(self, project: str, digest: Digest) -> Path:
        """Note which blob has a digest."""
        address = ("digest", project, str(digest))
        self.entries.put(*address, Record(fields={}, blobs=(digest,)))
        return self.root.layout.entry(*address)

    def used(self, paths: Sequence[Path], *, days: float) -> None:
        """Have files been used, or made, so many days ago."""
        for path in paths:
            os.utime(path, (self.clock.now - days * DAY,) * 2)

    def age(self, *, days: float) -> None:
        """Have everything been used, and made, so many days ago."""
        self.used([path for path in self.root.path.rglob("*") if not path.is_symlink()], days=days)
