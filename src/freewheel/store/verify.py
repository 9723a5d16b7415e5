"""Whether a blob's bytes are still those that its digest names."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

from freewheel.model.digest import Digest
from freewheel.store.protocol import Blobs, Miss

_CHUNK = 1 << 20

_AT_ONCE = 1 << 22
"""Bytes from which on a file is read twice: once for its digest, and once for whoever wants it."""


def verified(stream: BinaryIO, digest: Digest) -> BinaryIO | Miss:
    """The bytes of a stream from their start; a miss when they do not have that digest, and the stream is closed.

    Few bytes are read only once: then they lie in memory, and the stream is closed too.
    """
    found = hashlib.new(digest.algorithm)
    try:
        first = stream.read(_AT_ONCE)
        found.update(first)
        whole = stream if len(first) == _AT_ONCE else io.BytesIO(first)
        if whole is stream:
            while data := stream.read(_CHUNK):
                found.update(data)
            stream.seek(0)
        else:
            stream.close()
    except OSError as error:
        stream.close()
        return Miss(reason=f"it cannot be read ({error.strerror or error})", is_damage=True)
    if found.hexdigest() == digest.value:
        return whole
    stream.close()
    return Miss(reason=f"its {digest.algorithm} digest is {found.hexdigest()}", is_damage=True)


def check(blobs: Blobs, digest: Digest) -> Miss | None:
    """A miss when the blob is not there, or not what its digest says."""
    stream = blobs.open(digest)
    if isinstance(stream, Miss):
        return stream
    found = verified(stream, digest)
    if isinstance(found, Miss):
        return found
    found.close()
    return None
