"""Somebody at a terminal, who is asked for passwords in pip's words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass

from freewheel.cli.render import Printer


class TerminalPerson:
    """Asks on the terminal; the end of the input is no answer."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def user(self, host: str) -> str | None:
        """The user's name at a host."""
        return self._answer(lambda: input(f"User for {host}: "))

    def password(self) -> str | None:
        """The password of the user just named; not shown."""
        return self._answer(lambda: getpass("Password: "))

    def wants_to_keep(self) -> bool:
        """Whether what was just given is to be kept in the keyring."""
        while (answer := self._answer(lambda: input("Save credentials to keyring [y/N]: "))) is not None:
            if answer.strip().lower() in ("", "y", "n"):
                return answer.strip().lower() == "y"
        return False

    def passphrase(self, path: str) -> str | None:
        """What the key in a file is encrypted with; not shown."""
        return self._answer(lambda: getpass(f"Passphrase of {path}: "))

    def _answer(self, question: Callable[[], str]) -> str | None:
        try:
            return self._printer.ask(question)
        except EOFError:
            return None


def person_at(printer: Printer, *, may_ask: bool) -> TerminalPerson | None:
    """Whoever sits at the standard input, if that is a terminal."""
    return TerminalPerson(printer) if may_ask and sys.stdin is not None and sys.stdin.isatty() else None
