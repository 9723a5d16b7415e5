"""How fast the HTTP cache is, side by side in one run with its peers, and with plain files as the floor.

    python benchmarks/http_cache.py [--small] [--rounds N] [--folder FOLDER] [--output FILE]

The peers (`http_cache_peers.txt`) and this checkout are installed into an environment of their own, in FOLDER or a
temporary one. Each contender has a process and a cache of its own, and they take turns: in each round each does each
task once; what is told are the medians. The origin is a process on loopback. Writes a Markdown table. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
FLOOR, OURS = "open().read()", ("freewheel", "freewheel on httpx")
CONTENDERS = (FLOOR, *OURS, "CacheControl", "hishel", "requests-cache")
PEERS = CONTENDERS[3:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`count` URLs of bodies with `size` bytes in a round: the same one again and again, or each a new one."""

    title: str
    path: str
    size: int
    count: int
    is_new: bool = False
    do: str = "read"
    has_floor: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one task took, for each URL: seconds, seconds of CPU; and bytes of memory at most beyond those before."""

    seconds: float
    cpu: float
    memory: int


def tasks(*, small: bool) -> Sequence[Task]:
    """What is measured; `small` is for a look at it."""
    large, cold = (20_000_000, 10_000_000) if small else (200_000_000, 100_000_000)
    few = 5 if small else 1
    return (
        Task(title="fresh hit, 1 kB", path="fresh", size=1000, count=2000 // few),
        Task(title="fresh hit, 1 MB", path="fresh", size=1_000_000, count=100 // few),
        Task(title=f"fresh hit, {large // 1_000_000} MB to a file", path="fresh", size=large, count=1, do="save"),
        Task(title="validation (304), 1 kB", path="check", size=1000, count=300 // few, has_floor=False),
        Task(title="cold store, 1 kB", path="fresh", size=1000, count=300 // few, is_new=True, has_floor=False),
        Task(
            title=f"cold store, {cold // 1_000_000} MB",
            path="fresh",
            size=cold,
            count=1,
            is_new=True,
            do="save",
            has_floor=False,
        ),
    )


def main(words: Sequence[str]) -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--small", action="store_true", help="smaller bodies and fewer of them, for a first look")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the environment here")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="http-cache-") as temporary:
        python = environment((options.folder or Path(temporary)) / "environment", "http_cache_peers.txt")
        chosen = tasks(small=options.small)
        results = measure(python, Path(temporary), chosen, rounds=options.rounds)
        text = "\n".join(table(chosen, results, versions(python), rounds=options.rounds)) + "\n"
    print(text)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    return 0


def environment(folder: Path, *peers: str) -> Path:
    """The interpreter of an environment with this checkout and its peers, which files beside this one name."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = [f"--requirement={HERE / name}" for name in peers]
    command: Sequence[str | Path] = [python, "-m", "pip", "install", "--quiet", *wanted, HERE.parent]
    subprocess.run(command, check=True)
    return python


def versions(
    python: Path, names: Sequence[str] = ("CacheControl", "hishel", "requests-cache", "httpx", "requests")
) -> str:
    """What was compared."""
    code = (
        "from importlib.metadata import version as v\n"
        f"print(', '.join(f'{{name}} {{v(name)}}' for name in {tuple(names)!r}))"
    )
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def measure(
    python: Path, folder: Path, chosen: Sequence[Task], *, rounds: int
) -> Mapping[tuple[str, str], Sequence[Measured]]:
    """Everything, by task and contender."""
    found: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    with ExitStack() as stack:
        origin = stack.enter_context(running([python, HERE / "http_cache_origin.py"]))
        url = f"http://127.0.0.1:{int(heard(origin))}"
        processes = {}
        for number, name in enumerate(CONTENDERS):
            cache = folder / str(number)
            cache.mkdir()
            command: Sequence[str | Path] = [python, HERE / "http_cache_contenders.py", name, cache]
            processes[name] = stack.enter_context(running(command))
        for turn in range(-1, rounds):
            for task in chosen:
                for name in [name for name in CONTENDERS if task.has_floor or name != FLOOR]:
                    measured = order(processes[name], task, url, folder, turn)
                    if turn >= 0:
                        found[task.title, name].append(measured)
            print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return found


@contextmanager
def running(command: Sequence[str | Path]) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended afterwards."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], told: str | None = None) -> str:
    """The next line that a process prints, after it was told one; EOFError when it ended instead."""
    if told is not None and process.stdin is not None:
        process.stdin.write(told + "\n")
        process.stdin.flush()
    line = "" if process.stdout is None else process.stdout.readline()
    if not line:
        raise EOFError(process.args)
    return line


def order(process: subprocess.Popen[str], task: Task, url: str, folder: Path, turn: int) -> Measured:
    """Have a task done; the turn before the first one fills the caches, and does little.

    What earlier tasks left to be written to the disk is written first: 100 MB of it would slow whoever comes next.
    """
    count = task.count if turn >= 0 else 1
    names = [f"{task.path}-{task.size}-{f'{turn}-{number}' if task.is_new else 'x'}" for number in range(count)]
    urls = [f"{url}/{task.path}/{task.size}/{name}" for name in names]
    os.sync()
    answer = json.loads(heard(process, json.dumps({"do": task.do, "urls": urls, "path": str(folder / "saved")})))
    return Measured(seconds=answer["seconds"] / count, cpu=answer["cpu"] / count, memory=answer["memory"])


def table(
    chosen: Sequence[Task], results: Mapping[tuple[str, str], Sequence[Measured]], compared: str, *, rounds: int
) -> Iterator[str]:
    """The table, with what it is a table of."""
    today = datetime.now(UTC).date().isoformat()
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}"
    yield f"{today}, {system}; {compared}. Medians of {rounds} interleaved rounds, one thread each."
    yield ""
    yield "Each cell: operations a second (CPU for one; memory beyond the idle process at most)."
    yield ""
    yield f"| | {' | '.join(CONTENDERS)} | freewheel to the fastest peer |"
    yield f"|---|{'---|' * (len(CONTENDERS) + 1)}"
    for task in chosen:
        medians = {name: median(results[task.title, name]) for name in CONTENDERS if (task.title, name) in results}
        fastest = min(medians[peer].seconds for peer in PEERS)
        cells = [cell(medians[name]) if name in medians else "-" for name in CONTENDERS]
        yield f"| {task.title} | {' | '.join(cells)} | {fastest / medians[OURS[0]].seconds:.1f} |"


def median(measured: Sequence[Measured]) -> Measured:
    """The median of each figure."""
    return Measured(
        seconds=statistics.median(one.seconds for one in measured),
        cpu=statistics.median(one.cpu for one in measured),
        memory=int(statistics.median(one.memory for one in measured)),
    )


def cell(measured: Measured) -> str:
    """The figures of a contender."""
    rate = 1 / measured.seconds
    shown = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2f}"
    cpu = f"{measured.cpu * 1e6:,.0f} us" if measured.cpu < 0.01 else f"{measured.cpu:.2f} s"
    return f"{shown} ({cpu}; {measured.memory / 1e6:.1f} MB)"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
