"""The function that turns an error into a message, which a module of texts for each family of errors extends."""

from __future__ import annotations

from functools import singledispatch

from freewheel.cli.messages import Message


@singledispatch
def describe(error: BaseException) -> Message:
    """The message for an error; those without a text of their own show their data."""
    return Message(what=(f"{type(error).__name__}: {error}",))
