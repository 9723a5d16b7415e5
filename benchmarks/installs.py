"""What installing costs beside pip and uv: cold, warm, with stale pages; upgrades, sdists, and many projects.

    python -m benchmarks.installs [--rounds N] [--set NAME] [--task PART] [--contender NAME]
                                  [--folder FOLDER] [--output FILE] [--results FILE]

To be run in the checkout, by an interpreter that has what the tests need. The peers (`builds_peers.txt`) and this
checkout are installed into an environment of their own, in FOLDER or a temporary one. What the requirement sets need
is resolved and fetched once from the index that pip is configured for; indexes on loopback then offer it to all
alike, with the response fields of a public one and metadata files (PEP 658). The contenders take turns: in each round
each does each task once. Environments are made before the clock runs and removed after it. Writes a Markdown table,
and every measurement as JSON, of which `chart.py` draws a chart. Linux.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_name

from benchmarks import startup
from benchmarks.builds_contenders import CONTENDERS, Contender, variables
from benchmarks.http_cache import environment, versions
from benchmarks.measuring import PEERS, Command, Measured, cell, heading, in_turn, new_template, ratio, row, timed
from benchmarks.mirror import LIFETIME, Mirror, fetched, generated

NAMES = tuple(one(Path()).name for one in CONTENDERS)
EVERYBODY, NOBODY, OURS = frozenset(NAMES), frozenset[str](), frozenset({"freewheel", "pip"})
MARGIN = 60
"""Seconds that pages have to stay fresh when a warm task begins."""

STARTUP = "commands that only tell something"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Install a set into an environment that has nothing, or all, or all with one project a release older.

    `is_cold` begins with an empty cache. `stale` has every page asked about, which takes the server so many seconds
    of waiting. With `imports` the main projects are imported at the end, which compiles them where nobody did.
    `compiles` names who makes bytecode, `absent` who does not take part; `goal` is freewheel's, and `label` the
    task's name in the chart, where it is there.
    """

    title: str
    set: str = "data"
    begins_with: Literal["nothing", "everything", "older"] = "nothing"
    is_cold: bool = False
    stale: float | None = None
    imports: bool = False
    compiles: frozenset[str] = OURS
    absent: frozenset[str] = NOBODY
    goal: str = ""
    label: str = ""


TASKS: Sequence[Task] = (
    Task(
        title="cold, with bytecode",
        is_cold=True,
        compiles=EVERYBODY,
        goal="0.8 of uv, 0.5 of pip",
        label="cold, with bytecode",
    ),
    Task(title="cold, without", is_cold=True, compiles=NOBODY, goal="1.3 of uv", label="cold, without bytecode"),
    Task(title="warm, with bytecode", compiles=EVERYBODY),
    Task(
        title="warm, with bytecode; uv without",
        goal="0.8 of uv, 150 MB at most",
        label="warm",
    ),
    Task(title="warm, without", compiles=NOBODY),
    Task(title="warm, stale pages; uv without bytecode", stale=0.0),
    Task(
        title="warm, stale pages, 30 ms away; uv without bytecode",
        stale=0.03,
        goal="1.0 of uv",
        label="warm, index asked, 30 ms away",
    ),
    Task(
        title="warm, then the first import; uv without bytecode",
        imports=True,
        goal="0.5 of uv",
        label="warm, then the first import",
    ),
    Task(title="everything is there", begins_with="everything", goal="1.5 of uv", label="everything is there"),
    Task(title="upgrade of one project, with bytecode", begins_with="older", compiles=EVERYBODY),
    Task(title="upgrade of one project; uv without bytecode", begins_with="older", label="upgrade of one project"),
    Task(title="sdists, cold", set="sdists", is_cold=True, compiles=EVERYBODY, label="sdists, cold"),
    Task(title="sdists, warm; uv without bytecode", set="sdists", goal="0.5 of uv", label="sdists, warm"),
    Task(title="10 generated projects, warm; uv without bytecode", set="generated-10"),
    Task(title="100 generated projects, warm; uv without bytecode", set="generated-100", goal="150 MB at most"),
    Task(
        title="1,000 generated projects, warm; uv without bytecode",
        set="generated-1000",
        goal="memory as with 100",
    ),
)

Results = Mapping[tuple[str, str], Sequence[Measured]]
"""By the title of a task and the name of a contender."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """A contender, and the folder with all that is its own."""

    contender: Contender
    folder: Path
    template: Path
    filled: dict[Path, tuple[float, float]] = field(default_factory=dict)
    """Caches, and from when to when their pages were stored or validated, in seconds of the monotonic clock."""
    count: int = 0

    def make_ready(self, task: Task, mirror: Mirror) -> None:
        """See to it that the cache has everything, and pages that stay fresh, or are stale, as the task wants."""
        cache, start = self._cache(task), time.monotonic()
        if cache in self.filled:
            first, last = self.filled[cache]
            if task.stale is not None or start - first < LIFETIME - MARGIN:
                return
            time.sleep(max(0.0, last + LIFETIME + 1 - start))
            start = time.monotonic()
        mirror.answer(stale=None if task.stale is None else 0.0)
        place = self._new_place()
        self._install(place, mirror, mirror.pins, cache)
        shutil.rmtree(place)
        self.filled[cache] = start, time.monotonic()

    def do(self, task: Task, mirror: Mirror) -> Measured:
        """Carry out a task; what it leaves is gone afterwards, but for the cache."""
        if not task.is_cold:
            self.make_ready(task, mirror)
        place = self._new_place()
        cache = place / "cache" if task.is_cold else self._cache(task)
        compiles = self.contender.name in task.compiles
        try:
            mirror.answer(stale=task.stale)
            if task.begins_with == "everything":
                self._install(place, mirror, mirror.pins, cache, compiles=compiles)
            elif task.begins_with == "older":
                self._install(place, mirror, mirror.older_pins, cache, compiles=compiles)
            mirror.index.clear()
            measured = self._install(place, mirror, mirror.pins, cache, compiles=compiles)
            self._check_pages(task, mirror)
            if task.imports:
                code = "".join(f"import {name}\n" for name in mirror.imports)
                measured = measured.then(self._timed((place / "bin" / "python", "-c", code), mirror, cache))
            return measured
        finally:
            shutil.rmtree(place)

    def _cache(self, task: Task) -> Path:
        return self.folder / f"cache-{task.set}{'' if task.stale is None else '-stale'}"

    def _new_place(self) -> Path:
        self.count += 1
        place = self.folder / str(self.count)
        shutil.copytree(self.template, place, symlinks=True)
        return place

    def _install(self, place: Path, mirror: Mirror, pins: Path, cache: Path, *, compiles: bool = True) -> Measured:
        """Install pins, and count what is there then."""
        command = self.contender.install(place, "--requirement", pins.absolute(), compiles=compiles)
        measured = self._timed(command, mirror, cache)
        found, expected = installed(place), sorted({*installed(self.template), *mirror.projects})
        if found != expected:
            raise RuntimeError(f"{self.contender.name} left {len(found)} projects, not {len(expected)}")
        return measured

    def _check_pages(self, task: Task, mirror: Mirror) -> None:
        """Whether pages were asked for if the task says so; pip does it always."""
        asked = any(one.path.startswith("/simple/") for one in mirror.index.log)
        is_expected = task.is_cold or task.stale is not None or self.contender.name == "pip"
        if asked and not is_expected:
            raise RuntimeError(f"{self.contender.name} asked for pages: {task.title}")
        if task.stale is not None and not any(one.status == 304 for one in mirror.index.log):
            raise RuntimeError(f"{self.contender.name} asked for no stale page: {task.title}")

    def _timed(self, command: Command, mirror: Mirror, cache: Path) -> Measured:
        given = variables(self.contender, self.folder / "home", cache, mirror.index.index_url)
        return timed(command, variables=given, folder=self.folder)


def installed(place: Path) -> Sequence[str]:
    """The normalized names of an environment's projects, in order; one twice where two releases are there."""
    found = place.glob("lib/python*/site-packages/*.dist-info")
    return sorted(canonicalize_name(path.name.partition("-")[0]) for path in found)


def main(words: Sequence[str]) -> int:
    """Measure, and write the table and the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="at least 1")
    parser.add_argument("--set", default="data", help="take this set for data: a path below requirement_sets, no .in")
    parser.add_argument("--task", action="append", help="only tasks whose title has this in it")
    parser.add_argument("--contender", action="append", choices=NAMES, help="only this one")
    parser.add_argument("--folder", type=Path, help="keep the environment and the archives here")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    parser.add_argument("--results", type=Path, help="write every measurement here, as JSON")
    options = parser.parse_args(words)
    tasks = [task for task in TASKS if is_chosen(task.title, options.task)]
    with ExitStack() as stack:
        if options.folder is not None:
            options.folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="installs-", dir=options.folder))
        ).absolute()
        folder = temporary if options.folder is None else options.folder.absolute()
        python = environment(folder / "environment", PEERS, "chart_requirements.txt")
        mirrors = {
            name: mirrored(name, python, folder, data=options.set)
            for name in dict.fromkeys(task.set for task in tasks)
        }
        for mirror in mirrors.values():
            stack.enter_context(mirror.index)
        compared = versions(python, ("pip", "uv"))
        started = startup.measured(python, rounds=16) if is_chosen(STARTUP, options.task) else {}
        benches = prepared(python.parent, temporary, names=options.contender or NAMES)
        for results in measure(benches, tasks, mirrors, rounds=options.rounds):
            if options.results is not None:
                everything = as_data(results, tasks, started, compared, mirrors=mirrors)
                options.results.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(table(results, tasks, started, compared, mirrors=mirrors, rounds=options.rounds))
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return 0


def is_chosen(title: str, parts: Sequence[str] | None) -> bool:
    """Whether the command line asks for this."""
    return not parts or any(part in title for part in parts)


def mirrored(name: str, python: Path, folder: Path, *, data: str) -> Mirror:
    """A task's set, with its archives; `data` is the set that counts as the one of this name."""
    kind, _, count = name.partition("-")
    if kind == "generated":
        return generated(int(count), folder)
    return fetched(python, data if name == "data" else name, folder)


def prepared(scripts: Path, folder: Path, *, names: Sequence[str]) -> Sequence[Bench]:
    """The contenders of these names, each in a folder of its own."""
    template = new_template(folder / "template")
    contenders: Sequence[Contender] = [one(scripts) for one in CONTENDERS]
    benches = [
        Bench(contender=one, folder=folder / one.name, template=template) for one in contenders if one.name in names
    ]
    for bench in benches:
        bench.folder.mkdir()
    return benches


def measure(
    benches: Sequence[Bench], tasks: Sequence[Task], mirrors: Mapping[str, Mirror], *, rounds: int
) -> Iterator[Results]:
    """What there is after each round; the turn before the first fills caches, and counts for nothing."""
    found: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    for turn in range(-1, rounds):
        for task in tasks:
            for bench in in_turn(benches, turn):
                name, mirror = bench.contender.name, mirrors[task.set]
                if name in task.absent:
                    continue
                if turn >= 0:
                    found[task.title, name].append(bench.do(task, mirror))
                    print(f"{task.title}: {name} {cell(found[task.title, name][-1:])}", file=sys.stderr)
                elif not task.is_cold:
                    bench.make_ready(task, mirror)
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
        yield found


def table(
    results: Results,
    tasks: Sequence[Task],
    started: Mapping[str, Sequence[float]],
    compared: str,
    *,
    mirrors: Mapping[str, Mirror],
    rounds: int,
) -> Iterator[str]:
    """The table, with what it is a table of, and a line about commands that only tell something."""
    fetched_sets = [name for name in mirrors if not name.startswith("generated-")]
    projects = "".join(f"; {len(mirrors[name].projects)} projects in the set {name}" for name in fetched_sets)
    columns = [*NAMES, *(f"freewheel to {name}" for name in NAMES[1:]), "goal"]
    yield from heading(f"{compared}{projects}", columns, rounds=rounds)
    for task in tasks:
        ours, *peers = (results.get((task.title, name), ()) for name in NAMES)
        cells = [cell(one) for one in (ours, *peers)]
        yield row(task.title, [*cells, *(ratio(ours, peer) for peer in peers), task.goal])
    if started:
        yield ""
        yield f"{STARTUP.capitalize()}, as ratios to `{startup.NOTHING}`: {startup.told(started)}."


def as_data(
    results: Results,
    tasks: Sequence[Task],
    started: Mapping[str, Sequence[float]],
    compared: str,
    *,
    mirrors: Mapping[str, Mirror],
) -> Mapping[str, object]:
    """Every measurement, as JSON has it."""
    rows = [
        {
            "title": task.title,
            "label": task.label,
            "set": task.set,
            "projects": len(mirrors[task.set].projects),
            "measured": {name: [asdict(one) for one in results.get((task.title, name), ())] for name in NAMES},
        }
        for task in tasks
    ]
    return {"compared": compared, "tasks": rows, "startup": started}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
