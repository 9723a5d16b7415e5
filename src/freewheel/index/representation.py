"""An answer's content coding and media type (RFC 9110 §8), and the project page in it."""

from __future__ import annotations

import io
from collections.abc import Iterable

from freewheel.errors import IndexPageError
from freewheel.httpcache.message import Headers
from freewheel.index.page import ProjectPage
from freewheel.model import url as urls
from freewheel.net import codings

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
"""What can be read, by preference, in pip's words: so both select the same variant of a stored response."""

ACCEPT_ENCODING = "gzip, deflate"
"""Content codings that can be undone everywhere, in pip's words."""

LARGEST_PAGE = 256 * 1024 * 1024
"""Bytes; the largest pages of public indexes have some 20 MB."""

_JSON = ("application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json")
_HTML = ("text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html")


def read(content: bytes, headers: Headers, *, url: str) -> ProjectPage:
    """The page in an answer's body; `url` has no credentials. Raises IndexPageError."""
    stated = headers.get("Content-Type") or ""
    media_type = stated.partition(";")[0].strip().lower()
    try:
        content = decode(content, headers.get_all("Content-Encoding"), limit=LARGEST_PAGE)
        return _parse(content, media_type, charset=_charset(stated), url=url)
    except ValueError as error:
        raise IndexPageError(url=urls.redacted(url), content_type=stated, reason=str(error)) from error


def decode(content: bytes, values: Iterable[str], *, limit: int) -> bytes:
    """Undo content codings, given as the values of Content-Encoding (RFC 9110 §8.4).

    Raises ValueError when a coding is unknown, or the content broken or larger than `limit` bytes.
    """
    if not codings.applied(values):
        return content
    source, found = codings.undone(io.BytesIO(content), values), bytearray()
    while data := source.read(limit - len(found) + 1):
        found += data
        if len(found) > limit:
            raise ValueError(f"it has more than {limit} bytes")
    return bytes(found)


def _parse(content: bytes, media_type: str, *, charset: str, url: str) -> ProjectPage:
    # A run reads pages of one kind, as a rule: the other parser is not imported.
    if media_type in _JSON:
        from freewheel.index import simple_json

        return simple_json.parse(content, url=url)
    if media_type in _HTML:
        from freewheel.index import simple_html

        return simple_html.parse(_text(content, charset), url=url)
    raise ValueError(f"its media type is {media_type or 'not stated'}")


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return "utf-8"


def _text(content: bytes, charset: str) -> str:
    """The characters; a byte that is none becomes U+FFFD, and a charset that is none is read as UTF-8."""
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")
