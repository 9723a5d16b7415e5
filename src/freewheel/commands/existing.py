"""What to do with something that is in the way: what `--exists-action` says, or a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from freewheel.errors import InTheWay

Choose: TypeAlias = Callable[[str, Sequence[str]], str | None]
"""Puts a question to a person, with the answers that there are, and gives one of these; None where nobody answers."""

SWITCH, IGNORE, WIPE, BACKUP, ABORT = "s", "i", "w", "b", "a"

_WORDS = {SWITCH: "(s)witch", IGNORE: "(i)gnore", WIPE: "(w)ipe", BACKUP: "(b)ackup", ABORT: "(a)bort"}


class Existing(Struct, frozen=True, kw_only=True):
    """Decides. `actions` are the letters of `--exists-action`, the first that fits counts.

    `ask` puts the question to a person; None where nobody may be asked.
    """

    actions: tuple[str, ...] = ()
    ask: Choose | None = None

    def choose(self, path: Path, *, found: str, choices: str, question: str = "What to do? ") -> str:
        """One of the letters in `choices`; raises InTheWay where nobody says, or says to abort."""
        allowed = choices + ABORT
        chosen = next((action for action in self.actions if action in allowed), None)
        if chosen is None:
            chosen = self._asked(path, found, allowed, question)
        if chosen == ABORT:
            raise InTheWay(path=str(path), found=found, choices=())
        return chosen

    def _asked(self, path: Path, found: str, allowed: str, question: str) -> str:
        asked = f"{question} {', '.join(_WORDS[letter] for letter in allowed)} "
        answer = None if self.ask is None else self.ask(asked, tuple(allowed))
        if answer is None:
            raise InTheWay(path=str(path), found=found, choices=tuple(allowed))
        return answer


def backup_of(path: Path) -> Path:
    """The first name that is free for a backup: `<name>.bak`, `<name>.bak2`, ... as in pip."""
    number = 1
    while (backup := path.with_name(f"{path.name}.bak{number if number > 1 else ''}")).exists():
        number += 1
    return backup
