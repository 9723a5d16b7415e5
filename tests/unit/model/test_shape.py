"""Shapes, read by one thread and by many."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import msgspec
import pytest

from freewheel.model.shape import Shape

MANY_THREADS = """
import sys
import threading
from dataclasses import make_dataclass
from typing import Annotated

from msgspec import Meta, defstruct
from freewheel.model.shape import Shape

sys.setswitchinterval(1e-6)
size = Annotated[int, Meta(ge=0)]
for number in range(60):
    inner = make_dataclass("Inner", [("size", size), ("names", list[tuple[str, str | None]])])
    shape = Shape(defstruct("Outer", [("inner", list[inner]), ("text", dict[str, str])]))
    barrier = threading.Barrier(8)

    def read(shape=shape, barrier=barrier):
        barrier.wait()
        shape.of({"inner": [{"size": 1, "names": [["a", None]]}], "text": {"a": "b"}})
        shape.from_json(b'{"inner": [{"size": 1, "names": [["a", null]]}], "text": {"a": "b"}}')

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: int
    name: str = ""


def test_the_same_from_json_messagepack_and_plain_values() -> None:
    shape = Shape(Point)
    expected = Point(x=3, name="here")
    assert shape.from_json(b'{"x": 3, "name": "here", "unknown": null}') == expected
    assert shape.from_msgpack(msgspec.msgpack.encode({"x": 3, "name": "here"})) == expected
    assert shape.of({"x": 3, "name": "here"}) == expected


def test_another_shape_is_an_error() -> None:
    shape = Shape(Point)
    with pytest.raises(msgspec.ValidationError):
        shape.from_json(b'{"x": "three"}')
    with pytest.raises(msgspec.DecodeError):
        shape.from_msgpack(b"")
    with pytest.raises(msgspec.ValidationError):
        shape.of({"name": "here"})


def test_many_threads_may_read_a_new_shape_at_once() -> None:
    """Without a shape this ends with a segmentation fault nearly always."""
    done = subprocess.run([sys.executable, "-c", MANY_THREADS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
