"""Pages of an index in files."""

from __future__ import annotations

from pathlib import Path

from tests.support.archives import make_sdist, make_wheel
from tests.support.environments import Environment, pip
from tests.support.pages import write_index


def test_pip_installs_from_an_index_in_a_folder(tmp_path: Path, archives: Path, environment: Environment) -> None:
    wheel = make_wheel(archives / "wheels", "Foo.Bar", requires=["demo"])
    url = write_index(tmp_path / "simple", [wheel, make_sdist(archives / "sdists", "demo", "2.0")])
    pip(environment, "install", "--index-url", url, "foo-bar")
    assert environment.installed() == {"foo-bar": "1.0", "demo": "2.0"}


def test_an_index_in_a_folder_can_be_written_anew(tmp_path: Path, archives: Path) -> None:
    write_index(tmp_path / "simple", [make_wheel(archives, "demo", "1.0")])
    write_index(tmp_path / "simple", [make_wheel(archives, "demo", "2.0")])
    page = (tmp_path / "simple" / "demo" / "index.html").read_text(encoding="utf-8")
    assert ("demo-1.0" in page, "demo-2.0" in page) == (False, True)
