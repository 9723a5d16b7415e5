"""What a fork must not share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class PerProcess(Generic[_Value]):
    """A value that each process makes for itself.

    What a fork copies may be locked for ever, lack its threads, or be a socket that the parent goes on using.
    """

    def __init__(self, make: Callable[[], _Value]) -> None:
        self._make = make
        self._made = (os.getpid(), make())

    def get(self) -> _Value:
        """This process's own."""
        process, value = self._made
        if process != os.getpid():
            value = self._make()
            self._made = (os.getpid(), value)
        return value
