"""Whether a blob's bytes are still those that its digest names."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from freewheel.model.digest import Digest
from freewheel.store.protocol import Blobs, Miss

_CHUNK = 1 << 20


def verified(stream: BinaryIO, digest: Digest) -> Miss | None:
    """Read a stream to its end and go back to its start; a miss when it does not have that digest."""
    found = hashlib.new(digest.algorithm)
    try:
        while data := stream.read(_CHUNK):
            found.update(data)
        stream.seek(0)
    except OSError as error:
        return Miss(reason=f"it cannot be read ({error.strerror or error})", is_damage=True)
    if found.hexdigest() != digest.value:
        return Miss(reason=f"its {digest.algorithm} digest is {found.hexdigest()}", is_damage=True)
    return None


def check(blobs: Blobs, digest: Digest) -> Miss | None:
    """A miss when the blob is not there, or not what its digest says."""
    stream = blobs.open(digest)
    if isinstance(stream, Miss):
        return stream
    with stream:
        return verified(stream, digest)
