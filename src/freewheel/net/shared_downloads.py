"""Downloaded files in the shared store, by the digests that indexes state: for those who are far from the index.

    kind "download", partition <project>, key sha256:<digest>
    fields: filename, version, size (bytes), origin (a URL)        blobs: the file's SHA-256

A look-up asks for the bytes alone: a digest says all that has to be known. The record is for whoever looks into the
store, and keeps the bytes there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from freewheel.events import Adopted, Reporter
from freewheel.httpcache.message import Request
from freewheel.model.artifact import Artifact
from freewheel.model.digest import identity
from freewheel.net.download import Download
from freewheel.net.purpose import Purpose
from freewheel.store.protocol import Blobs, Miss
from freewheel.store.record import Record, Value
from freewheel.store.shared import Address, Sources

KIND: Final = "download"


class TakesOffers(Protocol):
    """The shared store."""

    def offer(self, address: Address, record: Record, blobs: Sources) -> None:
        """Begin to keep a record with its blobs; returns at once."""


class SharedDownloads:
    """Takes files from the shared store, and offers what came from elsewhere; safe from many threads.

    `blobs` are near ones with the shared ones behind them. What `is_private` is not offered, and of what is asked for
    with credentials nothing is taken.
    """

    def __init__(
        self, *, blobs: Blobs, store: TakesOffers, is_private: Callable[[Artifact], bool], reporter: Reporter
    ) -> None:
        self._blobs = blobs
        self._store = store
        self._is_private = is_private
        self._reporter = reporter

    def take_over(self, request: Request, purpose: Purpose) -> bool:
        """Keep the file that a request without credentials is for; whether there is one."""
        has_credentials = request.credentials is not None or "Authorization" in request.headers
        stated = None if request.digest is None else identity((request.digest,))
        # Who looks at metadata alone shall not get all of a wheel.
        only_here = "only-if-cached" in (request.headers.get("Cache-Control") or "")
        is_part = only_here or "Range" in request.headers
        if purpose.kind != "download" or request.method != "GET" or has_credentials or stated is None or is_part:
            return False
        found = self._blobs.open(stated)
        if isinstance(found, Miss):
            return False
        with found as stream:
            size = stream.seek(0, 2)
        self._reporter.emit(Adopted(kind="download", subject=purpose.subject, size=size, source="shared"))
        return True

    def offer(self, download: Download) -> None:
        """Give a file to the others, if they may have it and an index stated its digest; returns at once."""
        artifact = download.artifact
        stated = identity(artifact.digests)
        if stated != download.digest or not artifact.listed_at or not artifact.project or self._is_private(artifact):
            return
        fields: Mapping[str, Value] = {
            "filename": artifact.filename,
            "size": download.size,
            "version": str(artifact.version),
            "origin": artifact.url,
        }
        address = (KIND, artifact.project, str(stated))
        self._store.offer(address, Record(fields=fields, blobs=(stated,)), {stated: download.open})
