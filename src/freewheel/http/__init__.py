"""An HTTP client with a cache that obeys RFC 9111, for any program; a second, small composition root.

`Client` is where to begin. All that a caller needs is here; `freewheel.http.httpx_transport` has the same cache for
httpx.
"""

from __future__ import annotations

from freewheel.errors import (
    DigestMismatch,
    FreewheelError,
    IncompleteBody,
    NetworkError,
    ProxyRefused,
    TooManyRedirects,
    UndecodableContent,
    Unreachable,
    UntrustedCertificate,
    UnusableCertificates,
    UnusableProxy,
    UnusableRedirect,
)
from freewheel.http.client import Client
from freewheel.http.request import Fields, Request
from freewheel.http.response import Body, Response
from freewheel.httpcache.policy import Role
from freewheel.httpcache.status import CacheStatus, ForwardReason
from freewheel.net.codings import known_codings

__all__ = [
    "Body",
    "CacheStatus",
    "Client",
    "DigestMismatch",
    "Fields",
    "ForwardReason",
    "FreewheelError",
    "IncompleteBody",
    "NetworkError",
    "ProxyRefused",
    "Request",
    "Response",
    "Role",
    "TooManyRedirects",
    "UndecodableContent",
    "Unreachable",
    "UntrustedCertificate",
    "UnusableCertificates",
    "UnusableProxy",
    "UnusableRedirect",
    "known_codings",
]
