"""Sections 2 and 4.1: the cache key, and matching Vary."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from freewheel.httpcache import lists
from freewheel.httpcache.message import Headers, Request
from freewheel.model.digest import sha256_of

Nominated: TypeAlias = tuple[tuple[str, str | None], ...]
"""The fields that Vary names, in lower case and sorted, with the request's value of each; None for a missing one."""

_ANY = "*"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NOT_IN_URLS = re.compile(r"[^\x21-\x7e]")
_OWS_AROUND_SEMICOLON = re.compile(r"[ \t]*;[ \t]*")

_LISTS = frozenset({"accept", "accept-charset", "accept-encoding", "accept-language"})
"""Fields known to be lists, where whitespace around commas and semicolons says nothing (RFC 9110 §12.5)."""

_CASE_INSENSITIVE = frozenset({"accept-charset", "accept-encoding", "accept-language"})
"""Fields whose whole value ignores case (RFC 9110 §8.3.2, §8.4.1, §8.5.1)."""

_ALONE = frozenset({"authorization"})
"""Fields of which it counts that they are there: what one user was given is kept apart from others' anyway."""

_IN_CLEAR = _LISTS | {"origin", "user-agent"}
"""Fields that hold no secret; of every other one a digest is kept."""


def cache_key(url: str) -> str:
    """The key of everything stored for a target URI (RFC 9111 §2): only responses to GET are, and HEAD shares them.

    >>> cache_key("HTTPS://User@Example.org:443/a/../%7eb?q#part")
    'GET https://example.org/~b?q'
    """
    return f"GET {normalized(url)}"


@lru_cache(maxsize=1024)
def normalized(url: str) -> str:
    """The URL without user, password and fragment, equivalent spellings made equal (RFC 3986 §6.2.2, §6.2.3)."""
    printable = _NOT_IN_URLS.sub(_percent_encoded, url)
    whole = _ENCODED.sub(_normalized_octet, printable).partition("#")[0]
    location, mark, query = whole.partition("?")
    scheme, _, location = location.partition("://")
    authority, _, path = location.partition("/")
    scheme = scheme.lower()
    host = authority.rpartition("@")[2].lower()
    name, colon, port = host.rpartition(":")
    if colon and (not port or port == _DEFAULT_PORTS.get(scheme)):
        host = name
    return f"{scheme}://{host}/{_without_dots(path)}{mark}{query}"


def peculiarity(request: Request) -> str | None:
    """What a request's answer depends on beyond method, URI and the fields that Vary can name; None for nothing.

    Content, of which the key has nothing (RFC 9110 §9.3.1); a Host that makes it a request for another URI (§7.1).

    >>> peculiarity(Request(url="https://a.example/", content=b"x"))
    'content'
    >>> peculiarity(Request(url="https://a.example:443/", headers=Headers((("Host", "A.example"),))))
    """
    lengths = request.headers.get_all("Content-Length")
    if request.content or any(length != "0" for length in lengths) or "Transfer-Encoding" in request.headers:
        return "content"
    scheme = request.url.partition(":")[0]
    hosts = request.headers.get_all("Host")
    is_other = any(origin(normalized(f"{scheme}://{host}/")) != origin(normalized(request.url)) for host in hosts)
    return "host" if is_other else None


def origin(url: str) -> str:
    """Scheme, host and port of a normalized URL (RFC 9110 §4.3.1).

    >>> origin("https://example.org/a")
    'https://example.org'
    """
    return "/".join(url.split("/", 3)[:3])


def nominate(request: Headers, response: Headers) -> Nominated:
    """What a later request must have in common with this one, by the response's Vary (RFC 9111 §4.1)."""
    names = sorted({name.lower() for name in response.members("Vary")})
    # A member that is no field name can be matched by nothing, as "*" cannot.
    if any(name == _ANY or not lists.is_token(name) for name in names):
        return ((_ANY, None),)
    return tuple((name, _selecting(request, name)) for name in names)


def matches(nominated: Nominated, request: Headers) -> bool:
    """Whether a request has the nominated fields; "*" never matches, and a missing field only a missing one."""
    return not nominated or all(name != _ANY and value == _selecting(request, name) for name, value in nominated)


def is_unmatchable(nominated: Nominated) -> bool:
    """Whether no request ever matches."""
    return any(name == _ANY for name, _ in nominated)


def _selecting(headers: Headers, name: str) -> str | None:
    """A field's value, normalized as far as its syntax is known and no further; of a secret one a digest."""
    lines = headers.get_all(name)
    if not lines:
        return None
    if name in _ALONE:
        return ""
    if name in _LISTS:
        value = ",".join(map(_without_whitespace, lists.members(lines)))
    else:
        value = ", ".join(line.strip(" \t") for line in lines)
    if name in _CASE_INSENSITIVE:
        value = value.lower()
    return value if name in _IN_CLEAR else str(sha256_of(value.encode("utf-8", "surrogatepass")))


def _without_whitespace(member: str) -> str:
    """A list's member without whitespace around its semicolons, unless a quoted one might be among them."""
    return member if '"' in member else _OWS_AROUND_SEMICOLON.sub(";", member)


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))


def _normalized_octet(match: re.Match[str]) -> str:
    octet = int(match[1], 16)
    return chr(octet) if octet in _UNRESERVED else f"%{octet:02X}"


def _without_dots(path: str) -> str:
    """The path after its first slash without dot segments (RFC 3986 §5.2.4)."""
    if "." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", "..") and kept:
        kept.append("")
    return "/".join(kept)
