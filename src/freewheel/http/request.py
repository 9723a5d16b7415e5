"""What a program asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import TypeAlias

from freewheel.httpcache import message
from freewheel.httpcache.message import Headers
from freewheel.model import digest as digests
from freewheel.model import url as urls

Fields: TypeAlias = Iterable[tuple[str, str]] | Mapping[str, str]
"""Field lines as (name, value) pairs, each name as often as it is wanted; or by name, where each stands once."""

_URL = re.compile(r"https?://[^/?#\\\s]+", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00\r\n\u0100-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `url` is an absolute `http:` or `https:` URL, whose fragment is not sent.

    `fields` are the header fields, kept as pairs; `content` is the body. `digest`, such as `sha256:9f86...`, is what
    you know the body of the answer to be: then what has it is reused without asking, for ever and from whatever URL
    it came, and anything else raises DigestMismatch at its end.

    ValueError for what no request can have: another scheme, a user or password in the URL (they belong into an
    Authorization field), a method or name that is no token, line breaks in a value, a digest of an unknown kind. A
    value's characters are those of Latin-1, each a byte (RFC 9110 §5.5). TypeError for bytes where text belongs, and
    the like.

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
        found = _URL.match(self.url)
        if found is None or not urls.is_well_formed(self.url):
            raise ValueError(f"not an absolute http: or https: URL: {urls.redacted(self.url)}")
        if "@" in found[0]:
            raise ValueError(f"user and password belong into a field, not into the URL: {urls.redacted(self.url)}")
        _check_type("method", self.method, str)
        if not _TOKEN.fullmatch(self.method):
            raise ValueError(f"not a method: {self.method!r}")
        if self.digest is not None:
            _check_digest(self.digest)
        lines = _lines(self.fields)
        for name, value in lines:
            _check_type("field name", name, str)
            _check_type(f"value of the field {name}", value, str)
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"not a field name: {name!r}")
            if not _VALUE.fullmatch(value):
                raise ValueError(f"not a value of the field {name}")
        if self.content is not None:
            _check_type("content", self.content, bytes)
        object.__setattr__(self, "fields", lines)


def _check_type(what: str, value: object, wanted: type) -> None:
    if not isinstance(value, wanted):
        raise TypeError(f"the {what} must be {wanted.__name__}, not {type(value).__name__}")


def _check_digest(text: str) -> None:
    _check_type("digest", text, str)
    try:
        digests.parse(text)
    except ValueError as error:
        known = ", ".join(digests.STRONG)
        raise ValueError(f"not a digest such as sha256:9f86...: {text!r} (the strong kinds are {known})") from error


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
    return tuple(fields.items() if isinstance(fields, Mapping) else fields)
