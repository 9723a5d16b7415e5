"""A checksum in front of bytes, so that any flipped one is noticed."""

from __future__ import annotations

import hashlib

_LENGTH = 32


def seal(payload: bytes) -> bytes:
    """The payload behind its SHA-256 checksum."""
    return hashlib.sha256(payload).digest() + payload


def unseal(data: bytes) -> bytes:
    """The payload that `seal` was given; ValueError when as much as one bit differs.

    >>> unseal(seal(b"six"))
    b'six'
    """
    payload = data[_LENGTH:]
    if len(data) < _LENGTH or hashlib.sha256(payload).digest() != data[:_LENGTH]:
        raise ValueError("the checksum does not match")
    return payload
