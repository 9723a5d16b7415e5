"""Parts of a body, and how they lie together."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freewheel.httpcache.ranges import Span
from freewheel.model.digest import Digest

MOST_PARTS = 64
"""How many parts of one body are kept at most: each is read when it is put together."""


class Part(Struct, frozen=True, kw_only=True):
    """`size` bytes of a body from `start`, with their SHA-256 digest; in the blob of that name, or in `body`."""

    start: int
    size: int
    digest: Digest
    body: bytes | None = None

    @property
    def span(self) -> Span:
        """Where in the whole body they lie."""
        return Span(self.start, self.start + self.size)

    @property
    def blob(self) -> Digest | None:
        """The blob that holds them, unless this part does."""
        return self.digest if self.body is None else None


class Piece(Struct, frozen=True, kw_only=True):
    """Some bytes of a part, counted from the part's own start."""

    part: Part
    span: Span


def with_part(parts: tuple[Part, ...], new: Part) -> tuple[Part, ...]:
    """The parts with one more, in order, without those that it makes superfluous."""
    kept = [part for part in parts if not _encloses(new.span, part.span)]
    if not any(_encloses(part.span, new.span) for part in kept):
        kept.append(new)
    # Beyond the limit the smallest go: they spare least.
    largest = sorted(kept, key=lambda part: part.size, reverse=True)[:MOST_PARTS]
    return tuple(sorted(largest, key=lambda part: part.start))


def pieces(parts: Iterable[Part], wanted: Span) -> tuple[Piece, ...] | None:
    """What to put together for the wanted bytes, in order; None where some are missing. `parts` are in order."""
    found: list[Piece] = []
    position = wanted.start
    for part in parts:
        if position >= wanted.end or part.span.start > position:
            break
        end = min(part.span.end, wanted.end)
        if end > position:
            found.append(Piece(part=part, span=Span(position - part.start, end - part.start)))
            position = end
    return tuple(found) if position >= wanted.end else None


def missing(parts: Iterable[Part], size: int) -> Span | None:
    """The bytes to ask for, in one range, to have all `size` of them; None where nothing is missing.

    Between two gaps may lie a part that comes again.
    """
    gaps: list[Span] = []
    position = 0
    for part in parts:
        if part.start > position:
            gaps.append(Span(position, part.start))
        position = max(position, part.span.end)
    if position < size:
        gaps.append(Span(position, size))
    return Span(gaps[0].start, gaps[-1].end) if gaps else None


def _encloses(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
