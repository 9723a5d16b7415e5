"""What every benchmark of whole commands needs: what one took, turns that are fair, and a table of it all."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parent
PEERS = "builds_peers.txt"
"""The file that names the peers of whole commands, beside this one."""

Command = Sequence[str | Path]
Contestant = TypeVar("Contestant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a command took, with all its processes: seconds, seconds of CPU, and the largest one's peak in bytes."""

    seconds: float
    cpu: float
    memory: int

    def then(self, other: Measured) -> Measured:
        """What both took, one after the other."""
        return Measured(
            seconds=self.seconds + other.seconds,
            cpu=self.cpu + other.cpu,
            memory=max(self.memory, other.memory),
        )


def timed(command: Command, *, variables: Mapping[str, str], folder: Path) -> Measured:
    """Run a command in a folder, after what earlier ones left has been written to the disk; CalledProcessError."""
    os.sync()
    return measured(command, variables=variables, folder=folder)


def measured(command: Command, *, variables: Mapping[str, str], folder: Path) -> Measured:
    """Run a command in a folder, beside others if need be; CalledProcessError."""
    reader, writer = os.pipe()
    program = [sys.executable, "-S", "-E", "-I", str(HERE / "measured_command.py"), str(writer)]
    with os.fdopen(reader) as told:
        try:
            subprocess.run(
                [*program, *map(str, command)],
                check=True,
                env=variables,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                pass_fds=(writer,),
            )
        finally:
            os.close(writer)
        found = json.loads(told.read())
    status = found.pop("status")
    if status:
        raise subprocess.CalledProcessError(status, list(map(str, command)))
    return Measured(**found)


def new_template(folder: Path) -> Path:
    """A virtual environment that has only the peers, to be copied."""
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    command: Command = [folder / "bin" / "python", "-m", "pip", "install", "-q", f"--requirement={HERE / PEERS}"]
    subprocess.run(command, check=True)
    return folder


def in_turn(contestants: Sequence[Contestant], turn: int) -> Sequence[Contestant]:
    """All of them, in each round another one first."""
    first = turn % len(contestants)
    return [*contestants[first:], *contestants[:first]]


def measured_where() -> str:
    """The day, and the machine."""
    today = datetime.now(UTC).date().isoformat()
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}"
    return f"{today}, {system}"


def heading(compared: str, columns: Sequence[str], *, rounds: int) -> Iterator[str]:
    """What a table is a table of, and its first lines."""
    yield f"{measured_where()}; {compared}. Medians of {rounds} interleaved rounds."
    yield ""
    yield (
        "Each cell: seconds (CPU; peak memory of the largest process). "
        "Ratios are those of the rounds: the median (lowest to highest)."
    )
    yield ""
    yield row("", columns)
    yield f"|---|{'---|' * len(columns)}"


def row(title: str, cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {title} | {' | '.join(cells)} |"


def cell(taken: Sequence[Measured]) -> str:
    """What one contender took; a dash where it did not take part."""
    if not taken:
        return "-"
    one = median(taken)
    return f"{one.seconds:.2f} ({one.cpu:.2f}; {one.memory / 1e6:.0f} MB)"


def median(taken: Sequence[Measured]) -> Measured:
    """The median of each figure."""
    return Measured(
        seconds=statistics.median(one.seconds for one in taken),
        cpu=statistics.median(one.cpu for one in taken),
        memory=int(statistics.median(one.memory for one in taken)),
    )


def ratio(ones: Sequence[Measured], others: Sequence[Measured]) -> str:
    """How many times as long as the others the ones took, round by round; a dash where either took no part."""
    if not ones or not others:
        return "-"
    found = sorted(one.seconds / other.seconds for one, other in zip(ones, others, strict=True))
    return f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"
