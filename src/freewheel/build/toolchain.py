"""Compilers that a build may find: which languages a source has, and what this machine compiles them with."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from msgspec import Struct

_PATIENCE: Final = 20.0
"""Seconds for a compiler to say its version."""


class Language(Struct, frozen=True, kw_only=True):
    """A compiled language: the endings of its files, the variable that names a compiler, and usual compilers."""

    endings: tuple[str, ...]
    variable: str
    commands: tuple[str, ...]


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {
        # Cython's and SWIG's files become C, or C++.
        "C": Language(endings=(".c", ".pyx", ".i", ".m"), variable="CC", commands=("cc", "gcc", "clang", "cl")),
        "C++": Language(
            endings=(".cpp", ".cc", ".cxx", ".hpp"), variable="CXX", commands=("c++", "g++", "clang++", "cl")
        ),
        "CUDA": Language(endings=(".cu",), variable="CUDACXX", commands=("nvcc",)),
        "Fortran": Language(endings=(".f", ".for", ".f90", ".f95", ".f03"), variable="FC", commands=("gfortran",)),
        "Rust": Language(endings=(".rs",), variable="RUSTC", commands=("rustc",)),
    }
)

_NO_SOURCES: Final = frozenset({"tests", "test", "testing", "doc", "docs", "examples", "example"})
"""Folders at the top of a project whose files no build compiles."""


def languages_in(root: Path) -> tuple[str, ...]:
    """The compiled languages that files in a project's folder are written in, sorted; looks at names alone."""
    endings = {ending: name for name, language in LANGUAGES.items() for ending in language.endings}
    found: set[str] = set()
    for place, folders, names in os.walk(root):
        if place == str(root):
            folders[:] = [name for name in folders if name.lower() not in _NO_SOURCES]
        found.update(endings[ending] for name in names if (ending := Path(name).suffix.lower()) in endings)
    return tuple(sorted(found))


class Toolchain:
    """The compilers of this machine, as builds with `environment` find them; each is asked once.

    Safe from many threads.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lock = threading.Lock()
        self._known: dict[str, str | None] = {}

    def compilers(self, languages: Iterable[str]) -> Mapping[str, str]:
        """The first line of what each language's compiler says of itself; languages without a compiler are left out.

        The text has the compiler's version and no path, so that it says the same on every machine that has the same.
        """
        with self._lock:
            for name in languages:
                if name not in self._known and name in LANGUAGES:
                    self._known[name] = self._version(LANGUAGES[name])
            found = {name: self._known.get(name) for name in languages}
        return {name: text for name, text in found.items() if text is not None}

    def _version(self, language: Language) -> str | None:
        named = _words(self._environment.get(language.variable, ""))
        path = self._environment.get("PATH", os.defpath)
        for words in [named] if named else [[command] for command in language.commands]:
            command = shutil.which(words[0], path=path)
            if command is not None:
                return _said([command, *words[1:]], self._environment)
        return None


def _words(command: str) -> list[str]:
    """A command's words; one of which a shell could make nothing is a name, which no compiler will have."""
    try:
        return shlex.split(command)
    except ValueError:
        return [command]


def _said(command: list[str], environment: Mapping[str, str]) -> str | None:
    """The first line of a compiler's `--version`; None where it does not run."""
    try:
        done = subprocess.run(
            [*command, "--version"],
            env=dict(environment) | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).splitlines()
    return next((line.strip() for line in lines if line.strip()), None)


def newly_compilable(languages: Iterable[str], before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """Why a wheel without machine code might come out with some now: as a clause, or None.

    `before` and `now` are compilers by language, `languages` those of the source. Where there is no compiler at all
    the wheel stays as it is.

    >>> newly_compilable(["C"], {}, {"C": "gcc 12"})
    'it has no compiled modules, and there is a compiler now (C: nothing -> gcc 12)'
    """
    changed = [name for name in sorted(set(languages)) if name in now and before.get(name) != now[name]]
    if not changed:
        return None
    shown = "; ".join(f"{name}: {before.get(name, 'nothing')} -> {now[name]}" for name in changed)
    appeared = all(name not in before for name in changed)
    verb = "there is a compiler now" if appeared else "the compiler is another one now"
    return f"it has no compiled modules, and {verb} ({shown})"
