"""A URL could not be read, or what came is not what it should be."""

from __future__ import annotations

from typing import Literal

from freewheel.errors.root import FreewheelError

CertificateProblem = Literal["expired", "not yet valid", "for another name", "unknown authority"]
"""What can be wrong with a certificate, as far as people can do something about it."""


class NetworkError(FreewheelError):
    """A URL could not be read."""

    url: str


class Unreachable(NetworkError):
    """No answer: name resolution, connection, proxy, time limit, or what came is no HTTP.

    `stored_age` is for how many seconds an answer has lain in the cache that is too stale to be used unasked.
    """

    reason: str
    attempts: int = 1
    stored_age: float | None = None


class NotStored(NetworkError):
    """No connection may be opened, and what the URL gives is not in the cache, if there is one.

    `is_page` says that it is a project's page.
    """

    is_page: bool = False
    has_cache: bool = True


class FileGone(NetworkError):
    """Nothing is at `path`, where a `file:` URL says that an artifact is; `named_by` are those who name it."""

    path: str
    named_by: tuple[str, ...] = ()


class UntrustedCertificate(NetworkError):
    """A certificate is not trusted: the server's, or that of the proxy at `proxy`.

    `problem` is what is wrong with it, where that is known.
    """

    reason: str
    problem: CertificateProblem | None = None
    proxy: str | None = None


class UnusableCertificates(FreewheelError):
    """The certificates that were named, for trusting others or for ourselves, cannot be read."""

    files: tuple[str, ...]
    reason: str


class ClientCertificateRefused(NetworkError):
    """The server wants a client certificate: any, or another one than it was shown."""

    reason: str
    was_shown: bool


class UnusableProxy(NetworkError):
    """A proxy of a kind that is not spoken, such as SOCKS; `proxy` is its URL."""

    proxy: str


class ProxyRefused(NetworkError):
    """The proxy at `proxy` does not let us through; `had_credentials` tells whether it was sent any."""

    proxy: str
    status: int
    had_credentials: bool


class InsecureOrigin(NetworkError):
    """Plain HTTP to a host that is neither loopback nor trusted."""

    host: str


class AccessDenied(NetworkError):
    """401 or 403; `had_credentials` tells whether any were sent, `credentials_from` whence they came, if known."""

    status: int
    had_credentials: bool
    credentials_from: str = ""


class UnexpectedStatus(NetworkError):
    """A final status that is no success."""

    status: int
    reason: str


class TooManyRedirects(NetworkError):
    """More redirects than `limit`."""

    limit: int


class UnusableRedirect(NetworkError):
    """A redirect that nobody can follow; `locations` are what it names, without credentials."""

    locations: tuple[str, ...]


class IncompleteBody(NetworkError):
    """The connection ended before the body did, `attempts` times; sizes in bytes."""

    expected: int | None
    received: int
    attempts: int = 1
    reason: str | None = None


class UndecodableContent(NetworkError):
    """A body whose content coding is unknown, broken, or ends too early; `reason` is a clause."""

    reason: str


class KeyringFailed(FreewheelError):
    """A keyring does not work; callers go on without it."""

    reason: str


class RangesRefused(NetworkError):
    """A server did not send the part of a file that it was asked for; `status` where that was another than 206.

    Who asked reads the whole file instead, so nobody gets to see it.
    """

    reason: str
    status: int | None = None


class IndexFolderMissing(FreewheelError):
    """A folder that was named as an index is not there, or has no page where one should be; `reason` is a clause.

    `lacks_scheme` tells that `location` stands as it was written, and is no URL.
    """

    location: str
    reason: str
    lacks_scheme: bool = False


class IndexPageError(FreewheelError):
    """An index answered with something that is no project page."""

    url: str
    content_type: str
    reason: str
