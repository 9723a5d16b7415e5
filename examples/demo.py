"""The main job, shown: the same real projects into two new environments, one after the other.

The cache lies in a new folder, so the first environment pays for everything and the second coasts. Needs an index as
pip's configuration names it. Exits with 1 when an installation fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

STEPS = (
    ("wheels", ("rich", "requests")),
    ("an sdist-only project", ("docopt==0.6.2",)),
    ("a C extension from source", ("markupsafe", "--no-binary", "markupsafe")),
)


@dataclass(frozen=True)
class Run:
    """What one installation took and said: seconds, its last words, and what its report counts."""

    seconds: float
    last_words: list[str]
    reused: dict[str, int]


def install(folder: Path, python: Path, words: tuple[str, ...]) -> Run:
    """Install into the environment of `python` with the demonstration's own cache."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "freewheel", "install", "--python", str(python), "--report", str(report), *words]
    environment = os.environ | {"FREEWHEEL_CACHE_DIR": str(folder / "cache")}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        raise SystemExit(1)
    saved = json.loads(report.read_text(encoding="utf-8"))["freewheel"]
    said = done.stdout.splitlines()
    first_words = ("Reused ", "Nothing could be reused")
    account = next((number for number, line in enumerate(said) if line.startswith(first_words)), len(said))
    return Run(seconds, said[account:], saved["reused"])


def show(folder: Path) -> None:
    """Fill both environments and print what each step took."""
    times: list[list[float]] = []
    for number, name in enumerate(("first", "second")):
        place = folder / name
        venv.create(place, with_pip=False)
        python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        print(f"\n{name} environment" + (", everything new:" if number == 0 else ", with what the first one left:"))
        times.append([])
        for title, words in STEPS:
            run = install(folder, python, words)
            times[-1].append(run.seconds)
            print(f"  {run.seconds:6.2f} s  {title}: freewheel install {' '.join(words)}")
            if number:
                print(*(f"            {line}" for line in run.last_words), sep="\n")
        code = "import rich, requests, docopt, markupsafe._speedups; print('            imports work')"
        subprocess.run([python, "-c", code], check=True)
    first, second = map(sum, times)
    print(f"\nfirst {first:.2f} s, second {second:.2f} s: {first / second:.1f} times as fast, nothing built again.")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory(prefix="freewheel-demo-") as name:
        show(Path(name))
