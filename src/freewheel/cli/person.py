"""Somebody who is asked, in pip's words: what to do, and, at a terminal, for passwords."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from getpass import getpass

from freewheel.cli.render import Printer


class Asking:
    """The one way to ask: on the standard streams, where a script may answer too; the end of input is no answer."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def text(self, question: str) -> str | None:
        """A line; None where there is none."""
        return self._answered(lambda: input(question))

    def secret(self, question: str) -> str | None:
        """A line that is not shown; None where there is none."""
        return self._answered(lambda: getpass(question))

    def choice(self, question: str, answers: Sequence[str]) -> str | None:
        """One of `answers` (in lower case), after what is none of them is told and asked again; None for none."""
        while (text := self.text(question)) is not None:
            answer = text.strip().lower()
            if answer in answers:
                return answer
            expected = ", ".join(one or "(empty)" for one in answers)
            self._printer.print(f"Your response ({answer!r}) was not one of the expected responses: {expected}")
        return None

    def _answered(self, read: Callable[[], str]) -> str | None:
        try:
            return self._printer.ask(read)
        except EOFError:
            return None


class TerminalPerson:
    """Asks for passwords."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def user(self, host: str) -> str | None:
        """The user's name at a host."""
        return self._asking.text(f"User for {host}: ")

    def password(self) -> str | None:
        """The password of the user just named; not shown."""
        return self._asking.secret("Password: ")

    def wants_to_keep(self) -> bool:
        """Whether what was just given is to be kept in the keyring."""
        return self._asking.choice("Save credentials to keyring [y/N]: ", ("y", "n", "")) == "y"

    def passphrase(self, path: str) -> str | None:
        """What the key in a file is encrypted with; not shown."""
        return self._asking.secret(f"Passphrase of {path}: ")


def person_at(asking: Asking | None) -> TerminalPerson | None:
    """Whoever sits at the standard input, if that is a terminal and somebody may be asked."""
    return TerminalPerson(asking) if asking is not None and sys.stdin.isatty() else None
