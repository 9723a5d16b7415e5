"""What a run demands of everything stored: that it is asked about, or that it answers, stale or not."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from freewheel import errors
from freewheel.httpcache import cache_control
from freewheel.httpcache.message import Request
from freewheel.model import url as urls
from freewheel.model.project_lists import ALL
from freewheel.net.protocol import Reply, Transport
from freewheel.net.purpose import FILE_FIELDS, NO_PROJECT, purpose_of

_FIELD = "Cache-Control"


class Demands(Struct, frozen=True, kw_only=True):
    """What the user wants of the cache; each comes down to directives of a request (RFC 9111 §5.2.1).

    `refresh` has everything validated that has no stated digest; `projects` (normalized names, or `:all:`) have their
    pages validated, and with any of them `shared_pages`, URLs of pages with links to the files of many projects.
    Under `offline` and `prefer_offline` what is stored answers, stale or not; under `offline` nothing else does.
    """

    refresh: bool = False
    projects: frozenset[str] = frozenset()
    shared_pages: frozenset[str] = frozenset()
    offline: bool = False
    prefer_offline: bool = False

    def of(self, request: Request) -> Request:
        """The request with these demands.

        >>> Demands(projects=frozenset({"six"})).of(Request(url="https://index.example/simple/six/")).headers.lines
        (('Cache-Control', 'max-age=0'),)
        """
        if self.offline:
            # Nobody can be asked, whatever else the request wants; who asks only what is stored is told.
            only_if_cached = cache_control.of_request(request.headers).only_if_cached
            wanted = "only-if-cached, max-stale" if only_if_cached else "max-stale"
            return replace(request, headers=request.headers.replacing(_FIELD, wanted))
        if self.refresh or self._wants_anew(request.url):
            return replace(request, headers=request.headers.plus(_FIELD, "max-age=0"))
        if self.prefer_offline and not cache_control.of_request(request.headers).no_cache:
            return replace(request, headers=request.headers.plus(_FIELD, "max-stale"))
        return request

    def _wants_anew(self, url: str) -> bool:
        if not self.projects or urls.is_local(url):
            return False
        purpose = purpose_of(url)
        is_named = ALL in self.projects or purpose.project in self.projects
        return (purpose.kind == "page" and is_named) or url in self.shared_pages


class DemandingTransport:
    """Sends each request with the demands of the run; outside of redirects, so that each hop has them."""

    def __init__(self, *, inner: Transport, demands: Demands) -> None:
        self._inner = inner
        self._demands = demands

    def send(self, request: Request) -> Reply:
        """What the inner transport answers."""
        return self._inner.send(self._demands.of(request))


class Disconnected:
    """In place of the wire where no connection may be opened; raises NotStored."""

    def __init__(self, *, has_cache: bool) -> None:
        self._has_cache = has_cache

    def send(self, request: Request) -> Reply:
        """Never answers."""
        purpose = purpose_of(request.url, is_file=request.headers.get("Accept") == FILE_FIELDS.get("Accept"))
        is_page = purpose.kind == "page" and purpose.project != NO_PROJECT
        raise errors.NotStored(url=request.url, is_page=is_page, has_cache=self._has_cache)
