"""What a program asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import TypeAlias

from freewheel.httpcache import message
from freewheel.httpcache.message import Headers
from freewheel.model import digest as digests
from freewheel.model import url as urls
from freewheel.net.framing import check_request

Fields: TypeAlias = Iterable[tuple[str, str]] | Mapping[str, str]
"""Field lines as (name, value) pairs, each name as often as it is wanted; or by name, where each stands once."""

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_ADDRESS = r"\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._~-]+)?\]"
_HOST = re.compile(rf"(?:{_ADDRESS}|[^\s:@\[\]\\%<>\"{{}}|^`]+)(?::(?P<port>[0-9]*))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
_PORTS = range(1, 1 << 16)


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A request; `url` is an absolute `http:` or `https:` URL, whose fragment is not sent.

    `fields` are the header fields, kept as pairs; `content` is the body. `digest`, such as `sha256:9f86...`, is what
    you know the body of the answer to be: then what has it is reused without asking, for ever and from whatever URL
    it came, and anything else raises DigestMismatch at its end.

    ValueError for what no request can have: another scheme, no host, a port that is none, a user or password in the
    URL (they belong into an Authorization field), a method or name that is no token, line breaks in a value, a
    Content-Length that is not the content's, a digest of an unknown kind or of another length. A value's characters
    are those of Latin-1, each a byte (RFC 9110 §5.5). TypeError for bytes where text belongs, and the like.

    >>> Request("https://origin.example/", fields={"Accept": "text/html"}).fields
    (('Accept', 'text/html'),)
    """

    url: str
    _: KW_ONLY
    method: str = "GET"
    fields: Fields = ()
    content: bytes | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        _check_type("url", self.url, str)
        _check_url(self.url)
        _check_type("method", self.method, str)
        if self.digest is not None:
            _check_digest(self.digest)
        lines = _lines(self.fields)
        for name, value in lines:
            _check_type("field name", name, str)
            _check_type(f"value of the field {name}", value, str)
        if self.content is not None:
            _check_type("content", self.content, bytes)
        check_request(self.method, Headers(lines), length=len(self.content or b""))
        object.__setattr__(self, "fields", lines)

    def __repr__(self) -> str:
        shown = tuple((name, "****" if name.lower() in _SECRET else value) for name, value in _lines(self.fields))
        size = None if self.content is None else f"<{len(self.content)} bytes>"
        what = f"{self.url!r}, method={self.method!r}, fields={shown!r}, content={size}, digest={self.digest!r}"
        return f"Request({what})"


def _check_type(what: str, value: object, wanted: type) -> None:
    if not isinstance(value, wanted):
        raise TypeError(f"the {what} must be {wanted.__name__}, not {type(value).__name__}")


@lru_cache(maxsize=1024)
def _check_url(url: str) -> None:
    shown = repr(urls.redacted(url))
    scheme = _SCHEME.match(url)
    if scheme is None or not urls.is_well_formed(url):
        raise ValueError(f"not an absolute http: or https: URL: {shown}")
    if _CONTROL.search(url):
        raise ValueError(f"the URL has a line break or another control character: {shown}")
    authority = re.split(r"[/?#]", url[scheme.end() :], maxsplit=1)[0]
    if "@" in authority:
        raise ValueError(f"user and password belong into a field, not into the URL: {shown}")
    found = _HOST.fullmatch(authority)
    if found is None:
        raise ValueError(f"the URL has no host that can be asked: {shown}")
    if found["port"] and int(found["port"]) not in _PORTS:
        raise ValueError(f"the URL has a port beyond {_PORTS[-1]}, or 0: {shown}")


def _check_digest(text: str) -> None:
    _check_type("digest", text, str)
    try:
        digest = digests.parse(text)
    except ValueError as error:
        known = ", ".join(digests.STRONG)
        raise ValueError(f"not a digest such as sha256:9f86...: {text!r} (the strong kinds are {known})") from error
    wanted = hashlib.new(digest.algorithm).digest_size * 2
    if len(digest.value) != wanted:
        raise ValueError(
            f"a {digest.algorithm} digest has {wanted} hexadecimal digits, not {len(digest.value)}: {text!r}"
        )


def to_message(request: Request, *, user_agent: str | None) -> message.Request:
    """As the layers below know it, with `user_agent` where the request names none."""
    headers = Headers(_lines(request.fields))
    if user_agent is not None and "User-Agent" not in headers:
        headers = headers.plus("User-Agent", user_agent)
    return message.Request(
        url=request.url,
        method=request.method,
        headers=headers,
        digest=None if request.digest is None else digests.parse(request.digest),
        content=request.content,
    )


def _lines(fields: Fields) -> tuple[tuple[str, str], ...]:
    """The field lines; TypeError for what holds no pairs."""
    if isinstance(fields, Mapping):
        return tuple(fields.items())
    lines = tuple(fields)
    _check_pairs(lines)
    return lines


def _check_pairs(lines: tuple[object, ...]) -> None:
    if not all(isinstance(line, tuple) and len(line) == 2 for line in lines):
        raise TypeError("the fields must be (name, value) pairs, or values by their names")
