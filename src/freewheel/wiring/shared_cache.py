"""The cache that several machines share, opened for a run: imported where somebody names one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from freewheel.config.values import Config, NetworkConfig, SharedCacheConfig
from freewheel.errors import InvalidOptionValue, StoreUnavailable
from freewheel.events import Noted, Reporter, SharedUsed, Warned
from freewheel.model import url as urls
from freewheel.net.aside import Aside
from freewheel.net.origins import parse_trusted_hosts
from freewheel.store.object_storage import ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Entries
from freewheel.store.refusals import refusal
from freewheel.store.remote_calls import RemoteCalls
from freewheel.store.shared import FINISHING, SharedStore
from freewheel.store.shared_contents import SharedContents
from freewheel.store.signatures import PublicKey, SignedEntries, SigningKey, public_key
from freewheel.wiring.aws_profile import aws_profile
from freewheel.wiring.network import with_credentials

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

CALLS_AT_ONCE: Final = 32
"""Waiting for a store costs next to nothing, and 100 wheels of 20 ms each shall take a tenth of a second."""

UPLOADS_AT_ONCE: Final = 8
"""Each has up to 32 MB in memory."""

_RETRYING: Final[RetryConfig] = {
    "max_retries": 2,
    "backoff": {"init_backoff": timedelta(seconds=0.05), "max_backoff": timedelta(seconds=0.5), "base": 2},
    "retry_timeout": timedelta(seconds=10),
}
_EXTRA: Final = "pip install 'freewheel[shared]' brings it"


def open_shared_cache(config: Config, *, reporter: Reporter) -> SharedStore | None:
    """The shared cache of a run, if one is named and may be used. Nothing is asked yet.

    Raises InvalidOptionValue for a public key that is none.
    """
    shared = config.cache.shared
    if shared is None:
        return None
    trusted = _trusted(shared)
    if config.freshness.offline and not urls.is_local(shared.url):
        reporter.emit(Noted(message=f"The shared cache {shared.url} is not asked: --offline."))
        return None
    storage = open_storage(shared, config.network, config.environment)
    signer, may_write = None, shared.may_write
    if may_write and shared.signing_key is not None:
        try:
            signer = SigningKey.from_pem(Path(shared.signing_key).read_bytes())
            # What it signs may follow from what it takes: whoever signs believes nobody who does not.
            trusted = {**trusted, signer.public.id: signer.public}
        except (OSError, ValueError, ImportError) as error:
            may_write = False
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            message = f"Nothing is written to the shared cache: the signing key {shared.signing_key}: {reason}."
            reporter.emit(Warned(message=message))

    def tell(what: str, reason: str) -> None:
        reporter.emit(Warned(message=f"The shared cache {shared.url} is not {what} any more in this run: {reason}."))

    return SharedStore(
        url=shared.url,
        entries=signed_entries(
            storage, signer, trusted, is_required=shared.requires_signatures or signer is not None
        ),
        blobs=ObjectBlobs(storage=storage),
        calls=_calls(CALLS_AT_ONCE, shared.timeout, on_rest=lambda reason: tell("asked", reason)),
        writing=_calls(UPLOADS_AT_ONCE, shared.timeout, on_rest=lambda reason: tell("written to", reason)),
        may_write=may_write,
        check_writing=storage.check_writing,
        on_write_fault=lambda reason: tell("written to", reason),
    )


def _calls(threads: int, patience: float, *, on_rest: Callable[[str], None]) -> RemoteCalls:
    return RemoteCalls(aside=Aside(threads=threads), clock=time.monotonic, on_rest=on_rest, patience=patience)


def open_shared_contents(config: Config) -> SharedContents:
    """The shared cache for whoever looks at it; raises InvalidOptionValue."""
    shared = config.cache.shared
    if shared is None:
        raise ValueError("there is no shared cache")
    if config.freshness.offline and not urls.is_local(shared.url):
        raise StoreUnavailable(path=shared.url, reason="--offline allows no connection", is_final=True)
    trusted = _trusted(shared)
    storage = open_storage(shared, config.network, config.environment)
    entries = signed_entries(storage, None, trusted, is_required=shared.requires_signatures)
    return SharedContents(storage=storage, entries=entries)


def finish(store: SharedStore, reporter: Reporter, *, within: float = FINISHING) -> None:
    """Wait for what a run still uploads, and say what came of all that it shared."""
    store.finish(within=within)
    tally = store.tally
    if tally.unfinished and within:
        things = (
            "1 thing that was made here"
            if tally.unfinished == 1
            else f"{tally.unfinished} things that were made here"
        )
        reason = store.write_fault or store.rests_because or f"{within:.0f} s were not enough"
        reporter.emit(Warned(message=f"{things} did not get to the shared cache {store.url}: {reason}."))
    reporter.emit(
        SharedUsed(
            url=store.url,
            hits=tally.hits,
            misses=tally.misses,
            received=tally.received,
            written=tally.written,
            sent=tally.sent,
        )
    )


def signed_entries(
    storage: Storage, signer: SigningKey | None, trusted: Mapping[str, PublicKey], *, is_required: bool
) -> Entries:
    """The records of a storage, signed and held against keys where there are any."""
    entries = ObjectEntries(storage=storage)
    if signer is None and not trusted:
        return entries
    return SignedEntries(inner=entries, signer=signer, trusted=trusted, is_required=is_required)


def open_storage(config: SharedCacheConfig, network: NetworkConfig, environ: Mapping[str, str]) -> Storage:
    """What is behind the address; nothing is asked yet, nor is anything imported."""
    return Storage(url=config.url, connect=lambda: _connected(config, network, environ))


def _connected(config: SharedCacheConfig, network: NetworkConfig, environ: Mapping[str, str]) -> ObjectStore:
    """A client; raises StoreUnavailable."""
    try:
        from obstore import exceptions, store
    except ImportError as error:
        reason = f"the library obstore is not installed ({_EXTRA})"
        raise StoreUnavailable(path=config.url, reason=reason, is_final=True) from error
    scheme = urls.scheme(config.url)
    try:
        if scheme == "file":
            folder = Path(urls.to_path(config.url, windows=os.name == "nt"))
            if not folder.is_dir():  # a mount that is missing must not become a folder of this disk
                raise StoreUnavailable(path=config.url, reason="there is no such folder", is_final=True)
            return store.LocalStore(folder)
        options = _client_options(config, network)
        if scheme == "s3":
            return _s3(config, environ, options)
        if scheme == "gs":
            own: Any = {} if config.endpoint is None else {"base_url": config.endpoint}
            return store.GCSStore.from_url(config.url, client_options=options, retry_config=_RETRYING, **own)
        own = {} if config.endpoint is None else {"endpoint": config.endpoint}
        return store.AzureStore.from_url(config.url, client_options=options, retry_config=_RETRYING, **own)
    except (exceptions.BaseError, OSError, ValueError) as error:
        reason = refusal(str(error)).reason or type(error).__name__
        raise StoreUnavailable(path=config.url, reason=reason, is_final=True) from error


def _s3(config: SharedCacheConfig, environ: Mapping[str, str], options: ClientConfig) -> ObjectStore:
    from obstore.store import S3Store

    profile = aws_profile(environ, Path(os.path.expanduser("~")))  # noqa: PTH111  # which never raises
    own: Any = dict(profile.keys)
    if config.endpoint is not None:
        own["endpoint"] = config.endpoint
    if profile.leads_further:
        try:
            from obstore.auth.boto3 import Boto3CredentialProvider
        except ImportError as error:
            reason = "the AWS profile needs boto3, which is not installed: it names no keys"
            raise StoreUnavailable(path=config.url, reason=reason, is_final=True) from error
        own["credential_provider"] = Boto3CredentialProvider()
    return S3Store.from_url(config.url, client_options=options, retry_config=_RETRYING, **own)


def _client_options(config: SharedCacheConfig, network: NetworkConfig) -> ClientConfig:
    """TLS, proxies and patience, as all of freewheel has them; what obstore has no word for stays its own."""
    options: ClientConfig = {
        "connect_timeout": timedelta(seconds=min(3.0, network.timeout)),
        "read_timeout": timedelta(seconds=min(10.0, network.timeout)),
        "timeout": timedelta(minutes=10),
        "allow_http": config.endpoint is not None and urls.scheme(config.endpoint) == "http",
    }
    if network.ca_bundle is not None:
        options["root_certificate"] = Path(network.ca_bundle).read_bytes()
    if config.endpoint is not None and config.endpoint in parse_trusted_hosts(network.trusted_hosts):
        options["allow_invalid_certificates"] = True
    proxy = next((place for scheme, place in network.proxies if scheme in ("https", "all")), None)
    if proxy is not None:
        options["proxy_url"] = with_credentials(proxy)
        options["proxy_excludes"] = network.no_proxy
    return options


def _trusted(config: SharedCacheConfig) -> Mapping[str, PublicKey]:
    """The public keys by their ids; raises InvalidOptionValue."""
    keys = [_public_key(text, source) for text, source in config.public_keys]
    return {key.id: key for key in keys}


def _public_key(text: str, source: str) -> PublicKey:
    try:
        return public_key(text)
    except ValueError as error:
        option = "shared-cache-public-key"
        raise InvalidOptionValue(
            problem=f"option --{option}: {error}", option=option, value=text, source=source
        ) from None
