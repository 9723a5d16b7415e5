"""Runs in a process of its own: reads what lies in parts of a cache that it is told of, one question after the other.

Each question is a line of JSON (`sections`: pairs of table and path; `kinds`); each answer is a length (8 bytes) and
the holdings as MessagePack, without any bytes when they could not be told: whoever asked reads them, then.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Final

import msgspec

from freewheel.commands.holdings import holdings_in
from freewheel.store.catalog import Section

LENGTH: Final = 8
"""Bytes that an answer's length takes, the highest first."""

LARGEST: Final = 1 << 28
"""Bytes of an answer that is believed: a million things."""


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process ends it
    for question in sys.stdin.buffer:
        data = answer(question)
        sys.stdout.buffer.write(len(data).to_bytes(LENGTH, "big") + data)
        sys.stdout.buffer.flush()


def answer(question: bytes) -> bytes:
    """What an answer has behind its length."""
    asked = json.loads(question)
    found = [one for section in asked["sections"] for one in holdings_in(Section(*section), asked["kinds"])]
    try:
        return msgspec.msgpack.encode(found)
    except ValueError:  # such as a path that is no text
        return b""
