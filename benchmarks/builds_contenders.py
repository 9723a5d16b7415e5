"""The programs that are compared: the commands with which each builds a folder, or installs projects."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.measuring import Command
from tests.support.process import clean_variables


class Contender(Protocol):
    """Something that builds and installs; `scripts` is where the programs lie."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def scripts(self) -> Path:
        """Where its program lies."""

    def variables(self, cache: Path) -> Mapping[str, str]:
        """What its processes need beside what all have."""

    def build(self, source: Path, output: Path) -> Command:
        """Make the wheel of a source folder."""

    def install(self, environment: Path, *words: str | Path, compiles: bool = True) -> Command:
        """Put what `words` ask for into a virtual environment, with its bytecode if it `compiles`."""


@dataclass(frozen=True, slots=True)
class Freewheel:
    """This checkout."""

    scripts: Path
    name: str = "freewheel"

    def variables(self, cache: Path) -> Mapping[str, str]:
        """Its cache folder."""
        return {"FREEWHEEL_CACHE_DIR": str(cache)}

    def build(self, source: Path, output: Path) -> Command:
        """Folders are built each time."""
        return self.scripts / "freewheel", "wheel", "--quiet", "--no-deps", "--wheel-dir", output, source

    def install(self, environment: Path, *words: str | Path, compiles: bool = True) -> Command:
        """From outside of the environment."""
        python, options = environment / "bin" / "python", () if compiles else ("--no-compile",)
        return self.scripts / "freewheel", "--python", python, "install", "-q", *options, *words


@dataclass(frozen=True, slots=True)
class Pip:
    """pip; in the environment itself where it installs, as is usual, which spares it a second process."""

    scripts: Path
    name: str = "pip"

    def variables(self, cache: Path) -> Mapping[str, str]:
        """Its cache folder, and the host of the index: of others without TLS it caches nothing."""
        return {"PIP_CACHE_DIR": str(cache), "PIP_TRUSTED_HOST": "127.0.0.1"}

    def build(self, source: Path, output: Path) -> Command:
        """Folders are built each time."""
        return self.scripts / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", output, source

    def install(self, environment: Path, *words: str | Path, compiles: bool = True) -> Command:
        """With the pip that the environment has."""
        options = () if compiles else ("--no-compile",)
        return environment / "bin" / "python", "-m", "pip", "install", "-q", *options, *words


@dataclass(frozen=True, slots=True)
class Uv:
    """uv; told to compile what it installs, as the others do."""

    scripts: Path
    name: str = "uv"

    def variables(self, cache: Path) -> Mapping[str, str]:
        """Its cache folder, and the same index and Python as the others."""
        return {"UV_CACHE_DIR": str(cache), "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}

    def build(self, source: Path, output: Path) -> Command:
        """Of all its commands, the one that builds a folder each time."""
        python = self.scripts / "python"
        return self.scripts / "uv", "build", "-q", "--wheel", "--python", python, "--out-dir", output, source

    def install(self, environment: Path, *words: str | Path, compiles: bool = True) -> Command:
        """From outside of the environment."""
        python, options = environment / "bin" / "python", ("--compile-bytecode",) if compiles else ()
        return self.scripts / "uv", "pip", "install", "-q", *options, "--python", python, *words


CONTENDERS = (Freewheel, Pip, Uv)


def variables(contender: Contender, home: Path, cache: Path, index_url: str) -> dict[str, str]:
    """The environment of a contender's processes."""
    everybody = clean_variables(home) | {"PIP_INDEX_URL": index_url, "UV_DEFAULT_INDEX": index_url}
    path = os.pathsep.join((str(contender.scripts), everybody.get("PATH", os.defpath)))
    return {**everybody, "PATH": path, **contender.variables(cache)}
