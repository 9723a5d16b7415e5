"""How long commands take that only tell something, as ratios to a Python that does nothing.

    python -m benchmarks.startup [--rounds N]

To be run by an interpreter whose environment has freewheel and pip. The commands take turns; what is told are the
medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

NOTHING = "python -c pass"
COMMANDS: Mapping[str, Sequence[str]] = {
    NOTHING: ("-c", "pass"),
    "freewheel --version": ("-m", "freewheel", "--version"),
    "freewheel cache dir": ("-m", "freewheel", "cache", "dir"),
    "pip --version": ("-m", "pip", "--version"),
    "pip cache dir": ("-m", "pip", "cache", "dir"),
}


def main(words: Sequence[str]) -> int:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=16)
    print(told(measured(Path(sys.executable), rounds=parser.parse_args(words).rounds)))
    return 0


def measured(python: Path, *, rounds: int) -> Mapping[str, Sequence[float]]:
    """The rounds' ratios, for each command."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([python, *command], check=True, stdout=subprocess.DEVNULL)
            found[name].append(time.perf_counter() - start)
    return {
        name: [one / least for one, least in zip(seconds, found[NOTHING], strict=True)]
        for name, seconds in found.items()
        if name != NOTHING
    }


def told(ratios: Mapping[str, Sequence[float]]) -> str:
    """The medians, as text."""
    return ", ".join(f"`{name}` {statistics.median(found):.1f}" for name, found in ratios.items())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
