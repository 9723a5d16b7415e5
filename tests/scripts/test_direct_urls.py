"""Archives that a person names by URL or path: reused when they are the same, and never when they are not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.server import IndexServer

Version = Callable[..., str]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("*", etag=True)


@pytest.fixture
def version(freewheel: Freewheel, tmp_path: Path) -> Version:
    """Install into a new environment; the answer is what the module `six` there says of its version."""
    numbers = iter(range(100))

    def installed(*arguments: str | Path, module: str = "six") -> str:
        environment = make_environment(tmp_path / f"environment-{next(numbers)}")
        freewheel.run("install", "--python", environment.python, *arguments)
        return environment.run_python(f"import {module}; print({module}.__version__)").strip()

    return installed


def edited(folder: Path, **options: str) -> Path:
    """Another sdist of the same project and version."""
    return make_sdist(folder, "six", files={"six.py": '__version__ = "edited"\n'}, **options)


# Reused


@pytest.mark.parametrize("named", [True, False])
def test_an_archive_of_a_version_is_built_once(
    *, version: Version, server: IndexServer, archives: Path, build_log: BuildLog, named: bool
) -> None:
    """Behaviours 92 and 93: also where nobody says which project it is."""
    url = server.add(make_sdist(archives, "six"))
    word = f"six @ {url}" if named else url
    assert version(word) == "1.0"
    server.clear()
    calls = build_log.calls()
    assert version(word) == "1.0"
    assert build_log.calls() == calls
    assert [(request.path, request.status) for request in server.log] == [("/files/six-1.0.tar.gz", 304)]


@pytest.mark.parametrize("named", [True, False])
def test_an_archive_whose_digest_is_stated_is_not_even_asked_for(
    *, version: Version, server: IndexServer, archives: Path, build_log: BuildLog, named: bool
) -> None:
    """Behaviours 92 and 93: nothing is fetched, whatever the server allows to be kept."""
    sdist = make_sdist(archives, "six")
    server.answer("*", etag=False, headers={"Cache-Control": "no-store"})
    word = f"{'six @ ' if named else ''}{server.add(sdist)}#sha256={sha256(sdist.read_bytes()).hexdigest()}"
    version(word)
    server.clear()
    assert version(word) == "1.0"
    assert build_log.builds() == 1
    assert server.log == []


def test_without_anything_to_validate_by_the_content_is_what_counts(
    version: Version, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 93: it is fetched again, and found to be the same."""
    server.answer("*", etag=False, headers={"Cache-Control": "no-store"})
    url = server.add(make_sdist(archives, "six"))
    for _ in range(2):
        assert version(url) == "1.0"
    assert len(server.requests_for(".tar.gz")) == 2
    assert build_log.builds() == 1


def test_a_file_that_was_moved_is_the_same(
    version: Version, server: IndexServer, archives: Path, tmp_path: Path, build_log: BuildLog
) -> None:
    """By path, by `file:` URL, from another folder, or from a server: the content is what was built."""
    sdist = make_sdist(archives, "six")
    moved = shutil.copy(sdist, tmp_path)
    for word in (sdist, moved, sdist.as_uri(), f"six @ {sdist.as_uri()}", server.add(sdist), "six"):
        assert version(word) == "1.0"
    assert build_log.builds() == 1


def test_a_token_that_was_rotated_is_no_other_source(
    freewheel: Freewheel, version: Version, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 111: and neither of the two is kept anywhere."""
    server.add(make_sdist(archives, "six"))
    for token in ("t0ken-of-may", "t0ken-of-june"):
        server.answer("*", credentials=("me", token))
        assert version(f"six @ http://me:{token}@127.0.0.1:{server.port}/files/six-1.0.tar.gz") == "1.0"
    assert build_log.builds() == 1
    kept = [path.read_bytes() for path in freewheel.cache.rglob("*") if path.is_file()]
    assert not any(b"t0ken" in content for content in kept)
    (origin,) = freewheel.cache.glob("wheels-v1/*/*/origin.json")
    assert json.loads(origin.read_text(encoding="utf-8"))["url"] == server.file_url("six-1.0.tar.gz")


def test_a_query_that_changes_is_no_other_source(
    version: Version, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    url = server.add(make_sdist(archives, "six"))
    for query in ("?signature=1", "?signature=2", ""):
        assert version(f"{url}{query}") == "1.0"
    assert build_log.builds() == 1


# Changed


def put_by_url(server: IndexServer, sdist: Path) -> str:
    return server.put("/six-1.0.tar.gz", sdist.read_bytes())


def put_under_the_name_of_a_branch(server: IndexServer, sdist: Path) -> str:
    return server.put("/archive/feature-2.tar.gz", sdist.read_bytes())


def put_under_a_plain_name(server: IndexServer, sdist: Path) -> str:
    return server.put("/archive/main.tar.gz", sdist.read_bytes())


def put_by_path(_: IndexServer, sdist: Path) -> str:
    return str(shutil.copy(sdist, sdist.parents[1] / "six-1.0.tar.gz"))


def put_by_file_url(_: IndexServer, sdist: Path) -> str:
    return Path(shutil.copy(sdist, sdist.parents[1] / "six-1.0.tar.gz")).as_uri()


@pytest.mark.parametrize(
    ("put", "named"),
    [
        pytest.param(put_by_url, False, id="by URL"),
        pytest.param(put_under_the_name_of_a_branch, False, id="behaviour 95: feature-2.tar.gz"),
        pytest.param(put_under_the_name_of_a_branch, True, id="behaviour 95: feature-2.tar.gz, with a name"),
        pytest.param(put_under_a_plain_name, True, id="behaviour 95: main.tar.gz"),
        pytest.param(put_by_path, False, id="by path"),
        pytest.param(put_by_file_url, True, id="by file URL"),
    ],
)
def test_what_changed_in_its_place_is_built_anew(
    *,
    version: Version,
    server: IndexServer,
    tmp_path: Path,
    build_log: BuildLog,
    put: Callable[[IndexServer, Path], str],
    named: bool,
) -> None:
    """Behaviours 94 and 95: and comes from the cache when the old content is back."""
    before, after = make_sdist(tmp_path / "before", "six"), edited(tmp_path / "after")
    for sdist, expected, builds in ((before, "1.0", 1), (after, "edited", 2), (before, "1.0", 2)):
        url = put(server, sdist)
        assert version(f"six @ {url}" if named else url) == expected
        assert build_log.builds() == builds


def test_what_changed_in_a_folder_of_links_is_built_anew(
    version: Version, tmp_path: Path, build_log: BuildLog
) -> None:
    """Behaviour 94."""
    links = tmp_path / "links"
    make_sdist(links, "six")
    words = ("--no-index", "--find-links", links, "six")
    assert [version(*words), version(*words)] == ["1.0", "1.0"]
    edited(links)
    assert version(*words) == "edited"
    assert build_log.builds() == 2


def test_a_wheel_that_changed_in_its_place_is_installed_as_it_is(
    version: Version, server: IndexServer, tmp_path: Path
) -> None:
    """Behaviour 94, for what is not built: by URL, and by path."""
    name = "six-1.0-py3-none-any.whl"
    for expected in ("1.0", "edited"):
        wheel = make_wheel(tmp_path / expected, "six", files={"six.py": f'__version__ = "{expected}"\n'})
        assert version(server.put(f"/{name}", wheel.read_bytes())) == expected
        assert version(shutil.copy(wheel, tmp_path / name)) == expected


# Records


def unreadable(origin: Path) -> None:
    origin.write_bytes(b"\0" * 10)


def of_another_shape(origin: Path) -> None:
    origin.write_text("[]", encoding="utf-8")


@pytest.mark.parametrize("damage", [unreadable, of_another_shape])
def test_an_origin_record_that_cannot_be_read_is_made_again(
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    archives: Path,
    damage: Callable[[Path], None],
) -> None:
    """Behaviour 110: with one warning."""
    word = f"six @ {server.add(make_sdist(archives, 'six'))}"
    freewheel.run("wheel", word)
    (origin,) = freewheel.cache.glob("wheels-v1/six/*/origin.json")
    before = origin.read_bytes()
    damage(origin)
    done = freewheel.run("install", "--python", environment.python, word)
    assert done.stderr.count("WARNING") == 1, done.stderr
    assert origin.read_bytes() == before
    assert environment.installed() == {"six": "1.0"}


def test_a_report_tells_the_source_of_what_came_from_the_cache(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 105: of what an index offers, and of what was named."""
    url = server.add(make_sdist(archives, "six"))
    items: list[Mapping[str, object]] = []
    for word in ("six", "six", url, url):
        freewheel.run("install", "--target", f"folder-{len(items)}", "--report", "report.json", word)
        document = json.loads((freewheel.cwd / "report.json").read_text(encoding="utf-8"))
        items += document["install"]
    assert build_log.builds() == 1
    assert [item["is_direct"] for item in items] == [False, False, True, True]
    assert {json.dumps(item["download_info"]) for item in items} == {json.dumps(items[0]["download_info"])}
    assert "six-1.0.tar.gz" in str(items[0]["download_info"])


@pytest.mark.parametrize("path", ["..%2Fsix-1.0.tar.gz", "%2Ftmp%2Fsix-1.0.tar.gz", "..%5Csix-1.0.tar.gz"])
def test_no_url_names_a_file_outside_the_folder_that_it_is_saved_in(
    freewheel: Freewheel, server: IndexServer, archives: Path, path: str
) -> None:
    server.put(f"/files/{unquote(path)}", make_sdist(archives, "six").read_bytes())
    freewheel.run("download", "--no-deps", "--dest", "saved/here", f"{server.url}files/{path}")
    assert [found.name for found in (freewheel.cwd / "saved").rglob("*") if found.is_file()] == ["six-1.0.tar.gz"]
    assert [found.name for found in (freewheel.cwd / "saved" / "here").iterdir()] == ["six-1.0.tar.gz"]
