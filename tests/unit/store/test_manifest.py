"""The formats of a tree's manifest and its bytecode's."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from freewheel.store.checksum import seal
from freewheel.store.manifest import bytecode_from_bytes, bytecode_to_bytes, tree_from_bytes, tree_to_bytes
from freewheel.store.protocol import BytecodeFile
from tests.support.stores import OTHER_WHEEL, SOME_FILES, WHEEL, manifest_of

GOLDEN = Path(__file__).parents[2] / "golden"

MANIFEST = manifest_of({**SOME_FILES, "bin/six": b"#!python\n"})
BYTECODE = (
    BytecodeFile(
        scheme="purelib",
        path="__pycache__/six.cpython-311.pyc",
        source="six.py",
        size=9,
        digest="47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        mtime=1092938051,
    ),
)


def test_a_manifests_bytes_are_those_of_this_version() -> None:
    """A change here is a change of `layout.VERSIONS`."""
    golden = (GOLDEN / "trees-v1.manifest").read_bytes()
    assert tree_to_bytes(WHEEL, MANIFEST) == golden
    assert tree_from_bytes(golden, WHEEL) == MANIFEST


def test_the_bytes_of_a_bytecode_manifest_are_those_of_this_version() -> None:
    """A change here is a change of `layout.VERSIONS`."""
    golden = (GOLDEN / "trees-v1.bytecode").read_bytes()
    assert bytecode_to_bytes(WHEEL, "cpython-311", BYTECODE) == golden
    assert bytecode_from_bytes(golden, WHEEL, "cpython-311") == BYTECODE


def test_a_manifest_of_another_wheel_is_refused() -> None:
    with pytest.raises(ValueError, match="belongs"):
        tree_from_bytes(tree_to_bytes(WHEEL, MANIFEST), OTHER_WHEEL)


def test_bytecode_of_another_wheel_or_variant_is_refused() -> None:
    data = bytecode_to_bytes(WHEEL, "cpython-311", BYTECODE)
    with pytest.raises(ValueError, match="belongs"):
        bytecode_from_bytes(data, OTHER_WHEEL, "cpython-311")
    with pytest.raises(ValueError, match="belongs"):
        bytecode_from_bytes(data, WHEEL, "cpython-312")


def test_any_flipped_byte_is_noticed() -> None:
    data = tree_to_bytes(WHEEL, MANIFEST)
    for position in range(len(data)):
        with pytest.raises(ValueError, match="checksum"):
            tree_from_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :], WHEEL)


@pytest.mark.parametrize("payload", [b"", msgspec.msgpack.encode({"wheel": str(WHEEL)}), b"\x91" * 100_000])
def test_another_shape_behind_a_right_checksum_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        tree_from_bytes(seal(payload), WHEEL)
    with pytest.raises(ValueError, match=r".+"):
        bytecode_from_bytes(seal(payload), WHEEL, "cpython-311")
