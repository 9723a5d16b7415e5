"""An entry of pip's HTTP cache (its folder `http-v2`): where it lies, and what its record says.

Two files make an entry: a record, `cc=4,` and MessagePack, and beside it the body as it came, named so with `.body`
behind it. The name is a digest of the URL, of which the record says nothing.
"""

from __future__ import annotations

import hashlib
import re

import msgspec
from msgspec import Struct

from freewheel.httpcache import lists
from freewheel.httpcache.message import Headers, Response
from freewheel.model.shape import Shape

BODY = ".body"
"""What follows a record's name in that of its body."""

_MARK = b"cc=4,"
_STATUSES = frozenset({200, 203, 300, 301, 308})
"""What pip keeps."""

_UNFIT = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


class PipsEntry(Struct, frozen=True, kw_only=True):
    """A record: the response, its repeated fields joined by commas, and what of the request its Vary named.

    `asked` are these fields of the request; `unasked` names, in lower case, those that the request did not have.
    """

    response: Response
    asked: Headers = Headers()
    unasked: frozenset[str] = frozenset()

    @property
    def named(self) -> frozenset[str]:
        """Every request field that the record tells of, in lower case."""
        return self.unasked | {name.lower() for name, _ in self.asked}


class _Response(msgspec.Struct, kw_only=True):
    body: bytes
    headers: dict[str, str]
    status: int
    reason: str


class _Record(msgspec.Struct, kw_only=True):
    response: _Response
    vary: dict[str, str | None]


_RECORD = Shape(_Record)


def place(url: str) -> tuple[str, ...]:
    """Where the record for a URL lies below `http-v2`, in pieces; the URL has no credentials.

    >>> place("HTTPS://Example.org#part") == place("https://example.org/")
    True
    >>> place("https://host/path")[:5] == tuple(place("https://host/path")[5][:5])
    True
    """
    scheme, _, rest = url.partition("#")[0].partition("://")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    behind = rest[len(authority) :]
    path = behind if behind.startswith("/") else f"/{behind}"
    key = f"{scheme.lower()}://{authority.lower()}{path}"
    name = hashlib.sha224(key.encode("utf-8", "surrogatepass")).hexdigest()
    return (*name[:5], name)


def read(data: bytes) -> PipsEntry:
    """What a record says; ValueError, whose text is a clause, for anything that pip 23.3 or newer would not write."""
    if not data.startswith(_MARK):
        raise ValueError("it does not begin as the records that can be read")
    try:
        record = _RECORD.from_msgpack(data[len(_MARK) :])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it cannot be read ({error})") from error
    response = record.response
    if response.body:
        raise ValueError("its body lies in it and not beside it")
    if response.status not in _STATUSES:
        raise ValueError(f"it is of a response with status {response.status}")
    fields, asked = tuple(response.headers.items()), tuple(record.vary.items())
    for name, value in (*fields, *asked):
        if not lists.is_token(name) or _UNFIT.search(value or ""):
            raise ValueError("it has a field that HTTP does not know")
    if _UNFIT.search(response.reason):
        raise ValueError("it has a reason phrase that HTTP does not know")
    return PipsEntry(
        response=Response(status=response.status, reason=response.reason, headers=Headers(fields)),
        asked=Headers(tuple((name, value) for name, value in asked if value is not None)),
        unasked=frozenset(name.lower() for name, value in asked if value is None),
    )
