"""What builds share with other machines, and what stays here: imported where a shared cache is used."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from freewheel.build.checkout import Checkouts
from freewheel.build.metadata import SharedEntries
from freewheel.build.shared_wheels import WheelsInStore
from freewheel.build.sharing import Sharing
from freewheel.build.toolchain import Toolchain
from freewheel.build.wheel_cache import toolchain_fault
from freewheel.config.values import Config
from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.url import Credentials
from freewheel.net.origins import TrustedHosts, parse_trusted_hosts
from freewheel.net.shared_downloads import SharedDownloads
from freewheel.store.protocol import Blobs
from freewheel.store.shared import SharedStore
from freewheel.store.tiered import TieredBlobs, TieredEntries
from freewheel.wiring.repositories import Repositories
from freewheel.wiring.run import Run


class SharedParts(Struct, frozen=True, kw_only=True):
    """What builds have of the shared store."""

    wheels: WheelsInStore
    entries: SharedEntries


def parts_of(store: SharedStore, *, config: Config, run: Run, repositories: Repositories) -> SharedParts:
    """The shared store as builds use it, with what may be shared."""
    shared = config.cache.shared
    privacy = _privacy(config, run, repositories)
    sharing = Sharing(is_private=privacy.is_private, shares_private=shared is not None and shared.with_private)
    compilers = Toolchain(config.environment).compilers
    entries = TieredEntries(near=run.stores.entries, shared=store)
    return SharedParts(
        wheels=WheelsInStore(
            store=store,
            sharing=sharing,
            scratch=run.scratch,
            refuses=lambda record: toolchain_fault(record, compilers),
        ),
        entries=SharedEntries(entries=entries, sharing=sharing, expect=entries.expect),
    )


def downloads_of(
    store: SharedStore, *, config: Config, run: Run, repositories: Repositories, blobs: Blobs
) -> SharedDownloads:
    """The shared store as downloads use it: what is private is never among them."""
    return SharedDownloads(
        blobs=TieredBlobs(near=blobs, shared=store),
        store=store,
        is_private=_privacy(config, run, repositories).is_private,
        reporter=run.reporter,
    )


def _privacy(config: Config, run: Run, repositories: Repositories) -> Privacy:
    return Privacy(
        known=run.credentials.known,
        checkouts=lambda: repositories.checkouts,
        trusted=parse_trusted_hosts(config.network.trusted_hosts),
        is_certified=config.network.client_certificate is not None,
    )


class Privacy(Struct, frozen=True, kw_only=True):
    """What is for this user alone, as far as that is known: when in doubt it is.

    `known` tells the credentials that a URL is asked for with, `is_certified` whether servers see a certificate.
    """

    known: Callable[[str], Credentials | None]
    checkouts: Callable[[], Checkouts]
    trusted: TrustedHosts
    is_certified: bool = False

    def is_private(self, artifact: Artifact) -> bool:
        """Whether an artifact was or would be asked for with credentials, or came from an unverified server.

        A URL with a query is private too: they carry tokens.
        """
        if artifact.kind is ArtifactKind.REPOSITORY:
            return not self.checkouts().is_open_to_all(repository.parse(artifact.url))
        places = [place for place in (artifact.url, artifact.listed_at) if place and not urls.is_local(place)]
        return self.is_certified or any(map(self._is_private, places))

    def _is_private(self, url: str) -> bool:
        return "?" in url or self.known(url) is not None or (url in self.trusted and not urls.is_loopback(url))
