"""Content codings undone while a body is read (RFC 9110 §8.4), in bounded memory."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, Protocol

from msgspec import Struct

CODED_CHUNK = 1 << 16
"""Coded bytes that are read at a time."""

_LEAST = 1 << 13
"""Bytes that are unfolded at once at least: each turn copies what is left of the coded ones."""

MOST_CODINGS = 5
"""Nobody applies as many; each costs memory and may multiply the size of the one before."""

_NAMES = {"x-gzip": "gzip"}
"""RFC 9110 §8.4.1.3: one coding under two names."""

_GZIP, _ZLIB, _RAW_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_ZSTD_WINDOW_LOG = 23
"""RFC 9659 §3: as a content coding, Zstandard needs windows of 8 MB at most."""


class Source(Protocol):
    """Bytes that are read once."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, empty at the end."""


class _Decompressor(Protocol):
    """What the decompressors of Python's standard library can do; `unused_data` is what stands behind the end."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Coding(Struct, frozen=True, kw_only=True):
    """How a coding is undone: `start` is given the first bytes of the content.

    `failure` is what its decompressors raise, `module` where they come from; either raises ImportError without the
    library. `has_parts` tells that several may follow one another.
    """

    module: Callable[[], ModuleType]
    start: Callable[[bytes], _Decompressor]
    failure: str = "error"
    has_parts: bool = False

    @property
    def is_available(self) -> bool:
        """Whether the library is here, in a version that bounds what a few bytes unfold to."""
        try:
            module = self.module()
        except ImportError:
            return False
        return module.__name__ != "brotli" or hasattr(module.Decompressor, "can_accept_more_data")


def known_codings() -> tuple[str, ...]:
    """The codings that can be undone here, as Accept-Encoding may name them, the usual one first.

    >>> known_codings()[:2]
    ('gzip', 'deflate')
    """
    return tuple(name for name, coding in _CODINGS.items() if coding.is_available)


def applied(values: Iterable[str]) -> tuple[str, ...]:
    """The codings that values of Content-Encoding name, in the order in which they were applied.

    >>> applied(["Deflate", "identity, x-gzip"])
    ('deflate', 'gzip')
    """
    names = (name.strip().lower() for value in values for name in value.split(","))
    return tuple(_NAMES.get(name, name) for name in names if name not in ("", "identity"))


def undone(source: Source, values: Iterable[str]) -> Source:
    """The content without the codings that values of Content-Encoding name, the last of which is undone first.

    Raises ValueError for a coding that is not known here, or for too many; so does reading where a coding is broken
    or ends too early, after what of the content comes before. However far a byte unfolds, a read holds little more
    than it was asked for. At the end of the content `source` has been read to its end.
    """
    names = applied(values)
    if len(names) > MOST_CODINGS:
        raise ValueError(f"it has {len(names)} content codings, one upon the other")
    for name in reversed(names):
        if name not in _CODINGS:
            raise ValueError(f"its content coding {name!r} is unknown")
        if not _CODINGS[name].is_available:
            raise ValueError(f"its content coding {name!r} needs a library that is not installed")
        source = _Undone(source, _CODINGS[name])
    return source


class _Undone:
    """A source with one coding less."""

    def __init__(self, source: Source, coding: _Coding) -> None:
        self._source = source
        self._coding = coding
        self._failure: type[Exception] = getattr(coding.module(), coding.failure)
        self._stream: _Decompressor | None = None
        self._coded = b""
        self._ready = b""
        self._has_begun = False
        self._has_ended = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; raises ValueError."""
        while not self._ready and not self._has_ended:
            stream = self._stream or self._next_part()
            if stream is not None:
                self._ready = self._unfold(stream, max(size, _LEAST))
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _next_part(self) -> _Decompressor | None:
        """The decompressor of what comes now; None at the end."""
        if not self._has_begun or self._coding.has_parts:
            self._look_at_next_part()
        else:
            while self._source.read(CODED_CHUNK):
                pass
            self._coded = b""
        if self._coded:
            self._has_begun = True
            self._stream = self._coding.start(self._coded)
        else:
            self._has_ended = True
        return self._stream

    def _look_at_next_part(self) -> None:
        """Have the first two bytes of it, by which deflate is told from its wrapper, if there are as many."""
        while True:
            if self._has_begun:
                # RFC 1952 §2.2: members follow one another; some senders pad the last with zeros, as gzip itself lets
                # them.
                self._coded = self._coded.lstrip(b"\0")
            if len(self._coded) > 1 or not (more := self._source.read(CODED_CHUNK)):
                return
            self._coded += more

    def _unfold(self, stream: _Decompressor, size: int) -> bytes:
        coded, self._coded = self._coded, b""
        if stream.needs_input and not coded and not (coded := self._source.read(CODED_CHUNK)):
            raise ValueError("its content coding ends too early")
        try:
            data = stream.decompress(coded, size)
        except self._failure as error:
            raise ValueError(f"its content coding is broken: {error}") from error
        if stream.eof:
            self._coded, self._stream = stream.unused_data, None
        return data


class _Inflate:
    """zlib's decompressor in the manner of the others."""

    def __init__(self, window_bits: int) -> None:
        self._stream = zlib.decompressobj(window_bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end has come."""
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        """What stands behind it."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes."""
        found = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self.needs_input = not found
        return found


class _Brotli:
    """The library's decompressor, which hands out some 32 kB at a time, in the manner of the others."""

    unused_data = b""

    def __init__(self) -> None:
        self._stream: Any = _brotli().Decompressor()
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end has come."""
        return bool(self._stream.is_finished())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """`max_length` bytes, or some more."""
        found: bytes = self._stream.process(data, output_buffer_limit=max_length)
        self.needs_input = not found
        return found


def _inflated(first: bytes) -> _Decompressor:
    # RFC 9110 §8.4.1.2: some senders leave the zlib wrapper out. RFC 1950 §2.2: in it the method is 8, and the first
    # two bytes are a multiple of 31.
    is_wrapped = len(first) > 1 and first[0] & 0x0F == zlib.DEFLATED and int.from_bytes(first[:2], "big") % 31 == 0
    return _Inflate(_ZLIB if is_wrapped else _RAW_DEFLATE)


def _unpacked(_: bytes) -> _Decompressor:
    module = _zstd()
    options = {module.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    found: _Decompressor = module.ZstdDecompressor(options=options)
    return found


def _brotli() -> ModuleType:
    return importlib.import_module("brotli")


def _zstd() -> ModuleType:
    """The standard library's module (Python 3.14), or its backport."""
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        return importlib.import_module("backports.zstd")


_CODINGS: Mapping[str, _Coding] = {
    "gzip": _Coding(module=lambda: zlib, start=lambda _: _Inflate(_GZIP), has_parts=True),
    "deflate": _Coding(module=lambda: zlib, start=_inflated),
    "br": _Coding(module=_brotli, start=lambda _: _Brotli()),
    "zstd": _Coding(module=_zstd, start=_unpacked, failure="ZstdError", has_parts=True),
}
