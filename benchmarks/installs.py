"""What installing costs beside pip and uv: cold, warm, with stale pages, and where everything is there.

    python -m benchmarks.installs [--rounds N] [--set NAME] [--folder FOLDER] [--output FILE]

To be run in the checkout, by an interpreter that has what the tests need. The peers (`builds_peers.txt`) and this
checkout are installed into an environment of their own, in FOLDER or a temporary one. What a requirement set needs is
resolved and fetched once from the index that pip is configured for; an index on loopback then offers it to all alike,
with the response fields of a public one and metadata files (PEP 658). The contenders take turns: in each round each
does each task once. Environments are made before the clock runs and removed after it. Writes a Markdown table. Linux.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.builds import FILES, PAGES
from benchmarks.builds_contenders import CONTENDERS, Command, Contender, variables
from benchmarks.http_cache import environment, versions
from tests.support.server import IndexServer

SETS = Path(__file__).with_name("requirement_sets")
STALE = {"Cache-Control": "max-age=0"}
IMPORTS = {"data": ("jupyterlab", "pandas", "sklearn", "matplotlib.pyplot", "seaborn", "polars", "statsmodels.api")}
"""The main packages of a set, as they are imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Install a set. `is_cold` begins with an empty cache, `is_there` where everything is installed already.

    `stale` has every page asked about, which takes the server so many seconds of waiting. With `imports` the main
    packages are imported at the end, which compiles them where nobody did. `compiles` names who makes bytecode.
    """

    title: str
    is_cold: bool = False
    is_there: bool = False
    stale: float | None = None
    imports: bool = False
    compiles: frozenset[str] = field(default_factory=lambda: frozenset({"freewheel", "pip", "uv"}))


OURS = frozenset({"freewheel", "pip"})
TASKS: Sequence[Task] = (
    Task(title="cold, with bytecode", is_cold=True),
    Task(title="cold, without", is_cold=True, compiles=frozenset()),
    Task(title="warm, with bytecode"),
    Task(title="warm, with bytecode; uv without", compiles=OURS),
    Task(title="warm, without", compiles=frozenset()),
    Task(title="warm, stale pages; uv without bytecode", stale=0.0, compiles=OURS),
    Task(title="warm, stale pages, 30 ms away; uv without bytecode", stale=0.03, compiles=OURS),
    Task(title="warm, then the first import; uv without bytecode", imports=True, compiles=OURS),
    Task(title="everything is there", is_there=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a command took: seconds, and seconds of CPU with those of all its processes."""

    seconds: float
    cpu: float


@dataclass(slots=True, kw_only=True)
class Bench:
    """A contender, and the folder with all that is its own."""

    contender: Contender
    folder: Path
    index: IndexServer
    template: Path
    requirements: Path
    imports: Sequence[str] = ()
    count: int = 0

    def do(self, task: Task) -> Measured:
        """Carry out a task; what it leaves is gone afterwards, but for the cache."""
        self.count += 1
        place = self.folder / str(self.count)
        compiles = self.contender.name in task.compiles
        shutil.copytree(self.template, place, symlinks=True)
        cache = place / "cache" if task.is_cold else self.folder / "cache"
        command = self.contender.install(place, "--requirement", self.requirements, compiles=compiles)
        try:
            self.index.answer_plainly()
            offer(self.index)
            if task.is_there:
                self._timed(command, cache)
            if task.stale is not None:
                self.index.answer("/simple/*", headers=STALE, etag=True, latency=task.stale)
            measured = self._timed(command, cache)
            if task.imports:
                code = "".join(f"import {name}\n" for name in self.imports)
                imported = self._timed((place / "bin" / "python", "-c", code), cache)
                measured = Measured(
                    seconds=measured.seconds + imported.seconds,
                    cpu=measured.cpu + imported.cpu,
                )
            return measured
        finally:
            shutil.rmtree(place)

    def _timed(self, command: Command, cache: Path) -> Measured:
        """Run a command, after what earlier ones left has been written to the disk."""
        given = variables(self.contender, self.folder / "home", cache, self.index.index_url)
        os.sync()
        start = time.perf_counter()
        process = subprocess.Popen(command, env=given, cwd=self.folder, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return Measured(seconds=seconds, cpu=usage.ru_utime + usage.ru_stime)


def offer(index: IndexServer) -> None:
    """Have the index answer as the public one would."""
    index.answer("/simple/*", headers=PAGES, etag=True)
    index.answer("/files/*", headers=FILES)


def main(words: Sequence[str]) -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--set", default="data", help="a file of benchmarks/requirement_sets, without .in")
    parser.add_argument("--task", action="append", help="only tasks whose title has this in it")
    parser.add_argument("--folder", type=Path, help="keep the environment and the archives here")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args(words)
    tasks = [task for task in TASKS if not options.task or any(part in task.title for part in options.task)]
    with tempfile.TemporaryDirectory(prefix="installs-", dir=options.folder) as temporary, IndexServer() as index:
        folder = options.folder or Path(temporary)
        python = environment(folder / "environment", "builds_peers.txt")
        pins = archives(python, SETS / f"{options.set}.in", folder / options.set)
        index.add_folder(folder / options.set)
        benches = prepared(index, python.parent, Path(temporary), pins=pins, imports=IMPORTS.get(options.set, ()))
        results = measure(benches, tasks, rounds=options.rounds)
        text = "\n".join(table(results, tasks, versions(python, ("pip", "uv")), pins=pins, rounds=options.rounds))
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return 0


def archives(python: Path, requirements: Path, folder: Path) -> Path:
    """A file of pins, beside a folder with all that they need; resolved and fetched where it is missing."""
    pins = folder.with_suffix(".txt")
    if not pins.exists():
        subprocess.run([python, "-m", "pip", "download", "-q", "--dest", folder, "-r", requirements], check=True)
        found = sorted(re.split(r"-(?=\d)", path.name, maxsplit=1) for path in folder.iterdir())
        lines = [f"{name}=={re.split(r'-|[.](?:tar|zip)', rest)[0]}" for name, rest in found]
        pins.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return pins


def prepared(
    index: IndexServer, scripts: Path, folder: Path, *, pins: Path, imports: Sequence[str]
) -> Sequence[Bench]:
    """The contenders, each with a cache that has everything."""
    template = folder / "template"
    venv.EnvBuilder(with_pip=True, symlinks=True).create(template)
    requirement = f"--requirement={Path(__file__).with_name('builds_peers.txt')}"
    subprocess.run([template / "bin" / "python", "-m", "pip", "install", "-q", requirement], check=True)
    benches = []
    for one in CONTENDERS:
        contender = one(scripts)
        (folder / contender.name).mkdir()
        benches.append(
            Bench(
                contender=contender,
                folder=folder / contender.name,
                index=index,
                template=template,
                requirements=pins,
                imports=imports,
            )
        )
    return benches


def measure(
    benches: Sequence[Bench], tasks: Sequence[Task], *, rounds: int
) -> Mapping[tuple[str, str], Sequence[Measured]]:
    """Everything, by task and contender; the round before the first fills caches, and counts for nothing."""
    found: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    for turn in range(-1, rounds):
        for task in tasks if turn >= 0 else [Task(title="filling")]:
            first = turn % len(benches)
            for bench in [*benches[first:], *benches[:first]]:
                measured = bench.do(task)
                found[task.title, bench.contender.name].append(measured)
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return found


def table(
    results: Mapping[tuple[str, str], Sequence[Measured]],
    tasks: Sequence[Task],
    compared: str,
    *,
    pins: Path,
    rounds: int,
) -> Iterator[str]:
    """The table, with what it is a table of."""
    names = [one(Path()).name for one in CONTENDERS]
    today = datetime.now(UTC).date().isoformat()
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}"
    projects = len(pins.read_text(encoding="utf-8").splitlines())
    yield f"{today}, {system}; {compared}. {projects} projects. Medians of {rounds} interleaved rounds."
    yield ""
    yield "Each cell: seconds (CPU). Ratios are those of the rounds: the median (lowest to highest)."
    yield ""
    yield f"| | {' | '.join(names)} | {' | '.join(f'freewheel to {name}' for name in names[1:])} |"
    yield f"|---|{'---|' * (2 * len(names) - 1)}"
    for task in tasks:
        ours, *peers = (results[task.title, name] for name in names)
        cells = [cell(one) for one in (ours, *peers)]
        yield f"| {task.title} | {' | '.join([*cells, *(ratio(ours, peer) for peer in peers)])} |"


def cell(measured: Sequence[Measured]) -> str:
    """What one contender took."""
    seconds, cpu = (statistics.median(getattr(one, name) for one in measured) for name in ("seconds", "cpu"))
    return f"{seconds:.2f} ({cpu:.2f})"


def ratio(ours: Sequence[Measured], peer: Sequence[Measured]) -> str:
    """How many times as long as a peer we took."""
    found = sorted(one.seconds / other.seconds for one, other in zip(ours, peer, strict=True))
    return f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
