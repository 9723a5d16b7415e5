"""A cache put to the test: what is reused is made again, and compared (behaviour 126)."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.archives import make_sdist
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


def test_metadata_is_found_out_again(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    server.add(make_sdist(archives, "six", requires=["attrs"]))
    freewheel.run("lock", "--no-deps", "six", "-o", "-")
    freewheel.run("lock", "--no-deps", "six", "-o", "-", env=VERIFY)
    (entry,) = (freewheel.cache / "entries-v1" / "metadata" / "six").iterdir()
    program = (
        "import sys; from pathlib import Path; from msgspec.structs import replace\n"
        "from freewheel.store.record import from_bytes, to_bytes, Record\n"
        "path = Path(sys.argv[1]); found = from_bytes(path.read_bytes())\n"
        "fields = dict(found.record.fields) | {'requires_dist': ['other']}\n"
        "path.write_bytes(to_bytes(replace(found, record=replace(found.record, fields=fields))))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(entry)], check=True)
    said = freewheel.run("lock", "--no-deps", "six", "-o", "-", env=VERIFY, expect=1).stderr
    assert "What the cache has of six-1.0.tar.gz is not what is made of it now." in said
    assert "requires_dist: ('other',) -> ('attrs',)" in said
