"""An answer's content coding and media type (RFC 9110 §8), and the project page in it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from freewheel.errors import IndexPageError
from freewheel.httpcache.message import Headers
from freewheel.index.page import ProjectPage
from freewheel.model import url as urls

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
"""What can be read, by preference, in pip's words: so both select the same variant of a stored response."""

ACCEPT_ENCODING = "gzip, deflate"
"""The content codings that `decode` knows, in pip's words."""

LARGEST_PAGE = 256 * 1024 * 1024
"""Bytes; the largest pages of public indexes have some 20 MB."""

_JSON = ("application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json")
_HTML = ("text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html")
_GZIP, _ZLIB, _RAW_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def read(content: bytes, headers: Headers, *, url: str) -> ProjectPage:
    """The page in an answer's body; `url` has no credentials. Raises IndexPageError."""
    stated = headers.get("Content-Type") or ""
    media_type = stated.partition(";")[0].strip().lower()
    try:
        content = decode(content, headers.get_all("Content-Encoding"), limit=LARGEST_PAGE)
        return _parse(content, media_type, charset=_charset(stated), url=url)
    except ValueError as error:
        raise IndexPageError(url=urls.redacted(url), content_type=stated, reason=str(error)) from error


def decode(content: bytes, codings: Iterable[str], *, limit: int) -> bytes:
    """Undo content codings, given as the values of Content-Encoding (RFC 9110 §8.4).

    Raises ValueError when a coding is unknown, or the content broken or larger than `limit` bytes.
    """
    applied = [coding.strip().lower() for value in codings for coding in value.split(",")]
    for coding in reversed(applied):
        if coding in ("gzip", "x-gzip"):
            content = _inflate(content, _GZIP, limit)
        elif coding == "deflate":
            # RFC 9110 §8.4.1.2: some senders leave the zlib wrapper out.
            content = _inflate(content, _ZLIB if _has_zlib_header(content) else _RAW_DEFLATE, limit)
        elif coding not in ("identity", ""):
            raise ValueError(f"its content coding {coding!r} is unknown")
    return content


def _has_zlib_header(content: bytes) -> bool:
    """RFC 1950 §2.2: the method is 8, and the two bytes are a multiple of 31."""
    return len(content) > 1 and content[0] & 0x0F == zlib.DEFLATED and int.from_bytes(content[:2], "big") % 31 == 0


def _inflate(content: bytes, window_bits: int, limit: int) -> bytes:
    inflated = bytearray()
    while content:
        stream = zlib.decompressobj(window_bits)
        try:
            inflated += stream.decompress(content, limit - len(inflated) + 1)
        except zlib.error as error:
            raise ValueError(f"its content coding is broken: {error}") from error
        if len(inflated) > limit:
            raise ValueError(f"it has more than {limit} bytes")
        if not stream.eof:
            raise ValueError("its content coding ends too early")
        # RFC 1952 §2.2: members follow one another; some senders pad the last with zeros, as gzip itself lets them.
        content = stream.unused_data.lstrip(b"\0") if window_bits == _GZIP else b""
    return bytes(inflated)


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
