"""`cache keygen`: a key for those who write to the shared cache."""

from __future__ import annotations

import os
from pathlib import Path

from freewheel.errors import CommandMisused
from freewheel.store.signatures import PublicKey, SigningKey


def make_key(path: Path) -> PublicKey:
    """Write a new private key to a file that nobody else can read; its public half.

    Raises CommandMisused where the library is missing or something is in the way, and OSError.
    """
    try:
        key = SigningKey.new()
    except ImportError:
        raise CommandMisused(
            problem="Signing needs the library cryptography, which is not installed.",
            hint="pip install 'freewheel[shared]' brings it.",
        ) from None
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise CommandMisused(
            problem=f"{path} is there already: a key is not replaced.",
            hint="Name another file, or move that one aside. What it has signed counts as long as readers trust it.",
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.to_pem())
    return key.public
