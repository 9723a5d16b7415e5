"""Requirement sets with all that they need: fetched or generated once, and offered as a public index offers them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from benchmarks.measuring import Command
from tests.support.archives import make_wheel
from tests.support.server import IndexServer

SETS = Path(__file__).with_name("requirement_sets")
BACKENDS = ("setuptools", "wheel", "cython")
"""What the builds of `sdists.in` ask for."""

UPGRADED = "pandas"
"""The project that is upgraded, where a set has it."""

IMPORTS = {
    "jupyterlab": "jupyterlab",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
    "matplotlib": "matplotlib.pyplot",
    "seaborn": "seaborn",
    "polars": "polars",
    "statsmodels": "statsmodels.api",
}
"""The main projects of the sets, and how they are imported."""

LIFETIME = 600
"""Seconds that a page stays fresh, as the public index says."""

PAGES = {"Cache-Control": f"max-age={LIFETIME}"}
FILES = {"Cache-Control": "max-age=365000000, immutable"}
STALE = {"Cache-Control": "max-age=0"}
MODULES = 20
"""How many modules a generated project has."""

MODULE = '''"""Module {number} of {name}."""

from __future__ import annotations

LIMIT = {number}


class Counter{number}:
    """Counts to a limit."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.count = 0

    def step(self, *, by: int = 1) -> bool:
        """Count on; whether the limit is reached."""
        self.count += by
        return self.count >= self.limit


def counted(values: list[str]) -> dict[str, int]:
    """How often each value is there."""
    return {{value: sum(other == value for other in values) for value in sorted(set(values))}}
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A set: the file that pins it, and an index with its archives, to be started by whoever uses it."""

    pins: Path
    index: IndexServer = field(default_factory=IndexServer)

    @property
    def older_pins(self) -> Path:
        """The same pins but for UPGRADED, which is a release older; a file only where the set has that project."""
        return self.pins.with_suffix(".older.txt")

    @property
    def projects(self) -> Sequence[str]:
        """The normalized names that are pinned, in order."""
        lines = self.pins.read_text(encoding="utf-8").splitlines()
        return sorted(canonicalize_name(line.partition("==")[0]) for line in lines if not line.startswith("-"))

    @property
    def imports(self) -> Sequence[str]:
        """The modules by which the main projects are imported."""
        return [IMPORTS[name] for name in self.projects if name in IMPORTS]

    def answer(self, *, stale: float | None = None) -> None:
        """Answer as the public index would; with `stale`, every page is stale at once, and takes so many seconds."""
        self.index.answer_plainly()
        self.index.answer("/files/*", headers=FILES, etag=True)
        pages = PAGES if stale is None else STALE
        self.index.answer("/simple/*", headers=pages, etag=True, latency=stale or 0.0)


def fetched(python: Path, name: str, folder: Path) -> Mirror:
    """A file of `requirement_sets`, resolved and fetched from pip's own index where it is not there yet."""
    archives = folder / name
    mirror = Mirror(pins=archives.with_suffix(".txt"))
    if not mirror.pins.exists():
        shutil.rmtree(archives, ignore_errors=True)
        wanted = SETS / f"{name}.in"
        _download(python, archives, "--requirement", wanted)
        found = sorted(pinned(path) for path in archives.iterdir())
        if any(path.suffix != ".whl" for path in archives.iterdir()):
            _download(python, archives, "--only-binary=:all:", *BACKENDS)
        options = [line for line in wanted.read_text(encoding="utf-8").splitlines() if line.startswith("-")]
        mirror.pins.write_text("".join(f"{line}\n" for line in (*options, *found)), encoding="utf-8")
    text = mirror.pins.read_text(encoding="utf-8")
    present = re.search(rf"^{UPGRADED}==(.+)$", text, flags=re.MULTILINE)
    if present and not mirror.older_pins.exists():
        aside = folder / f"{name}.older"
        _download(python, aside, "--no-deps", "--only-binary=:all:", f"{UPGRADED}<{present[1]}")
        (wheel,) = aside.iterdir()
        wheel = wheel.rename(archives / wheel.name)
        aside.rmdir()
        mirror.older_pins.write_text(text.replace(present[0], pinned(wheel)), encoding="utf-8")
    mirror.index.add_folder(archives)
    return mirror


def _download(python: Path, folder: Path, *words: str | Path) -> None:
    command: Command = [python, "-m", "pip", "download", "--quiet", "--dest", folder, *words]
    subprocess.run(command, check=True)


def pinned(archive: Path) -> str:
    """The requirement that only this archive's release meets."""
    is_wheel = archive.suffix == ".whl"
    name, version = (parse_wheel_filename if is_wheel else parse_sdist_filename)(archive.name)[:2]
    return f"{name}=={version}"


def generated(count: int, folder: Path) -> Mirror:
    """So many projects, each of which requires the one before it."""
    pins = folder / f"generated-{count}.txt"
    mirror = Mirror(pins=pins)
    wheels = list(_wheels(count, folder / "generated"))
    for wheel in wheels:
        mirror.index.add(wheel)
    pins.write_text("".join(f"{pinned(wheel)}\n" for wheel in wheels), encoding="utf-8")
    return mirror


def _wheels(count: int, folder: Path) -> Iterator[Path]:
    """Wheels with a small package each, every tenth with a command; those that are there are not made again."""
    for number in range(count):
        name, package = f"generated-{number:04}", f"generated_{number:04}"
        wheel = folder / f"{package}-1.0-py3-none-any.whl"
        if not wheel.exists():
            files = {
                f"{package}/module_{part:02}.py": MODULE.format(number=part, name=name) for part in range(MODULES)
            }
            make_wheel(
                folder,
                name,
                requires=[f"generated-{number - 1:04}>=1"] if number else (),
                files={f"{package}/__init__.py": f'"""{name}."""\n', **files},
                entry_points={"console_scripts": {name: f"{package}.module_00:counted"}}
                if number % 10 == 0
                else None,
            )
        yield wheel
