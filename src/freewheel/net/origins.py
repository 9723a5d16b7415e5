"""Which hosts may be talked to without a verified certificate."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freewheel.model import url as urls


class TrustedHost(Struct, frozen=True, kw_only=True):
    """A host that the user trusts as it is, on one port or, with None, on all."""

    host: str
    port: int | None = None


def parse_trusted_host(text: str) -> TrustedHost:
    """Read `host`, `host:port` or `[address]:port`; a scheme before it is passed over. ValueError otherwise.

    >>> parse_trusted_host("Index.Example:8080")
    TrustedHost(host='index.example', port=8080)
    """
    location = text.strip().rpartition("://")[2].partition("/")[0]
    if location.count(":") > 1 and not location.startswith("["):
        location = f"[{location}]"
    probe = f"trusted://{location}"
    host = urls.host(probe)
    _, colon, port = location.rpartition("]")[2].rpartition(":")
    if not host or (colon and not port.isdecimal()):
        raise ValueError(text)
    return TrustedHost(host=host, port=int(port) if colon else None)


class TrustedHosts(Struct, frozen=True):
    """The hosts given by `--trusted-host`."""

    hosts: tuple[TrustedHost, ...] = ()

    def __contains__(self, url: object) -> bool:
        if not (self.hosts and isinstance(url, str)):
            return False
        host, port = urls.host(url), urls.port(url)
        return any(trusted.host == host and trusted.port in (None, port) for trusted in self.hosts)

    def is_secure(self, url: str) -> bool:
        """Whether nobody on the way could have changed what `url` gives, or the user trusts its host anyway.

        >>> TrustedHosts().is_secure("http://127.0.0.1/"), TrustedHosts().is_secure("http://example.org/")
        (True, False)
        """
        return urls.scheme(url) in ("https", "file") or urls.is_loopback(url) or url in self


def parse_trusted_hosts(texts: Iterable[str]) -> TrustedHosts:
    """All of them; ValueError for the first that is no host.

    >>> "https://example.org/simple/" in parse_trusted_hosts(["example.org:443"])
    True
    """
    return TrustedHosts(tuple(parse_trusted_host(text) for text in texts))
