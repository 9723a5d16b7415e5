"""The record kept for one response, to and from bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freewheel.httpcache import dates, keys
from freewheel.httpcache.keys import Nominated
from freewheel.httpcache.message import Headers, Response
from freewheel.httpcache.parts import Part
from freewheel.model import digest as digests
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape

MOST_VARIANTS = 16
"""How many stored responses a key has at most: all of them are read to find one."""

MOST_INCOMPLETE = 4
"""How many incomplete ones it has at most."""

Field: TypeAlias = "bool | int | float | str | bytes | Sequence[Field] | Mapping[str, Field] | None"
"""What the fields of a record can be."""


class StoredResponse(Struct, frozen=True, kw_only=True):
    """A response the cache keeps; its body is `body`, or else the blob that `digest` names.

    Of an incomplete one (§3.3) the `parts` are here, in order; it has no digest, and the status and the fields of a
    response with the whole body.

    `url` has neither credentials nor fragment. `request_time` and `response_time` are when the request went out and
    the answer's first line came in, in seconds since the epoch. `nominated` is what Vary asks of later requests.
    `digest` is the SHA-256 digest of the body, `checked` holds other digests that somebody stated and that the body
    was found to have, `size` is that of the whole body in bytes. An invalidated response is validated before any
    reuse (§4.4).
    """

    url: str
    response: Response
    nominated: Nominated = ()
    request_time: float
    response_time: float
    size: int
    digest: Digest | None
    checked: tuple[Digest, ...] = ()
    body: bytes | None = None
    parts: tuple[Part, ...] = ()
    is_invalidated: bool = False

    @property
    def date_value(self) -> float:
        """When the origin made the response: its Date, else when it came in (RFC 9110 §6.6.1)."""
        stated = self.response.headers.get("Date")
        value = None if stated is None else dates.parse(stated, now=self.response_time)
        return self.response_time if value is None else value

    @property
    def blobs(self) -> tuple[Digest, ...]:
        """The blobs that hold the body, or what there is of it, unless this record does."""
        held = (self.digest if self.body is None else None, *(part.blob for part in self.parts))
        return tuple(blob for blob in held if blob is not None)

    def has(self, stated: Digest) -> bool:
        """Whether the body is known to have a digest."""
        return stated == self.digest or stated in self.checked


class StoredVariants(Struct, frozen=True, kw_only=True):
    """Everything stored under one cache key, the newest first; what an entry of the store holds."""

    variants: tuple[StoredResponse, ...] = ()
    incomplete: tuple[StoredResponse, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stored."""
        return not (self.variants or self.incomplete)

    @property
    def blobs(self) -> tuple[Digest, ...]:
        """The blobs that hold the bodies, each once."""
        return tuple(dict.fromkeys(blob for stored in (*self.variants, *self.incomplete) for blob in stored.blobs))

    def matching(self, request: Headers) -> tuple[StoredResponse, ...]:
        """The responses that a request may be answered with as far as Vary goes, the first choice first.

        One with a Vary field goes before one without, then the later Date (RFC 9111 §4, §4.1).
        """
        fitting = [stored for stored in self.variants if keys.matches(stored.nominated, request)]
        if len(fitting) > 1:
            fitting.sort(key=lambda stored: (not stored.nominated, -stored.date_value))
        return tuple(fitting)

    def select(self, request: Headers) -> StoredResponse | None:
        """The response that a request selects (§4.1)."""
        return next(iter(self.matching(request)), None)

    def identified(self, stated: Digest) -> StoredResponse | None:
        """A 200 response whose body has the digest, whatever its other fields say."""
        return next(
            (stored for stored in self.variants if stored.response.status == 200 and stored.has(stated)), None
        )

    def select_incomplete(self, request: Headers) -> StoredResponse | None:
        """The incomplete response that a request selects (§4.1)."""
        return next((stored for stored in self.incomplete if keys.matches(stored.nominated, request)), None)

    def storing(self, new: StoredResponse, request: Headers) -> StoredVariants:
        """The same with the answer to a request, instead of everything that this request might select."""
        superseded = self.matching(request)
        others = (stored for stored in self.variants if stored not in superseded)
        return StoredVariants(variants=(new, *others)[:MOST_VARIANTS], incomplete=self._without_incomplete(request))

    def storing_incomplete(self, new: StoredResponse, request: Headers) -> StoredVariants:
        """The same with an incomplete answer to a request, instead of what of them it might select."""
        others = self._without_incomplete(request)
        return replace(self, incomplete=(new, *others)[:MOST_INCOMPLETE])

    def replacing(self, old: StoredResponse, new: StoredResponse) -> StoredVariants:
        """The same with one response changed."""
        return replace(self, variants=tuple(new if stored == old else stored for stored in self.variants))

    def without(self, *unwanted: StoredResponse) -> StoredVariants:
        """The same but for some responses."""
        return StoredVariants(
            variants=tuple(stored for stored in self.variants if stored not in unwanted),
            incomplete=tuple(stored for stored in self.incomplete if stored not in unwanted),
        )

    def invalidated(self) -> StoredVariants:
        """The same, to be validated before any reuse (§4.4); incomplete ones go, as nothing validates them."""
        return StoredVariants(variants=tuple(replace(stored, is_invalidated=True) for stored in self.variants))

    def _without_incomplete(self, request: Headers) -> tuple[StoredResponse, ...]:
        return tuple(stored for stored in self.incomplete if not keys.matches(stored.nominated, request))


class _Head(msgspec.Struct, kw_only=True):
    url: str
    status: Annotated[int, msgspec.Meta(ge=200, le=999)]
    reason: str
    headers: list[tuple[str, str]]
    nominated: list[tuple[str, str | None]]
    request_time: float
    response_time: float
    size: Annotated[int, msgspec.Meta(ge=0)]
    is_invalidated: bool


class _Whole(_Head, kw_only=True):
    digest: str
    checked: list[str]
    body: bytes | None


class _Part(msgspec.Struct, kw_only=True):
    start: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(ge=1)]
    digest: str
    body: bytes | None


class _Incomplete(_Head, kw_only=True):
    parts: list[_Part]


class _Entry(msgspec.Struct, kw_only=True):
    variants: list[_Whole]
    incomplete: list[_Incomplete] = msgspec.field(default_factory=list)


_ENTRY = Shape(_Entry)


def to_fields(stored: StoredVariants) -> Mapping[str, Field]:
    """The fields of a record; `stored.blobs` are the blobs that it refers to."""
    fields: dict[str, Field] = {"variants": [_whole_fields(variant) for variant in stored.variants]}
    if stored.incomplete:
        fields["incomplete"] = [_incomplete_fields(variant) for variant in stored.incomplete]
    return fields


def from_fields(fields: Mapping[str, object]) -> StoredVariants:
    """What `to_fields` was given; ValueError for fields of another shape. Unknown fields are passed over."""
    entry = _ENTRY.of(fields)
    return StoredVariants(
        variants=tuple(map(_from_whole, entry.variants)), incomplete=tuple(map(_from_incomplete, entry.incomplete))
    )


def _head_fields(stored: StoredResponse) -> dict[str, Field]:
    return {
        "url": stored.url,
        "status": stored.response.status,
        "reason": stored.response.reason,
        "headers": stored.response.headers.lines,
        "nominated": stored.nominated,
        "request_time": stored.request_time,
        "response_time": stored.response_time,
        "size": stored.size,
        "is_invalidated": stored.is_invalidated,
    }


def _whole_fields(stored: StoredResponse) -> Mapping[str, Field]:
    return _head_fields(stored) | {
        "digest": str(stored.digest),
        "checked": [str(checked) for checked in stored.checked],
        "body": stored.body,
    }


def _incomplete_fields(stored: StoredResponse) -> Mapping[str, Field]:
    return _head_fields(stored) | {
        "parts": [
            {"start": part.start, "size": part.size, "digest": str(part.digest), "body": part.body}
            for part in stored.parts
        ]
    }


def _from_whole(wire: _Whole) -> StoredResponse:
    _check_body(wire.body, wire.size)
    return replace(
        _from_head(wire),
        digest=digests.parse(wire.digest),
        checked=tuple(map(digests.parse, wire.checked)),
        body=wire.body,
    )


def _from_incomplete(wire: _Incomplete) -> StoredResponse:
    return replace(_from_head(wire), parts=tuple(_from_part(part, wire.size) for part in wire.parts))


def _from_part(wire: _Part, size: int) -> Part:
    _check_body(wire.body, wire.size)
    if wire.start + wire.size > size:
        raise ValueError("a part beyond the body's end")
    return Part(start=wire.start, size=wire.size, digest=digests.parse(wire.digest), body=wire.body)


def _check_body(body: bytes | None, size: int) -> None:
    if body is not None and len(body) != size:
        raise ValueError("a body of another size than stated")


def _from_head(wire: _Head) -> StoredResponse:
    if not (isfinite(wire.request_time) and isfinite(wire.response_time)):
        raise ValueError("a time that is none")
    return StoredResponse(
        url=wire.url,
        response=Response(status=wire.status, reason=wire.reason, headers=Headers(tuple(wire.headers))),
        nominated=tuple(wire.nominated),
        request_time=wire.request_time,
        response_time=wire.response_time,
        size=wire.size,
        digest=None,
        is_invalidated=wire.is_invalidated,
    )
