"""A URL could not be read, or what came is not what it should be."""

from __future__ import annotations

from dataclasses import dataclass

from freewheel.errors.root import FreewheelError


@dataclass(kw_only=True, eq=False)
class NetworkError(FreewheelError):
    """A URL could not be read."""

    url: str


@dataclass(kw_only=True, eq=False)
class Unreachable(NetworkError):
    """No answer: name resolution, connection, proxy or time limit."""

    reason: str
    attempts: int = 1


@dataclass(kw_only=True, eq=False)
class UntrustedCertificate(NetworkError):
    """The server's certificate is not trusted."""

    reason: str


@dataclass(kw_only=True, eq=False)
class InsecureOrigin(NetworkError):
    """Plain HTTP to a host that is neither loopback nor trusted."""

    host: str


@dataclass(kw_only=True, eq=False)
class AccessDenied(NetworkError):
    """401, 403 or 407; `had_credentials` tells whether any were sent."""

    status: int
    had_credentials: bool


@dataclass(kw_only=True, eq=False)
class UnexpectedStatus(NetworkError):
    """A final status that is no success."""

    status: int
    reason: str


@dataclass(kw_only=True, eq=False)
class TooManyRedirects(NetworkError):
    """More redirects than `limit`, or one that leads nowhere."""

    limit: int


@dataclass(kw_only=True, eq=False)
class IncompleteBody(NetworkError):
    """The connection ended before the body did; sizes in bytes."""

    expected: int | None
    received: int


@dataclass(kw_only=True, eq=False)
class RangesRefused(NetworkError):
    """A server did not send the part of a file that it was asked for; `status` where that was another than 206.

    Who asked reads the whole file instead, so nobody gets to see it.
    """

    reason: str
    status: int | None = None


@dataclass(kw_only=True, eq=False)
class IndexPageError(FreewheelError):
    """An index answered with something that is no project page."""

    url: str
    content_type: str
    reason: str
