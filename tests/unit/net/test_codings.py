from __future__ import annotations

import gzip
import importlib
import io
import os
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.net import codings

CONTENT = os.urandom(70_000) + b"page " * 40_000 + os.urandom(70_000)


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def brotli(data: bytes) -> bytes:
    coded: bytes = importlib.import_module("brotli").compress(data, quality=3)
    return coded


def zstd(data: bytes, **options: Any) -> bytes:
    try:
        module = importlib.import_module("compression.zstd")
    except ImportError:
        module = importlib.import_module("backports.zstd")
    chosen = {getattr(module.CompressionParameter, name): value for name, value in options.items()}
    coded: bytes = module.compress(data, options=chosen)
    return coded


Coder = Callable[[bytes], bytes]
CODERS = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli),
    ("zstd", zstd),
]


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, as a slow connection does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 7))


def undo(content: bytes, *values: str, size: int = 10_000) -> bytes:
    source, pieces = codings.undone(io.BytesIO(content), values), []
    while piece := source.read(size):
        assert len(piece) <= size
        pieces.append(piece)
    assert source.read(size) == b""
    return b"".join(pieces)


@pytest.mark.parametrize(("name", "coder"), CODERS)
@pytest.mark.parametrize("size", [1 << 20, 999])
def test_each_coding_is_undone(name: str, coder: Coder, size: int) -> None:
    assert undo(coder(CONTENT), name, size=size) == CONTENT


@pytest.mark.parametrize(("name", "coder"), CODERS)
def test_it_does_not_matter_in_which_pieces_it_comes(name: str, coder: Coder) -> None:
    source = codings.undone(Trickle(coder(CONTENT[69_000:80_000])), [name])
    assert b"".join(iter(lambda: source.read(5000), b"")) == CONTENT[69_000:80_000]


@pytest.mark.parametrize(("name", "coder"), CODERS)
@pytest.mark.parametrize("missing", [1, 9])
def test_what_ends_too_early_is_noticed(name: str, coder: Coder, missing: int) -> None:
    with pytest.raises(ValueError, match="too early"):
        undo(coder(CONTENT)[:-missing], name)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_what_is_broken_is_noticed(name: str) -> None:
    with pytest.raises(ValueError, match="broken"):
        undo(b"\xff\xfe" + CONTENT, name)


def test_no_content_needs_no_undoing() -> None:
    assert undo(b"", "gzip") == b""


def test_the_last_coding_is_undone_first() -> None:
    assert undo(gzip.compress(zlib.compress(CONTENT)), "deflate", "identity, X-GZIP") == CONTENT
    assert undo(CONTENT, "", "identity") == CONTENT


def test_parts_follow_one_another_and_may_be_padded() -> None:
    assert undo(gzip.compress(b"a") + gzip.compress(b"b") + bytes(99), "gzip") == b"ab"
    assert undo(zstd(b"a") + zstd(b"b"), "zstd") == b"ab"
    assert undo(zlib.compress(b"a") + b"junk", "deflate") == b"a"


@pytest.mark.parametrize("name", ["compress", "aws-chunked"])
def test_an_unknown_coding_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is unknown"):
        undo(CONTENT, f"gzip, {name}")


def test_nobody_needs_many_codings() -> None:
    with pytest.raises(ValueError, match="6 content codings"):
        undo(CONTENT, "gzip," * 6)


def test_known_codings_are_those_that_can_be_undone_here() -> None:
    assert codings.known_codings() == ("gzip", "deflate", "br", "zstd")


@pytest.mark.parametrize(("name", "coder"), CODERS)
def test_memory_does_not_grow_with_what_a_few_bytes_unfold_to(name: str, coder: Coder) -> None:
    source = codings.undone(io.BytesIO(coder(bytes(50_000_000))), [name])
    tracemalloc.start()
    try:
        while source.read(10_000):
            pass
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@given(name=st.sampled_from(["gzip", "deflate", "br", "zstd"]), content=st.binary(max_size=200))
def test_whatever_comes_is_undone_or_a_value_error(name: str, content: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(undo(content, name), bytes)


@given(data=st.data(), content=st.binary(max_size=2000))
def test_a_flipped_bit_is_undone_or_a_value_error(data: st.DataObject, content: bytes) -> None:
    name, coder = data.draw(st.sampled_from(CODERS))
    coded = bytearray(coder(content))
    coded[data.draw(st.integers(0, len(coded) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(ValueError):
        undo(bytes(coded), name)


def test_a_window_that_no_browser_would_take_is_not_taken() -> None:
    """RFC 9659 §3."""
    with pytest.raises(ValueError, match="broken"):
        undo(zstd(os.urandom(1000) + bytes(40_000_000), window_log=25), "zstd")
