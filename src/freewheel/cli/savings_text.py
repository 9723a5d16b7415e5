"""The last words of a run: what it reused, and what that saved."""

from __future__ import annotations

import re
from collections.abc import Sequence

from freewheel.cli.messages import joined
from freewheel.cli.render import seconds_text, size_text
from freewheel.commands.savings import Savings, counted

WIDTH = 80
"""Columns that most terminals have."""


def savings_text(savings: Savings) -> str | None:
    """The last words of a run: what it reused, and what that saved; None when it needed nothing.

    One line where it fits into 80 columns, else a line for each sentence, and more for a long one.

    >>> savings_text(Savings(reused={"download": 2, "wheel": 1}, saved_bytes=1_500_000, saved_seconds=3.25))
    'Reused 2 downloads and 1 built wheel (1.5 MB and 3.2 s of building saved).'
    """
    reused, made = counted(savings.reused), counted(savings.made)
    releases = savings.reused.get("metadata", 0)
    if not reused and releases:
        reused = [f"the metadata of {releases} release{'' if releases == 1 else 's'}"]
    if not reused and savings.reused.get("resolution"):
        reused = ["what was resolved before"]
    if not reused and not made:
        return None
    saved = [
        text
        for text in (
            size_text(savings.saved_bytes) if savings.saved_bytes else "",
            f"{seconds_text(savings.saved_seconds)} of building" if savings.saved_seconds >= 0.01 else "",
        )
        if text
    ]
    account = f" ({joined(saved)} saved)" if saved else ""
    sentences = [f"Reused {joined(reused)}{account}." if reused else "Nothing could be reused yet."]
    if adopted := counted(savings.adopted):
        sentences.append(f"From pip's cache: {joined(adopted)}.")
    if shared := counted(savings.shared):
        sentences.append(f"From the shared cache: {joined(shared)}.")
    if made:
        sentences.append(f"New: {joined(made)}.")
    return _in_lines(sentences)


def _in_lines(sentences: Sequence[str]) -> str:
    """Sentences side by side where that fits, else one below the other, a long one broken after a comma."""
    beside = " ".join(sentences)
    if len(beside) <= WIDTH:
        return beside
    return "\n".join(_broken(sentence) for sentence in sentences)


def _broken(sentence: str) -> str:
    lines = [""]
    for part in re.split(r"(?<=,) | (?=\()", sentence):
        longer = f"{lines[-1]} {part}".strip()
        lines[-1:] = [longer] if len(longer) <= WIDTH - 2 else [lines[-1], part]
    return "\n  ".join(lines)
