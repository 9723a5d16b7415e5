"""Digests: what bytes are, whatever they are called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from msgspec import Struct

STRONG = ("sha512", "sha384", "sha256")
"""Algorithms whose digest identifies bytes; the best first (what pip calls strong)."""

KNOWN = (*STRONG, "sha224", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s", "sha1", "md5")
"""Algorithms that an index may state; the weak ones check a transfer and identify nothing."""


class Digest(Struct, frozen=True, kw_only=True, order=True):
    """A digest algorithm's name as in hashlib, and the value in lower-case hexadecimal.

    >>> str(Digest(algorithm="sha256", value="ab12"))
    'sha256:ab12'
    """

    algorithm: str
    value: str

    @property
    def is_strong(self) -> bool:
        """Whether equal digests mean equal bytes."""
        return self.algorithm in STRONG

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


def parse(text: str) -> Digest:
    """Read `algorithm:value` or `algorithm=value`; ValueError when it is neither or the algorithm is unknown.

    >>> parse("SHA256=AB12")
    Digest(algorithm='sha256', value='ab12')
    """
    separator = "=" if "=" in text else ":"
    algorithm, found, value = text.partition(separator)
    algorithm, value = algorithm.strip().lower(), value.strip().lower()
    if not found or algorithm not in KNOWN or not value or not set(value) <= set("0123456789abcdef"):
        raise ValueError(text)
    return Digest(algorithm=algorithm, value=value)


def sha256_of(data: bytes) -> Digest:
    """The SHA-256 digest of `data`."""
    return Digest(algorithm="sha256", value=hashlib.sha256(data).hexdigest())


def strongest(digests: Iterable[Digest]) -> Digest | None:
    """The digest to check a transfer by: strong ones first, in the order of `KNOWN`.

    >>> strongest([parse("md5:aa"), parse("sha256:bb")])
    Digest(algorithm='sha256', value='bb')
    """
    return min(digests, key=lambda digest: KNOWN.index(digest.algorithm), default=None)


def identity(digests: Iterable[Digest]) -> Digest | None:
    """The SHA-256 digest among `digests`, which names a blob; None if none was stated."""
    return next((digest for digest in digests if digest.algorithm == "sha256"), None)
