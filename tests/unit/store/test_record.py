"""The format of a record."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from freewheel.model.digest import Digest
from freewheel.store.checksum import seal
from freewheel.store.record import Address, Envelope, Record, address_of, from_bytes, to_bytes

GOLDEN = Path(__file__).parents[2] / "golden"

ENVELOPE = Envelope(
    kind="http",
    partition="six",
    key="https://index.example/simple/six/",
    record=Record(
        fields={"status": 200, "headers": [["ETag", '"a"']], "body": b"\x00\xff", "age": 1.5, "gone": None},
        blobs=(Digest(algorithm="sha256", value="0123456789abcdef" * 4),),
    ),
)


def test_the_bytes_are_those_of_this_version() -> None:
    """A change here is a change of `layout.VERSIONS`."""
    assert to_bytes(ENVELOPE) == (GOLDEN / "entries-v1.record").read_bytes()
    assert from_bytes((GOLDEN / "entries-v1.record").read_bytes()) == ENVELOPE


def test_the_address_is_read_without_the_fields() -> None:
    (blob,) = ENVELOPE.record.blobs
    expected = Address(kind="http", partition="six", key=ENVELOPE.key, blobs=(str(blob),))
    assert address_of(to_bytes(ENVELOPE)) == expected


@pytest.mark.parametrize(
    "payload", [b"", b"\xc1", msgspec.msgpack.encode({"kind": "http"}), msgspec.msgpack.encode(7)]
)
def test_what_is_no_record_has_no_address(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        address_of(seal(payload))


def test_any_flipped_bit_is_noticed() -> None:
    """Behaviour 63."""
    data = to_bytes(ENVELOPE)
    with pytest.raises(ValueError, match="checksum"):
        address_of(data[:-1] + bytes([data[-1] ^ 1]))
    for position in range(len(data)):
        for bit in range(8):
            flipped = data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]
            with pytest.raises(ValueError, match="checksum"):
                from_bytes(flipped)


def test_any_shortened_record_is_noticed() -> None:
    """Behaviour 64."""
    data = to_bytes(ENVELOPE)
    for length in range(len(data)):
        with pytest.raises(ValueError, match="checksum"):
            from_bytes(data[:length])
    with pytest.raises(ValueError, match="checksum"):
        from_bytes(data + b"\0")


def test_fields_that_a_later_version_adds_are_passed_over() -> None:
    wire = msgspec.msgpack.decode(to_bytes(ENVELOPE)[32:])
    assert from_bytes(seal(msgspec.msgpack.encode(wire | {"added": [1, 2]}))) == ENVELOPE


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x80", msgspec.msgpack.encode(["http"]), b"\x91" * 100_000, msgspec.msgpack.encode({"kind": 1}), b"\xc1"],
)
def test_another_shape_behind_a_right_checksum_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_bytes(seal(payload))


def test_a_blob_that_is_no_digest_is_a_value_error() -> None:
    wire = msgspec.msgpack.decode(to_bytes(ENVELOPE)[32:])
    with pytest.raises(ValueError, match="nonsense"):
        from_bytes(seal(msgspec.msgpack.encode(wire | {"blobs": ["nonsense"]})))
