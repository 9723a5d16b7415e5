"""What the links of an installation cost alone: no plan, no log, no check, nothing but the system's calls in a loop.

    python -m benchmarks.bare_links CACHE TARGET [--rounds N]

CACHE is a cache folder of freewheel's with unpacked wheels, TARGET a new folder on the same file system, which is
removed in the end. Every file of every tree is linked there, with its bytecode: by one thread, by several, and by two
processes, in turn. Prints medians of seconds, and the ratios to one thread. Linux.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

Tree = Sequence[tuple[str, str, Sequence[str]]]
"""Folders of an unpacked wheel: where each lies, where it goes, and the names of its files."""


def main(words: Sequence[str]) -> int:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("cache", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(words)
    trees = [found for path in options.cache.glob("trees-v1/*/*") if (found := folders(path, options.target))]
    ways: Mapping[str, Callable[[], None]] = {
        "one thread": lambda: link(trees),
        "two threads": lambda: by_threads(trees, 2),
        "four threads": lambda: by_threads(trees, 4),
        "two processes": lambda: by_processes(trees),
    }
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for name, way in ways.items():
            options.target.mkdir(parents=True)
            os.sync()
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
            shutil.rmtree(options.target)
    files = sum(len(names) for tree in trees for _, _, names in tree)
    print(f"{files} files of {len(trees)} wheels")
    for name, taken in seconds.items():
        ratios = [one / least for one, least in zip(taken, seconds["one thread"], strict=True)]
        print(f"{name}: {statistics.median(taken):.2f} s, {statistics.median(ratios):.2f}")
    return 0


def folders(tree: Path, target: Path) -> Tree:
    """The folders of a tree and of its bytecode that go into site-packages, each after the one that it lies in."""
    places = [*tree.glob("files/p*lib"), *tree.glob("bytecode/*/files/p*lib")]
    return [
        (folder, f"{target}{folder[len(str(place)) :]}", names)
        for place in places
        for folder, _, names in os.walk(place)
    ]


def link(trees: Iterable[Tree]) -> None:
    """Make the folders and the links; what two wheels have is the first one's."""
    for tree in trees:
        for source, target, names in tree:
            os.makedirs(target, exist_ok=True)  # noqa: PTH103 - a string, as it is for thousands
            for name in names:
                try:
                    os.link(f"{source}/{name}", f"{target}/{name}")
                except FileExistsError:
                    continue


def by_threads(trees: Sequence[Tree], count: int) -> None:
    """The same by several threads, a wheel at a time."""
    threads = [threading.Thread(target=link, args=(trees[number::count],)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def by_processes(trees: Sequence[Tree]) -> None:
    """The same by this process and one that is forked."""
    child = os.fork()
    link(trees[bool(child) :: 2])
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
