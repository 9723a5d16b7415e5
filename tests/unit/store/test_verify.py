"""Checking bytes against a digest."""

from __future__ import annotations

import io

import pytest

from freewheel.model.digest import Digest, sha256_of
from freewheel.store.verify import verified


def test_a_sound_stream_is_back_at_its_start() -> None:
    stream = io.BytesIO(b"x" * 3_000_000)
    assert verified(stream, sha256_of(stream.getvalue())) is None
    assert stream.tell() == 0


@pytest.mark.parametrize("data", [b"", b"six ", b"siX"])
def test_other_bytes_are_a_damage_that_names_the_digest_found(data: bytes) -> None:
    found = verified(io.BytesIO(data), sha256_of(b"six"))
    assert found is not None
    assert found.is_damage
    assert sha256_of(data).value in found.reason


def test_other_algorithms_are_checked_too() -> None:
    digest = Digest(algorithm="md5", value="d41d8cd98f00b204e9800998ecf8427e")
    assert verified(io.BytesIO(b""), digest) is None


def test_a_stream_that_fails_is_a_miss() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error", size)

    found = verified(Failing(), sha256_of(b""))
    assert found is not None
    assert "Input/output error" in found.reason
