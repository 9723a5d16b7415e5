"""Whether pip and freewheel choose the same versions, for twenty files of requirements as people have them.

    python benchmarks/pins_against_pip.py [--folder FOLDER] [SET ...]

Both resolve each file of `requirement_sets` in a dry run, for the interpreter that runs this, with the machine's own
configuration of pip. A line for each says how many pins they agree on and what differs; the exit status is 0 if
nothing does. It takes some minutes, and asks the index for a few thousand files when it runs for the first time:
`--folder` keeps both programs' caches for the next.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

SETS = Path(__file__).parent / "requirement_sets"
PROGRAMS = ("pip", "freewheel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a program chose: versions by project; or the last line of its complaint, and no pins."""

    pins: Mapping[str, str]
    complaint: str
    seconds: float


def main(words: Sequence[str]) -> int:
    """Compare the sets that are named, or all; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("sets", nargs="*", default=[path.stem for path in sorted(SETS.glob("*.in"))])
    parser.add_argument("--folder", type=Path, help="keep caches and reports here")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        agreed = [compare(name, folder) for name in options.sets]
    print(f"{sum(agreed)} of {len(agreed)} sets have the same pins.")
    return 0 if all(agreed) else 1


def compare(name: str, folder: Path) -> bool:
    """Resolve a set with both programs and print what came of it; whether they agree."""
    pips, ours = (resolve(program, name, folder) for program in PROGRAMS)
    took = f"pip {pips.seconds:.0f} s, freewheel {ours.seconds:.0f} s"
    if pips.complaint or ours.complaint:
        agree = bool(pips.complaint) and bool(ours.complaint)
        print(f"{name}: {'both find nothing' if agree else 'ONE FINDS NOTHING'} ({took})")
        print(f"    pip: {pips.complaint or 'ok'}\n    freewheel: {ours.complaint or 'ok'}", flush=True)
        return agree
    differing = sorted(
        project for project in {*pips.pins, *ours.pins} if pips.pins.get(project) != ours.pins.get(project)
    )
    verdict = "DIFFERENT" if differing else "equal"
    print(f"{name}: {verdict}, {len(pips.pins)} pins ({took})")
    for project in differing:
        print(f"    {project}: pip {pips.pins.get(project)}, freewheel {ours.pins.get(project)}")
    sys.stdout.flush()
    return not differing


def resolve(program: str, name: str, folder: Path) -> Outcome:
    """A dry run, in which nothing installed counts."""
    report = folder / f"{name}-{program}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", program, "install", "--dry-run", "--ignore-installed", "--quiet"]
    command += ["--cache-dir", str(folder / f"{program}-cache"), "--report", str(report)]
    begin = time.monotonic()
    done = subprocess.run(
        [*command, "-r", str(SETS / f"{name}.in")], capture_output=True, encoding="utf-8", check=False
    )
    seconds = time.monotonic() - begin
    if done.returncode:
        return Outcome(pins={}, complaint=(done.stderr.strip().splitlines() or ["?"])[-1], seconds=seconds)
    items = (item["metadata"] for item in json.loads(report.read_text(encoding="utf-8"))["install"])
    pins = {canonicalize_name(item["name"]): str(item["version"]) for item in items}
    return Outcome(pins=pins, complaint="", seconds=seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
