"""The record kept for one response, to and from bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Annotated, TypeAlias

import msgspec

from freewheel.httpcache import dates, keys
from freewheel.httpcache.keys import Nominated
from freewheel.httpcache.message import Headers, Response
from freewheel.model import digest as digests
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape

MOST_VARIANTS = 16
"""How many stored responses a key has at most: all of them are read to find one."""

Field: TypeAlias = "bool | int | float | str | bytes | Sequence[Field] | Mapping[str, Field] | None"
"""What the fields of a record can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response the cache keeps; its body is `body`, or else the blob that `digest` names.

    `url` has neither credentials nor fragment. `request_time` and `response_time` are when the request went out and
    the answer's first line came in, in seconds since the epoch. `nominated` is what Vary asks of later requests.
    `digest` is the SHA-256 digest of the body, `checked` holds other digests that somebody stated and that the body
    was found to have, `size` is in bytes. An invalidated response is validated before it is reused (§4.4).
    """

    url: str
    response: Response
    nominated: Nominated = ()
    request_time: float
    response_time: float
    size: int
    digest: Digest
    checked: tuple[Digest, ...] = ()
    body: bytes | None = None
    is_invalidated: bool = False

    @property
    def date_value(self) -> float:
        """When the origin made the response: its Date, else when it came in (RFC 9110 §6.6.1)."""
        stated = self.response.headers.get("Date")
        value = None if stated is None else dates.parse(stated, now=self.response_time)
        return self.response_time if value is None else value

    @property
    def blob(self) -> Digest | None:
        """The blob that holds the body, unless this record does."""
        return self.digest if self.body is None else None

    def has(self, stated: Digest) -> bool:
        """Whether the body is known to have a digest."""
        return stated == self.digest or stated in self.checked


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVariants:
    """Everything stored under one cache key, the newest first; what an entry of the store holds."""

    variants: tuple[StoredResponse, ...] = ()

    @property
    def blobs(self) -> tuple[Digest, ...]:
        """The blobs that hold the bodies, each once."""
        return tuple(dict.fromkeys(stored.blob for stored in self.variants if stored.blob is not None))

    def matching(self, request: Headers) -> tuple[StoredResponse, ...]:
        """The responses that a request may be answered with as far as Vary goes, the first choice first.

        One with a Vary field goes before one without, then the later Date (RFC 9111 §4, §4.1).
        """
        fitting = (stored for stored in self.variants if keys.matches(stored.nominated, request))
        return tuple(sorted(fitting, key=lambda stored: (not stored.nominated, -stored.date_value)))

    def select(self, request: Headers) -> StoredResponse | None:
        """The response that a request selects (§4.1)."""
        return next(iter(self.matching(request)), None)

    def identified(self, stated: Digest) -> StoredResponse | None:
        """A 200 response whose body has the digest, whatever its other fields say."""
        return next(
            (stored for stored in self.variants if stored.response.status == 200 and stored.has(stated)), None
        )

    def storing(self, new: StoredResponse, request: Headers) -> StoredVariants:
        """The same with the answer to a request, instead of everything that this request might select."""
        superseded = self.matching(request)
        others = (stored for stored in self.variants if stored not in superseded)
        return StoredVariants(variants=(new, *others)[:MOST_VARIANTS])

    def replacing(self, old: StoredResponse, new: StoredResponse) -> StoredVariants:
        """The same with one response changed."""
        return StoredVariants(variants=tuple(new if stored == old else stored for stored in self.variants))

    def without(self, unwanted: StoredResponse) -> StoredVariants:
        """The same but for one response."""
        return StoredVariants(variants=tuple(stored for stored in self.variants if stored != unwanted))

    def invalidated(self) -> StoredVariants:
        """The same, to be validated before any reuse (§4.4)."""
        return StoredVariants(variants=tuple(replace(stored, is_invalidated=True) for stored in self.variants))


class _Wire(msgspec.Struct, kw_only=True):
    url: str
    status: Annotated[int, msgspec.Meta(ge=200, le=999)]
    reason: str
    headers: list[tuple[str, str]]
    nominated: list[tuple[str, str | None]]
    request_time: float
    response_time: float
    size: Annotated[int, msgspec.Meta(ge=0)]
    digest: str
    checked: list[str]
    body: bytes | None
    is_invalidated: bool


class _Entry(msgspec.Struct, kw_only=True):
    variants: list[_Wire]


_ENTRY = Shape(_Entry)


def to_fields(stored: StoredVariants) -> Mapping[str, Field]:
    """The fields of a record; `stored.blobs` are the blobs that it refers to."""
    return {"variants": [_variant_fields(variant) for variant in stored.variants]}


def from_fields(fields: Mapping[str, object]) -> StoredVariants:
    """What `to_fields` was given; ValueError for fields of another shape. Unknown fields are passed over."""
    entry = _ENTRY.of(fields)
    return StoredVariants(variants=tuple(map(_from_wire, entry.variants)))


def _variant_fields(stored: StoredResponse) -> Mapping[str, Field]:
    return {
        "url": stored.url,
        "status": stored.response.status,
        "reason": stored.response.reason,
        "headers": stored.response.headers.lines,
        "nominated": stored.nominated,
        "request_time": stored.request_time,
        "response_time": stored.response_time,
        "size": stored.size,
        "digest": str(stored.digest),
        "checked": [str(checked) for checked in stored.checked],
        "body": stored.body,
        "is_invalidated": stored.is_invalidated,
    }


def _from_wire(wire: _Wire) -> StoredResponse:
    if not (isfinite(wire.request_time) and isfinite(wire.response_time)):
        raise ValueError("a time that is none")
    if wire.body is not None and len(wire.body) != wire.size:
        raise ValueError("a body of another size than stated")
    return StoredResponse(
        url=wire.url,
        response=Response(status=wire.status, reason=wire.reason, headers=Headers(tuple(wire.headers))),
        nominated=tuple(wire.nominated),
        request_time=wire.request_time,
        response_time=wire.response_time,
        size=wire.size,
        digest=digests.parse(wire.digest),
        checked=tuple(map(digests.parse, wire.checked)),
        body=wire.body,
        is_invalidated=wire.is_invalidated,
    )
