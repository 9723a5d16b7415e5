"""Bodies that come from no wire: from a file, a blob, or memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from msgspec import Struct

from freewheel.model.digest import Digest
from freewheel.net.protocol import Body

CHUNK_SIZE = 1 << 17
"""Bytes read at a time: large enough that per-chunk work does not show, small beside any process."""


class StreamBody(Struct, kw_only=True):
    """The rest of a stream, which closes with the body; `blob` names the bytes when a store holds them."""

    stream: BinaryIO
    blob: Digest | None = None

    @property
    def will_be_kept(self) -> bool:
        """Never: it is kept already, or nobody keeps it."""
        return False

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        return self.stream.read(size)

    def close(self) -> None:
        """Close the stream."""
        self.stream.close()


class LimitedBody(Struct, kw_only=True):
    """The next `left` bytes of a body, which closes with it."""

    inner: Body
    left: int
    blob: Digest | None = None

    @property
    def will_be_kept(self) -> bool:
        """Never: a part is not the body."""
        return False

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises as the inner body."""
        data = self.inner.read(min(size, self.left)) if self.left else b""
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Close the inner body."""
        self.inner.close()


class JoinedBody:
    """Several bodies, one after the other; each is closed at its end, and all of them with this."""

    blob: Digest | None = None
    will_be_kept = False

    def __init__(self, bodies: Sequence[Body]) -> None:
        self._bodies = list(bodies)

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises as the inner bodies."""
        while self._bodies and size:
            data = self._bodies[0].read(size)
            if data:
                return data
            self._bodies.pop(0).close()
        return b""

    def close(self) -> None:
        """Close those that are left."""
        while self._bodies:
            self._bodies.pop(0).close()


def body_of(data: bytes) -> StreamBody:
    """A body of bytes in memory."""
    return StreamBody(stream=io.BytesIO(data))


def chunks(body: Body) -> Iterator[bytes]:
    """The rest of a body, `CHUNK_SIZE` bytes at most at a time; raises as `Body.read`."""
    while data := body.read(CHUNK_SIZE):
        yield data


def read_all(body: Body) -> bytes:
    """The rest of a body at once, for what is known to be small; closes it. Raises as `Body.read`."""
    try:
        return b"".join(chunks(body))
    finally:
        body.close()


def read_within(body: Body, limit: int) -> bytes | None:
    """The rest of a body, or None where it has more than `limit` bytes; closes it. Raises as `Body.read`."""
    content = bytearray()
    try:
        for chunk in chunks(body):
            content += chunk
            if len(content) > limit:
                return None
    finally:
        body.close()
    return bytes(content)
