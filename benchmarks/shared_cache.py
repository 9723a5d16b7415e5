"""What a shared cache saves many runners, and what one costs that does not answer.

    python -m benchmarks.shared_cache [--runners N,N,...] [--projects N] [--rounds N] [--latency SECONDS]
                                      [--output FILE] [--folder FOLDER]

To be run in the checkout, by an interpreter that has what the tests need. A runner is a process of freewheel's with
an empty cache and a target folder of its own. All install the same projects, of which an index on loopback has
nothing but sdists, each with a backend in its tree that needs no other project and next to no time. The shared cache
is a process as well, `shared_cache_store.py`, which speaks S3 and answers each request late. In each round one runner
builds everything for itself, one builds it and gives it to an empty prefix of the bucket, and so many at once take it
from there; then one builds a few projects while the bucket is away. Writes two Markdown tables. Linux.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.http_cache import heard, running
from benchmarks.measuring import HERE, Command, Measured, in_turn, measured, measured_where, median, row, timed
from benchmarks.mirror import FILES, MODULE, PAGES
from tests.support.object_stores import ACCESS
from tests.support.process import clean_variables
from tests.support.server import IndexServer
from tests.support.sources import make_sdist

LATENCY = 0.02
"""Seconds that each answer of the store is late: as far as a bucket in the same region."""

FEW = 8
"""Projects that are built while the bucket is away: enough for several calls to fail."""

ALONE = "builds, no shared cache"
GIVES = "builds and gives"
NO_CACHE = "no shared cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What runners took that began at once: each of them, all of them in seconds, and what the store counted.

    `serving` is seconds of CPU that the index and the store had.
    """

    each: Sequence[Measured]
    seconds: float
    serving: float
    requests: Mapping[str, int]
    received: int
    sent: int
    peak: int

    @property
    def slowest(self) -> float:
        """Seconds of the slowest."""
        return max(one.seconds for one in self.each)

    @property
    def busy(self) -> float:
        """How many cores were busy, with what serves: where all that there are, CPU decides and not latency."""
        return (sum(one.cpu for one in self.each) + self.serving) / self.seconds

    def asked(self, *kinds: str) -> float:
        """How often a runner asked, by method and status."""
        return sum(self.requests.get(kind, 0) for kind in kinds) / len(self.each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The index and the store, and a folder for what runners leave."""

    folder: Path
    index: IndexServer
    store: str
    projects: Sequence[str]

    def shared(self, prefix: str, endpoint: str = "") -> Mapping[str, str]:
        """The variables of runners that share a part of the bucket."""
        return {
            **ACCESS,
            "FREEWHEEL_SHARED_CACHE": f"s3://wheels/{prefix}",
            "FREEWHEEL_SHARED_CACHE_ENDPOINT": endpoint or self.store,
            "FREEWHEEL_SHARED_CACHE_MODE": "read-write",
        }

    def together(self, count: int, variables: Mapping[str, str], *, builds: bool) -> Together:
        """Have so many runners install everything at once; ValueError where one built although it should not."""
        before = self._counted()["cpu"] + time.process_time()
        self.index.clear()
        start_line = threading.Barrier(count + 1)
        with ThreadPoolExecutor(max_workers=count) as pool:
            runner = partial(self._runner, variables, self.projects, start_line)
            running = [pool.submit(runner, self.folder / f"runner-{number}") for number in range(count)]
            start_line.wait()
            start = time.perf_counter()
            each = [one.result() for one in running]
            seconds = time.perf_counter() - start
        counts = self._counted()
        serving = counts["cpu"] + time.process_time() - before
        fetched = sum(".tar.gz" in path for path in self.index.paths())
        if bool(fetched) is not builds:
            raise ValueError(f"{fetched} sdists were fetched")
        for number in range(count):
            shutil.rmtree(self.folder / f"runner-{number}")
        return Together(
            each=each,
            seconds=seconds,
            serving=serving,
            requests=counts["requests"],
            received=counts["received"],
            sent=counts["sent"],
            peak=counts["peak"],
        )

    def few(self, variables: Mapping[str, str]) -> Measured:
        """Have one runner build a few projects."""
        place = self.folder / "few"
        try:
            return self._runner(variables, self.projects[:FEW], None, place)
        finally:
            shutil.rmtree(place)

    def _runner(
        self, variables: Mapping[str, str], projects: Sequence[str], start_line: threading.Barrier | None, place: Path
    ) -> Measured:
        target = place / "target"
        given = clean_variables(place / "home") | {"PIP_INDEX_URL": self.index.index_url} | dict(variables)
        command: Command = [sys.executable, "-m", "freewheel", "install", "-qq", "--target", target, *projects]
        if start_line is None:
            found = timed(command, variables=given, folder=place)
        else:
            start_line.wait()
            found = measured(command, variables=given, folder=place)
        there = len(list(target.glob("*.dist-info")))
        if there != len(projects):
            raise ValueError(f"{there} projects were installed")
        return found

    def _counted(self) -> dict[str, Any]:
        """What the store counted since it last told."""
        with urllib.request.urlopen(f"{self.store}/") as answer:  # noqa: S310  # loopback
            return dict(json.load(answer))


def main(words: Sequence[str]) -> int:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runners", default="1,4,16,64", help="how many at once, separated by commas")
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=LATENCY, help="seconds that the store's answers are late")
    parser.add_argument("--folder", type=Path, help="make the archives and the runners' folders here")
    parser.add_argument("--output", type=Path, help="write the tables here as well")
    options = parser.parse_args(words)
    counts = [int(number) for number in options.runners.split(",")]
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shared-", dir=options.folder) as temporary, ExitStack() as stack:
        folder = Path(temporary).resolve()
        index = stack.enter_context(IndexServer())
        store = stack.enter_context(running([sys.executable, HERE / "shared_cache_store.py", str(options.latency)]))
        bench = Bench(
            folder=folder,
            index=index,
            store=f"http://127.0.0.1:{int(heard(store))}",
            projects=offer(index, folder / "archives", options.projects),
        )
        where = f"{measured_where()}; {options.projects} projects, {options.latency * 1000:.0f} ms for each request"
        lines = [f"{where}. {options.rounds} rounds.", ""]
        lines += taking(measure(bench, counts, rounds=options.rounds), counts)
        lines += ["", *away(measure_away(bench, rounds=options.rounds), len(bench.projects[:FEW]))]
    text = "\n".join(lines)
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return 0


def offer(index: IndexServer, folder: Path, count: int) -> Sequence[str]:
    """Have the index offer so many sdists, each of which requires the one before it; the projects' pins."""
    pins = []
    for number in range(count):
        name, package = f"shared-{number:03}", f"shared_{number:03}"
        files = {f"{package}/__init__.py": MODULE.format(number=number, name=name)}
        needs = [f"shared-{number - 1:03}>=1"] if number else []
        index.add(make_sdist(folder, name, requires=needs, files=files))
        pins.append(f"{name}==1.0")
    index.answer("/simple/*", headers=PAGES)
    index.answer("/files/*", headers=FILES)
    return pins


def measure(bench: Bench, counts: Sequence[int], *, rounds: int) -> Mapping[str | int, Sequence[Together]]:
    """What building takes, and what runners take that need not."""
    found: defaultdict[str | int, list[Together]] = defaultdict(list)
    for turn in range(rounds):
        variables = bench.shared(f"round-{turn}")
        found[ALONE].append(bench.together(1, {}, builds=True))
        found[GIVES].append(bench.together(1, variables, builds=True))
        for count in in_turn(counts, turn):
            found[count].append(bench.together(count, variables, builds=False))
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return found


def measure_away(bench: Bench, *, rounds: int) -> Mapping[str, Sequence[Measured]]:
    """What building a few projects takes where the bucket is away; rounds are short here, and there are thrice."""
    found: defaultdict[str, list[Measured]] = defaultdict(list)
    with bound(listens=False) as refusing, bound(listens=True) as silent:
        ways: Mapping[str, Mapping[str, str]] = {
            NO_CACHE: {},
            "connections are refused": bench.shared("away", refusing),
            "connections are made, nothing answers": bench.shared("away", silent),
        }
        for turn in range(3 * rounds):
            for way in in_turn(list(ways), turn):
                found[way].append(bench.few(ways[way]))
    return {way: found[way] for way in ways}


@contextmanager
def bound(*, listens: bool) -> Iterator[str]:
    """An address at which nobody answers: one that refuses, or one that `listens` and never says anything."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if listens:
            taken.listen(128)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


# Tables


def taking(results: Mapping[str | int, Sequence[Together]], counts: Sequence[int]) -> Iterator[str]:
    """The table of what runners take, and how it grows."""
    yield (
        "Each runner: medians of all runners and rounds; CPU is that of all its processes, cores are busy with"
        " the index and the store too. Requests and bytes are a runner's; at once: the most that the store had to"
        " answer at one time."
    )
    yield ""
    yield row(
        "runners",
        [
            "each, s",
            "slowest, s",
            "all, s",
            "each to building",
            "CPU of each, s",
            "cores busy",
            "GET found",
            "GET not found",
            "HEAD",
            "PUT",
            "kB from the store",
            "kB to the store",
            "at once",
        ],
    )
    yield f"|---|{'---|' * 13}"
    alone = _each(results[ALONE]).seconds
    order: Sequence[str | int] = (ALONE, GIVES, *counts)
    for which in order:
        yield row(f"1, {which}" if isinstance(which, str) else f"{which}", _cells(results[which], alone))
    if len(counts) > 1:
        first, last = results[counts[0]], results[counts[-1]]
        yield ""
        yield (
            f"{counts[-1]} runners beside {counts[0]}: requests of each x {_growth(first, last, _requests):.2f},"
            f" bytes of each x {_growth(first, last, _bytes):.2f},"
            f" CPU of each x {_each(last).cpu / _each(first).cpu:.2f},"
            f" seconds of each x {_each(last).seconds / _each(first).seconds:.1f},"
            f" of all x {_growth(first, last, lambda one: one.seconds):.1f}."
        )


def _cells(taken: Sequence[Together], alone: float) -> Sequence[str]:
    one = _each(taken)

    def asked(*kinds: str) -> str:
        return f"{statistics.median(each.asked(*kinds) for each in taken):.0f}"

    return [
        f"{one.seconds:.2f}",
        f"{statistics.median(each.slowest for each in taken):.2f}",
        f"{statistics.median(each.seconds for each in taken):.2f}",
        f"{one.seconds / alone:.3f}",
        f"{one.cpu:.2f}",
        f"{statistics.median(each.busy for each in taken):.1f}",
        asked("GET 200"),
        asked("GET 404"),
        asked("HEAD 200", "HEAD 404"),
        asked("PUT 200", "PUT 412"),
        f"{statistics.median(each.sent / len(each.each) for each in taken) / 1000:.0f}",
        f"{statistics.median(each.received / len(each.each) for each in taken) / 1000:.0f}",
        f"{max(each.peak for each in taken)}",
    ]


def _each(taken: Sequence[Together]) -> Measured:
    return median([one for together in taken for one in together.each])


def _requests(one: Together) -> float:
    return one.asked(*one.requests)


def _bytes(one: Together) -> float:
    return (one.sent + one.received) / len(one.each)


def _growth(first: Sequence[Together], last: Sequence[Together], figure: Callable[[Together], float]) -> float:
    """How many times as much the last ones have as the first ones, by their medians."""
    return statistics.median(map(figure, last)) / statistics.median(map(figure, first))


def away(results: Mapping[str, Sequence[Measured]], count: int) -> Iterator[str]:
    """The table of what a shared cache costs that is not there."""
    yield f"One runner that builds {count} projects; the difference to no shared cache is that of the rounds."
    yield ""
    yield row("the bucket", ["seconds", "CPU, s", "beyond no shared cache, s: median (least to most)"])
    yield "|---|---|---|---|"
    for way, taken in results.items():
        beyond = sorted(one.seconds - other.seconds for one, other in zip(taken, results[NO_CACHE], strict=True))
        told = f"{statistics.median(beyond):.2f} ({beyond[0]:.2f} to {beyond[-1]:.2f})"
        one = median(taken)
        yield row(way, [f"{one.seconds:.2f}", f"{one.cpu:.2f}", "" if way == NO_CACHE else told])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
