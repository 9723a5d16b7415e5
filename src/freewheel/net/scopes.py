"""Who may reuse what: responses got with credentials, or from an unverified server, stay among their like."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable

from freewheel import errors
from freewheel.httpcache.message import Request
from freewheel.model import url as urls
from freewheel.net.origins import TrustedHosts
from freewheel.store.protocol import Entries
from freewheel.store.record import Record

SECRET_SIZE = 32
"""Bytes of the secret that keys the digests of credentials."""

_WHERE = ("secret", "_", "scopes")


class Scopes:
    """From a request to the name of its scope: empty for what anybody may reuse.

    The name is a digest of the credentials, wherever they came from, keyed with a secret that stays with the cache,
    so that it tells nothing about them. `secret` is called once, when the first scoped request comes up.
    `client_certificate` is the path of the one that servers are shown, which is a credential too.
    """

    def __init__(
        self,
        *,
        trusted: TrustedHosts,
        secret: Callable[[], bytes],
        client_certificate: str | None = None,
    ) -> None:
        self._trusted = trusted
        self._secret = secret
        self._client_certificate = client_certificate
        self._lock = threading.Lock()
        self._key: bytes | None = None

    def __call__(self, request: Request) -> str:
        """The scope's name: lower-case hexadecimal, or empty."""
        url, credentials = request.url, request.credentials
        is_unverified = url in self._trusted and not (urls.scheme(url) == "http" and urls.is_loopback(url))
        shown = self._client_certificate if urls.scheme(url) == "https" else None
        parts = None if credentials is None else [credentials.user, credentials.password or ""]
        if parts is None and (field := request.headers.get("Authorization")) is not None:
            parts = [field]
        if parts is None and shown is None and not is_unverified:
            return ""
        described = json.dumps([parts, is_unverified, shown]).encode("ascii")
        return hmac.new(self._keyed(), described, hashlib.sha256).hexdigest()[:32]

    def _keyed(self) -> bytes:
        with self._lock:
            if self._key is None:
                self._key = self._secret()
            return self._key


def stored_secret(entries: Entries, *, new: Callable[[], bytes]) -> bytes:
    """The cache's secret, made with `new` at first; where it cannot be kept, it serves this run alone."""
    found = entries.get(*_WHERE)
    if isinstance(found, Record):
        kept = found.fields.get("secret")
        if isinstance(kept, bytes) and len(kept) >= SECRET_SIZE:
            return kept
    secret = new()
    try:
        entries.put(*_WHERE, Record(fields={"secret": secret}))
    except errors.StoreError:
        return secret
    return secret
