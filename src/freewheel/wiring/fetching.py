"""What a run fetches, all through one transport: indexes, their files, texts behind URLs; and repositories."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from freewheel.config.values import Config, Location
from freewheel.index.client import SimpleIndex
from freewheel.index.combine import CombinedIndex
from freewheel.index.find_links import FindLinks
from freewheel.model import url as urls
from freewheel.model.url import Credentials
from freewheel.net.download import Downloads
from freewheel.net.protocol import Transport
from freewheel.wiring.network import transport
from freewheel.wiring.repositories import Repositories
from freewheel.wiring.run import Run
from freewheel.wiring.texts import fetch_text

if TYPE_CHECKING:
    from freewheel.net.shared_downloads import SharedDownloads


class Fetching:
    """The network of a run with a configuration, and the credentials that come with URLs."""

    def __init__(self, config: Config, run: Run) -> None:
        self._config = config
        self._run = run
        self.repositories = Repositories(config, run)
        for index in config.index.indexes:
            run.credentials.add_index(index.url)
        self.protect((*config.index.indexes, *config.index.find_links))

    @cached_property
    def transport(self) -> Transport:
        """HTTP and files, through the cache."""
        return transport(
            self._config.network,
            self._config.freshness,
            authority=self._run.credentials,
            person=self._run.person,
            shared_pages=[location.url for location in self._config.index.find_links],
            cache=self._run.reusable,
            pips=self._run.pips_cache,
            shared=self._shared_downloads,
            reporter=self._run.reporter,
            clock=self._run.clock,
            at_end=self._run.at_end,
        )

    @cached_property
    def downloads(self) -> Downloads:
        """Distribution archives and metadata files."""
        cache = self._run.reusable
        return Downloads(
            transport=self.transport,
            scratch=lambda: self._run.scratch("downloads"),
            reporter=self._run.reporter,
            blobs=cache.blobs if cache else None,
            on_new=self._shared_downloads.offer if self._shared_downloads else lambda _: None,
        )

    @cached_property
    def _shared_downloads(self) -> SharedDownloads | None:
        """What is shared of downloads, where that is wanted."""
        shared, cache = self._config.cache.shared, self._run.reusable
        if shared is None or not shared.with_downloads or self._run.shared is None or cache is None:
            return None
        from freewheel.wiring.sharing import downloads_of

        return downloads_of(
            self._run.shared,
            config=self._config,
            run=self._run,
            repositories=self.repositories,
            blobs=cache.blobs,
        )

    @cached_property
    def index(self) -> CombinedIndex:
        """Every index and all find-links."""
        config = self._config.index
        return CombinedIndex(
            find_links=self._find_links if config.find_links else None,
            indexes=[
                SimpleIndex(
                    url=location.url,
                    transport=self.transport,
                    reporter=self._run.reporter,
                    written=location.path,
                    note_credentials=self._run.credentials.add,
                )
                for location in config.indexes
            ],
            reporter=self._run.reporter,
            strategy="first-index" if config.strategy == "first-index" else "best-version",
        )

    @cached_property
    def _find_links(self) -> FindLinks:
        locations = self._config.index.find_links
        return FindLinks(
            locations=[location.url for location in locations],
            transport=self.transport,
            reporter=self._run.reporter,
            written={location.url: location.path for location in locations if location.path is not None},
            note_credentials=self._run.credentials.add,
        )

    def text(self, location: Location) -> str:
        """The text of a requirements file behind a URL; raises NetworkError, RequirementsFileError."""
        self.protect((location,))
        return fetch_text(self.transport, location.url)

    def protect(self, locations: Sequence[Location]) -> None:
        """Take note of the credentials that came with URLs."""
        for location in locations:
            if location.credentials is not None:
                self.note_credentials(location.url, location.credentials)

    def note_credentials(self, url: str, credentials: Credentials) -> None:
        """These are for a URL, and for what lies below it where it is no repository's."""
        if urls.is_vcs(url):
            self.repositories.note_credentials(url, credentials)
        else:
            self._run.credentials.add(url, credentials)
