"""A cache put to the test: what is reused is made again, and compared (behaviour 126)."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.store.record import Record, from_bytes, to_bytes
from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.server import IndexServer

VERIFY = {"FREEWHEEL_CACHE_VERIFY": "1"}
CHANGING = """\
import pathlib
pathlib.Path("six.py").write_text("x = " + pathlib.Path({source!r}).read_text())
from setuptools import setup
setup()
"""


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


def wheel(freewheel: Freewheel, *words: str | Path, expect: int = 0) -> str:
    """What is said while a wheel is made, or taken from the cache."""
    return freewheel.run("wheel", "--no-deps", "-v", *words, env=VERIFY, expect=expect).stderr


def kept(freewheel: Freewheel) -> Path:
    (line,) = freewheel.run("cache", "list", "--format=abspath").lines
    return Path(line)


def test_a_wheel_that_comes_out_the_same_is_reused(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    server.add(make_sdist(archives, "six"))
    wheel(freewheel, "six")
    before = kept(freewheel).read_bytes()
    done = freewheel.run("wheel", "--no-deps", "-v", "six", env=VERIFY)
    assert build_log.builds("six") == 2
    assert "The wheel six-1.0-py3-none-any.whl was built again, and is the same." in done.stdout + done.stderr
    assert kept(freewheel).read_bytes() == before
    freewheel.run("wheel", "--no-deps", "six")
    assert build_log.builds("six") == 2


def test_a_wheel_that_comes_out_otherwise_is_an_error_that_names_the_files(
    freewheel: Freewheel, archives: Path, tmp_path: Path
) -> None:
    source = tmp_path / "outside.txt"
    source.write_text("1")
    setup = CHANGING.format(source=str(source))
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n'
    project = '[project]\nname = "six"\nversion = "1.0"\n[tool.setuptools]\npy-modules = ["six"]\n'
    files = {"setup.py": setup, "pyproject.toml": pyproject + project}
    sdist = make_sdist(archives, "six", backend="setuptools", files={"six.py": ""}, more_files=files)
    words = ("--no-build-isolation", "--python", sys.executable, sdist)
    wheel(freewheel, *words)
    path = kept(freewheel)
    wheel(freewheel, *words)
    source.write_text("2")
    said = wheel(freewheel, *words, expect=1)
    assert "ERROR: What the cache has of six-1.0-py3-none-any.whl is not what is made of it now." in said
    assert "six.py has another content" in said
    assert str(path) in said
    assert path.exists()
    with zipfile.ZipFile(path) as archive:
        assert archive.read("six.py") == b"x = 1"


@pytest.fixture
def tamper(freewheel: Freewheel) -> Callable[[], None]:
    """Have the metadata that is kept of six say something else, in a record that is whole."""

    def change() -> None:
        (entry,) = (freewheel.cache / "entries-v1" / "metadata" / "six").iterdir()
        found = from_bytes(entry.read_bytes())
        fields = dict(found.record.fields) | {"requires_dist": ["other"]}
        entry.write_bytes(to_bytes(replace(found, record=Record(fields=fields, blobs=found.record.blobs))))

    return change


@pytest.mark.parametrize("kind", ["sdist", "wheel", "wheel with a file beside it"])
def test_metadata_is_found_out_again(
    freewheel: Freewheel, server: IndexServer, archives: Path, tamper: Callable[[], None], kind: str
) -> None:
    make = make_sdist if kind == "sdist" else make_wheel
    file = make(archives, "six", requires=["attrs"])
    server.add(file, metadata=kind.endswith("it"))
    words = ("lock", "--no-deps", "six", "-o", "-")
    freewheel.run(*words)
    freewheel.run(*words, env=VERIFY)
    tamper()
    said = freewheel.run(*words, env=VERIFY, expect=1).stderr
    assert f"What the cache has of {file.name} is not what is made of it now." in said
    assert "requires_dist: ('other',) -> ('attrs',)" in said
