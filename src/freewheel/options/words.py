"""Words become options and arguments, as pip takes them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from optparse import AmbiguousOptionError, IndentedHelpFormatter, OptionParser
from optparse import Option as Word
from typing import NoReturn

from freewheel.errors import OptionNotSupported, UsageError
from freewheel.options.option import Given, Option

ENDING = ("help", "version")
"""Flags that answer at once: the words after them do not matter."""


def invalid_choice(word: str, value: str, row: Option) -> str:
    """optparse's sentence for a value that is none of an option's choices."""
    return f"option {word}: invalid choice: {value!r} (choose from {', '.join(map(repr, row.choices))})"


class WordParser(OptionParser):
    """pip's own reading of words: options and arguments mixed, unique prefixes, the next word is the value.

    optparse and not argparse: pip uses it, so what is a value, an abbreviation or an error is the same by
    construction (argparse refuses a value that begins with a dash, such as `-C --build-option=x`).
    """

    def __init__(self, rows: Iterable[Option], *, command: str | None = None, interspersed: bool = True) -> None:
        # A fixed width: the formatter would look into the environment for one.
        super().__init__(usage="", add_help_option=False, formatter=IndentedHelpFormatter(width=80))
        self._command = command
        self._given: list[Given] = []
        self._ours: set[str] = set()
        self.allow_interspersed_args = interspersed
        for row in rows:
            kind = "string" if row.takes_value else None
            self.add_option(*row.words, action="callback", type=kind, callback=self._take, callback_args=(row,))
            if row.is_ours:
                self._ours.update(row.words)

    def split(self, words: Sequence[str]) -> tuple[tuple[Given, ...], tuple[str, ...]]:
        """The options in the order given, and the other words; raises UsageError."""
        self._given = []
        _, others = self.parse_args(list(words))
        return tuple(self._given), tuple(others)

    def error(self, msg: str) -> NoReturn:
        """Called by optparse for words that it cannot read."""
        raise UsageError(problem=msg, command=self._command or "")

    def _take(self, _word: Word, text: str, value: str | None, _parser: OptionParser, row: Option) -> None:
        if row.refusal is not None:
            if row.choices and value not in row.choices:
                self.error(invalid_choice(text, value or "", row))
            raise OptionNotSupported(
                problem=f"option {text} is not supported: {row.refusal}", option=text, command=self._command
            )
        self._given.append(Given(name=row.name, value=value))
        if row.name in ENDING and self.rargs is not None:
            del self.rargs[:]

    def _match_long_opt(self, opt: str) -> str:
        try:
            return super()._match_long_opt(opt)
        except AmbiguousOptionError as error:
            pips = [word for word in error.possibilities if word not in self._ours]
            if len(pips) == 1:
                return pips[0]
            raise
