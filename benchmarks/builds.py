"""What builds cost beside pip and uv: an isolated environment that is warm, and installing an sdist cold and warm.

    python -m benchmarks.builds [--rounds N] [--folder FOLDER] [--output FILE]

To be run in the checkout, by an interpreter that has what the tests need. The peers (`builds_peers.txt`) and this
checkout are installed into an environment of their own, in FOLDER or a temporary one. Build backends and sdists are
fetched once from the index that pip is configured for; an index on loopback then offers them to all alike. The
contenders take turns: in each round each does each task once. Writes a Markdown table. Linux.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.builds_contenders import CONTENDERS, Contender, variables
from benchmarks.http_cache import environment, versions
from benchmarks.measuring import PEERS, Command, Measured, cell, heading, in_turn, new_template, ratio, row, timed
from benchmarks.mirror import FILES, PAGES
from tests.support.archives import make_project_dir, make_sdist
from tests.support.projects import Backend
from tests.support.server import IndexServer

BACKENDS = ("setuptools", "hatchling", "flit-core")
SDISTS = ("markupsafe==3.0.3", "docopt==0.6.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Make the wheel of a source folder, with a cache that has all that this needs.

    The in-tree backend does next to nothing itself, whatever it asks for.
    """

    title: str
    backend: Backend = "in-tree"
    requires: Sequence[str] | None = None
    beyond: str = ""
    """The title of a task that does the same without what this one asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """Install an sdist into a new environment, with an empty cache or with one that has the built wheel."""

    title: str
    requirement: str
    is_cold: bool


Task = Build | Install

NOTHING = "build that asks for nothing"
TRIES = 3
"""How often a build is done in a round; the shortest counts, as others use the machine too."""

TASKS: Sequence[Task] = (
    Build(title=NOTHING, requires=()),
    Build(title="build that asks for setuptools", requires=("setuptools",), beyond=NOTHING),
    Build(title="build that asks for hatchling", requires=("hatchling",), beyond=NOTHING),
    Build(title="build by setuptools", backend="setuptools"),
    Build(title="build by hatchling", backend="hatchling"),
    *(
        Install(title=f"{what}, {'cold' if is_cold else 'warm'}", requirement=requirement, is_cold=is_cold)
        for what, requirement in (
            ("pure sdist (hatchling)", "tiny"),
            ("old sdist (setup.py)", "docopt==0.6.2"),
            ("sdist with an extension in C", "markupsafe==3.0.3"),
        )
        for is_cold in (True, False)
    ),
)


@dataclass(slots=True)
class Bench:
    """A contender, and the folder with all that is its own."""

    contender: Contender
    folder: Path
    index_url: str
    template: Path
    count: int = 0

    def do(self, task: Task) -> Measured:
        """Carry out a task; what it leaves is gone afterwards, but for the cache."""
        tries = TRIES if isinstance(task, Build) else 1
        return min((self._once(task) for _ in range(tries)), key=lambda measured: measured.seconds)

    def _once(self, task: Task) -> Measured:
        self.count += 1
        place = self.folder / str(self.count)
        try:
            return self._build(task, place) if isinstance(task, Build) else self._install(task, place)
        finally:
            shutil.rmtree(place)

    def _build(self, task: Build, place: Path) -> Measured:
        source = make_project_dir(place / "source", "tiny", backend=task.backend, build_requires=task.requires)
        measured = self._timed(self.contender.build(source, place / "output"), self.folder / "cache")
        _check(place / "output", "tiny-*.whl")
        return measured

    def _install(self, task: Install, place: Path) -> Measured:
        shutil.copytree(self.template, place, symlinks=True)
        cache = place / "cache" if task.is_cold else self.folder / "cache"
        measured = self._timed(self.contender.install(place, task.requirement), cache)
        _check(place, f"lib/python*/site-packages/{task.requirement.partition('=')[0]}-*.dist-info")
        return measured

    def _timed(self, command: Command, cache: Path) -> Measured:
        given = variables(self.contender, self.folder / "home", cache, self.index_url)
        return timed(command, variables=given, folder=self.folder)


def _check(folder: Path, pattern: str) -> None:
    if not list(folder.glob(pattern)):
        raise FileNotFoundError(pattern)


def main(words: Sequence[str]) -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="keep the environment and the archives here")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="builds-") as temporary, IndexServer() as index:
        folder = options.folder or Path(temporary)
        python = environment(folder / "environment", PEERS)
        offer(index, archives(python, folder / "archives"))
        results = measure(index.index_url, python.parent, Path(temporary), rounds=options.rounds)
        text = "\n".join(table(results, versions(python, ("pip", "uv")), rounds=options.rounds)) + "\n"
    print(text)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    return 0


def archives(python: Path, folder: Path) -> Path:
    """A folder with the wheels that builds need and the sdists that are installed; fetched where they are missing."""
    if not folder.exists():
        pip: Command = [python, "-m", "pip", "download", "--quiet", "--dest", folder]
        subprocess.run([*pip, *BACKENDS], check=True)
        subprocess.run([*pip, "--no-deps", "--no-binary", ":all:", *SDISTS], check=True)
        make_sdist(folder, "tiny", backend="hatchling", static_metadata=True)
    return folder


def offer(index: IndexServer, folder: Path) -> None:
    """Have the index offer a folder, as the public one would."""
    index.add_folder(folder)
    index.answer("/simple/*", headers=PAGES)
    index.answer("/files/*", headers=FILES)


def measure(
    index_url: str, scripts: Path, folder: Path, *, rounds: int
) -> Mapping[tuple[str, str], Sequence[Measured]]:
    """Everything, by task and contender; the round before the first fills caches, and counts for nothing."""
    found: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    template = new_template(folder / "template")
    contenders: Sequence[Contender] = [one(scripts) for one in CONTENDERS]
    benches = [Bench(one, folder / one.name, index_url, template) for one in contenders]
    for bench in benches:
        bench.folder.mkdir()
    for turn in range(-1, rounds):
        for task in TASKS:
            for bench in in_turn(benches, turn):
                measured = bench.do(task)
                if turn >= 0:
                    found[task.title, bench.contender.name].append(measured)
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return found


def table(results: Mapping[tuple[str, str], Sequence[Measured]], compared: str, *, rounds: int) -> Iterator[str]:
    """The table, with what it is a table of."""
    names = [one(Path()).name for one in CONTENDERS]
    yield from heading(compared, [*names, *(f"{name} to freewheel" for name in names[1:])], rounds=rounds)
    for task in TASKS:
        ours, *peers = (results[task.title, name] for name in names)
        yield row(task.title, [*map(cell, (ours, *peers)), *(ratio(peer, ours) for peer in peers)])
        if isinstance(task, Build) and task.beyond:
            what = f"... of which for {(task.requires or ('nothing',))[0]} itself"
            cells = [beyond(results[task.title, name], results[task.beyond, name]) for name in names]
            yield row(what, [*cells, *("" for _ in peers)])


def beyond(more: Sequence[Measured], less: Sequence[Measured]) -> str:
    """What one task took beyond another, each at its best: differences of medians are mostly noise."""
    seconds = min(one.seconds for one in more) - min(one.seconds for one in less)
    cpu = min(one.cpu for one in more) - min(one.cpu for one in less)
    return f"{seconds * 1000:.0f} ms ({cpu * 1000:.0f} ms)"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
