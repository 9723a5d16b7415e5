"""Checking bytes against a digest."""

from __future__ import annotations

import io

import pytest

from freewheel.model.digest import Digest, sha256_of
from freewheel.store.protocol import Miss
from freewheel.store.verify import verified


@pytest.mark.parametrize("size", [0, 3_000_000, 1 << 22, 5_000_000])
def test_sound_bytes_are_handed_out_from_their_start(size: int) -> None:
    content = b"x" * size
    found = verified(io.BytesIO(content), sha256_of(content))
    assert not isinstance(found, Miss)
    assert found.read() == content


@pytest.mark.parametrize("data", [b"", b"six ", b"siX", b"x" * 5_000_000])
def test_other_bytes_are_a_damage_that_names_the_digest_found(data: bytes) -> None:
    stream = io.BytesIO(data)
    found = verified(stream, sha256_of(b"six"))
    assert isinstance(found, Miss)
    assert found.is_damage
    assert sha256_of(data).value in found.reason
    assert stream.closed


def test_other_algorithms_are_checked_too() -> None:
    digest = Digest(algorithm="md5", value="d41d8cd98f00b204e9800998ecf8427e")
    assert not isinstance(verified(io.BytesIO(b""), digest), Miss)


def test_a_stream_that_fails_is_a_miss() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error", size)

    found = verified(Failing(), sha256_of(b""))
    assert isinstance(found, Miss)
    assert "Input/output error" in found.reason
