"""Reports and `direct_url.json` are what pip writes of the same archives, folders and pages."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip
from tests.support.server import IndexServer

FIELDS = (
    ("Summary", "Counts, and more"),
    ("Keywords", "one,two"),
    ("Classifier", "Programming Language :: Python"),
    ("Classifier", "Topic :: Text Processing"),
    ("Project-URL", "Home, https://six.example/"),
    ("License-File", "LICENSE"),
)


def from_the_index(server: IndexServer, folder: Path) -> Iterator[str]:
    """What an index offers, with more or less said of it."""
    server.add(make_wheel(folder, "plain", fields=FIELDS, requires_python=">=3.9"))
    server.add(make_wheel(folder, "Needy.One", requires=["plain", 'built; extra == "more"'], extras={"more": []}))
    server.add(make_sdist(folder, "built", static_metadata=True))
    yield from ("plain", "needy.one[more,MORE]")
    server.add(make_wheel(folder, "bare"), hashes=False, metadata=False)
    server.add(make_sdist(folder, "built-bare", prepares_metadata=False), hashes=False)
    yield from ("bare", "built-bare")
    odd = make_wheel(folder, "odd")
    server.add(odd, hashes={name: digest_of(odd, name) for name in ("sha512", "sha256")}, metadata=False)
    server.add(make_wheel(folder, "drawn-back"), yanked="broken")
    yield from ("odd", "drawn-back==1.0")
    pointed = server.put("/pointed-1.0.tar.gz", make_sdist(folder, "pointed", extras={"x": ["plain"]}))
    requires = [f"Pointed[x] @ {pointed}", f"pointed @ {pointed}#egg=pointed"]
    server.add(make_wheel(folder, "pointing", requires=requires))
    yield "pointing"


def by_url(server: IndexServer, folder: Path) -> Iterator[str]:
    """URLs with and without a name, and with all that can stand in them."""
    wheels = {name: make_wheel(folder, f"wheel-{name}") for name in ("named", "bare", "digest", "egg", "query")}
    urls = {name: server.add(path) for name, path in wheels.items()}
    yield f"wheel-named @ {urls['named']}"
    yield urls["bare"]
    yield f"{urls['digest']}#sha256={digest_of(wheels['digest'], 'sha256')}"
    yield f"{urls['egg']}#egg=Wheel_Egg"
    yield f"{urls['query']}?token=abc"
    sdists = {name: make_sdist(folder, f"sdist-{name}") for name in ("named", "bare", "sha512", "md5")}
    urls = {name: server.add(path) for name, path in sdists.items()}
    yield f"Sdist.Named @ {urls['named']}"
    yield urls["bare"]
    for algorithm in ("sha512", "md5"):
        yield f"sdist-{algorithm} @ {urls[algorithm]}#{algorithm}={digest_of(sdists[algorithm], algorithm)}"
    url = server.put("/several-1.0.tar.gz", several(folder), "application/gzip")
    yield f"left @ {url}#subdirectory=left"
    yield f"{url}#egg=right&subdirectory=right"


def by_odd_urls(server: IndexServer, folder: Path) -> Iterator[str]:
    """URLs that end in no file's name, and those that lead elsewhere."""
    content = {name: make_sdist(folder, name).read_bytes() for name in ("told", "typed", "untold", "moved", "branch")}
    server.answer("/told", headers={"Content-Disposition": 'attachment; filename="../told-1.0.tar.gz"'})
    yield f"{server.put('/told', content['told'], 'application/octet-stream')}?id=7"
    yield server.put("/tarball/main", content["typed"], "application/x-gzip")
    yield f"untold @ {server.put('/untold-1.0.tar.gz/download', content['untold'])}"
    server.put("/files/moved-1.0.tar.gz", content["moved"], "application/gzip")
    server.answer("/latest", status=302, headers={"Location": "/files/moved-1.0.tar.gz"})
    yield f"moved @ {server.put('/latest', '')}"
    yield server.put("/archive/main.tar.gz", content["branch"], "application/gzip")
    zipped = make_sdist(folder, "zipped", suffix=".zip").read_bytes()
    yield server.put("/zipball/main", zipped, "application/zip")


def on_this_machine(folder: Path) -> Iterator[str]:
    """Paths and `file:` URLs."""
    yield str(make_wheel(folder, "path"))
    yield make_wheel(folder, "path-url").as_uri()
    yield f"path-named @ {make_wheel(folder, 'path-named').as_uri()}"
    yield str(make_sdist(folder, "source", suffix=".zip"))
    sdist = make_sdist(folder, "source-url")
    yield f"{sdist.as_uri()}#sha256={digest_of(sdist, 'sha256')}"
    yield f"source-named @ {make_sdist(folder, 'source-named').as_uri()}"
    yield f"{several(folder).as_uri()}#subdirectory=middle"
    unnamed = folder / "unnamed.bin"
    unnamed.write_bytes(make_sdist(folder, "unnamed").read_bytes())
    yield unnamed.as_uri()
    names = ("extra", "slash", "url", "url-slash", "named")
    folders = {name: make_project_dir(folder / f"a {name}", f"folder-{name}", extras={"x": []}) for name in names}
    yield f"{folders['extra']}[x]"
    yield f"{folders['slash']}/"
    yield folders["url"].as_uri()
    yield f"{folders['url-slash'].as_uri()}/"
    yield f"folder-named[x] @ {folders['named'].as_uri()}"
    make_project_dir(folder / "below", "folder-below")
    yield f"folder-below @ {folder.as_uri()}#subdirectory=below"


def several(folder: Path) -> Path:
    """An sdist with three projects in it."""
    root = folder / "several-1.0"
    for name in ("left", "middle", "right"):
        make_project_dir(root / name, name)
    with tarfile.open(folder / "several-1.0.tar.gz", "w:gz") as archive:
        archive.add(root, root.name)
    return folder / "several-1.0.tar.gz"


def digest_of(path: Path, algorithm: str) -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def direct_urls(environment: Environment) -> dict[str, str]:
    """The text of each project's `direct_url.json`."""
    found = environment.site_packages.glob("*.dist-info/direct_url.json")
    return {path.parent.name: path.read_text(encoding="utf-8") for path in found}


def read(path: Path) -> dict[str, Any]:
    """A report without what tells the two programs apart, by the names of the projects in it."""
    document = json.loads(path.read_text(encoding="utf-8"))
    install = {item["metadata"]["name"]: item for item in document["install"]}
    others = {key: value for key, value in document.items() if key not in ("freewheel", "pip_version", "install")}
    return install | {"": others}


@pytest.fixture
def words(server: IndexServer, tmp_path: Path) -> list[str]:
    """Everything that a person can ask for."""
    on_server, files = tmp_path / "on the server", tmp_path / "files"
    return [
        *from_the_index(server, on_server),
        *by_url(server, on_server),
        *by_odd_urls(server, on_server),
        *on_this_machine(files),
    ]


def test_reports_and_records_are_pips(
    freewheel: Freewheel, server: IndexServer, tmp_path: Path, words: list[str]
) -> None:
    """Behaviours 103, 104 and 105: in a dry run, freshly made, and from the cache."""
    theirs, report = make_environment(tmp_path / "theirs"), tmp_path / "report.json"
    command = ("install", "--index-url", server.index_url, "--report", report)
    pip(theirs, *command, *words)
    expected = read(report)
    assert len(expected) == len(words) + len(["built", "pointed", "the environment"])
    for run in ("dry", "fresh", "cached"):
        ours = make_environment(tmp_path / f"ours-{run}")
        options = ("--dry-run",) if run == "dry" else ()
        freewheel.run(*command, "--python", ours.python, *options, *words)
        assert read(report) == expected, run
        assert direct_urls(ours) == ({} if run == "dry" else direct_urls(theirs)), run
