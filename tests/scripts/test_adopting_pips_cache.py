"""`--adopt-pip-cache`: what the real pip has fetched serves the first run of freewheel."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.pips_cache import record_path
from tests.support.server import IndexServer

PUBLIC = {"Cache-Control": "public, max-age=3600"}
FLAG = "--adopt-pip-cache"
PROJECTS = ("app", "six")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    """An index whose pages anybody may keep."""
    archives = tmp_path_factory.mktemp("archives")
    with IndexServer() as running:
        running.answer("*", headers=PUBLIC)
        running.add(make_wheel(archives, "app", requires=("six",)))
        running.add(make_wheel(archives, "six"))
        yield running


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, index: IndexServer) -> Path:
    """pip's cache after pip has installed from the index."""
    return fill(tmp_path_factory.mktemp("pip"), index)


def fill(folder: Path, index: IndexServer, **more: str) -> Path:
    """pip's cache; where there is no TLS, pip caches what comes from a trusted host alone."""
    variables = {"PIP_INDEX_URL": index.index_url, "PIP_TRUSTED_HOST": "127.0.0.1"} | more
    pip = Freewheel(folder, command=(sys.executable, "-m", "pip"), variables=variables)
    pip.run("install", "--target", "pips", "app")
    return Path(pip.variables["XDG_CACHE_HOME"], "pip")


@pytest.fixture
def pips(filled: Path, freewheel: Freewheel, index: IndexServer) -> Path:
    """A copy of pip's cache, where that of this user lies."""
    freewheel.variables["PIP_INDEX_URL"] = index.index_url
    folder = Path(freewheel.variables["XDG_CACHE_HOME"], "pip")
    shutil.copytree(filled, folder)
    index.clear()
    return folder


def asked(index: IndexServer) -> list[str]:
    return sorted(request.path for request in index.log)


def test_the_first_run_asks_nobody(pips: Path, freewheel: Freewheel, index: IndexServer) -> None:
    before = snapshot(pips, with_times=True)
    done = freewheel.run("install", FLAG, "--target", "ours", "--report", "report.json", "app")
    assert asked(index) == []
    assert {path.name for path in (freewheel.cwd / "ours").glob("*.py")} == {"app.py", "six.py"}
    assert "  Using cached six-1.0-py3-none-any.whl (" in done.stdout
    assert "From pip's cache: 2 index pages and 2 downloads." in done.stdout
    report = json.loads((freewheel.cwd / "report.json").read_text())["freewheel"]
    assert (report["adopted"]["page"], report["adopted"]["download"], report["requests"]) == (2, 2, 0)
    assert report["reused"]["download"] == 2
    assert report["saved_bytes"] > 0
    assert snapshot(pips, with_times=True) == before


def test_what_was_taken_over_is_ours(pips: Path, freewheel: Freewheel, index: IndexServer) -> None:
    freewheel.run("download", FLAG, "--dest", "first", "app")
    shutil.rmtree(pips)
    done = freewheel.run("download", "--dest", "second", "app")
    assert asked(index) == []
    assert "From pip's cache" not in done.stdout


def test_without_the_option_pips_cache_is_not_looked_at(pips: Path, freewheel: Freewheel, index: IndexServer) -> None:
    freewheel.run("download", "app")
    assert {"/simple/app/", "/simple/six/"} <= set(asked(index))
    assert pips.is_dir()


def test_an_unreachable_index_is_not_needed(pips: Path, freewheel: Freewheel, index: IndexServer) -> None:
    assert pips.is_dir()
    freewheel.run("install", FLAG, "--offline", "--target", "ours", "app")
    assert asked(index) == []


@pytest.mark.parametrize("place", ["variable", "pip's variable", "file"])
def test_the_option_can_be_set_elsewhere(
    pips: Path, freewheel: Freewheel, index: IndexServer, place: str, tmp_path: Path
) -> None:
    assert pips.is_dir()
    variables = {"variable": {"FREEWHEEL_ADOPT_PIP_CACHE": "1"}, "pip's variable": {"PIP_ADOPT_PIP_CACHE": "yes"}}
    (tmp_path / "pip.conf").write_text("[freewheel]\nadopt-pip-cache = true\n")
    env = variables.get(place, {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})
    freewheel.run("download", "app", env=env)
    assert asked(index) == []


def test_pips_own_settings_say_where_its_cache_lies(
    pips: Path, freewheel: Freewheel, index: IndexServer, tmp_path: Path
) -> None:
    """Ours lies in it then, and neither takes the other's things away."""
    place = tmp_path / "elsewhere"
    pips.rename(place)
    before = snapshot(place)
    env = {"PIP_CACHE_DIR": str(place)}
    freewheel.run("download", FLAG, "app", env=env)
    assert asked(index) == []
    assert (place / "freewheel" / "CACHEDIR.TAG").is_file()
    for words in (("remove", "six"), ("remove", "*"), ("purge",)):
        freewheel.run("cache", *words, env=env)
        assert snapshot(place).items() >= before.items()


@pytest.mark.parametrize("words", [("purge",), ("remove", "*"), ("remove", "six", "app")], ids=" ".join)
def test_two_caches_in_one_folder_stay_apart(
    pips: Path, freewheel: Freewheel, index: IndexServer, words: tuple[str, ...]
) -> None:
    before = snapshot(pips, with_times=True)
    env = {"PIP_CACHE_DIR": str(pips), "FREEWHEEL_CACHE_DIR": str(pips)}
    freewheel.run("install", FLAG, "--target", "ours", "app", env=env)
    assert asked(index) == []
    assert list(pips.glob("blobs-v*"))
    freewheel.run("cache", *words, env=env)
    assert snapshot(pips, with_times=True).items() >= before.items()
    freewheel.run("install", FLAG, "--target", "again", "app", env=env)
    assert asked(index) == []


@pytest.fixture
def beside(freewheel: Freewheel, server: IndexServer, archives: Path, tmp_path: Path) -> Callable[..., Path]:
    """Have pip fetch `app` from an index that was told how to answer, and its cache lie where this user's does."""

    def fetch(**variables: str) -> Path:
        server.add(make_wheel(archives, "app"), metadata=False)
        place = Path(freewheel.variables["XDG_CACHE_HOME"], "pip")
        shutil.copytree(fill(tmp_path / "pip", server, **variables), place)
        server.clear()
        freewheel.variables["PIP_INDEX_URL"] = server.index_url
        return place

    return fetch


def test_pages_in_a_coding_in_pieces_and_by_what_was_asked_for(
    freewheel: Freewheel, server: IndexServer, beside: Callable[..., Path]
) -> None:
    server.answer("*", headers=PUBLIC | {"Vary": "Accept, Accept-Encoding"}, framing="chunked")
    server.answer("/simple/*", coding="gzip")
    beside()
    freewheel.run("download", FLAG, "app")
    assert asked(server) == []


def test_a_response_that_varies_with_who_asks_is_not_ours(
    freewheel: Freewheel, server: IndexServer, beside: Callable[..., Path]
) -> None:
    server.answer("/simple/*", headers=PUBLIC | {"Vary": "User-Agent"})
    beside()
    assert "it answers other request fields (Vary)" in freewheel.run("download", FLAG, "-v", "app").stdout
    assert "/simple/app/" in asked(server)


def test_permanent_redirects_are_followed_as_pip_has_stored_them(
    freewheel: Freewheel, server: IndexServer, beside: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "moved").mkdir()
    server.put("/moved.whl", make_wheel(tmp_path / "moved", "app").read_bytes())
    server.answer("*", headers=PUBLIC)
    server.answer("/files/*", redirect=(301, "/moved.whl"))
    place = beside()
    assert record_path(place, server.file_url("app-1.0-py3-none-any.whl")).is_file()
    freewheel.run("download", FLAG, "app")
    assert asked(server) == []


def test_what_pip_had_to_resume_is_known_by_its_digest(
    freewheel: Freewheel, server: IndexServer, beside: Callable[..., Path]
) -> None:
    """pip stores it as if nobody had sent any field, which never matches a Vary."""
    server.answer("*", headers=PUBLIC | {"Vary": "Accept-Encoding"}, etag=True)
    server.answer("/files/*", times=1, close_after=300)
    beside()
    freewheel.run("download", FLAG, "app")
    assert asked(server) == []


# What is not taken over


def test_what_a_verifying_run_would_take_over_is_not_for_one_that_trusts_anybody(
    freewheel: Freewheel, archives: Path, tmp_path: Path
) -> None:
    with IndexServer(tls=True) as server:
        server.answer("*", headers=PUBLIC)
        server.add(make_wheel(archives, "app"))
        variables = {"PIP_CERT": str(server.ca_bundle), "PIP_INDEX_URL": server.index_url}
        pips = fill(tmp_path / "pip", server, PIP_TRUSTED_HOST="", PIP_CERT=str(server.ca_bundle))
        shutil.copytree(pips, Path(freewheel.variables["XDG_CACHE_HOME"], "pip"))
        server.clear()
        done = freewheel.run("download", FLAG, "-v", "--trusted-host", "127.0.0.1", "app", env=variables)
        assert "/simple/app/" in asked(server)
        assert "taken over" not in done.stdout
        server.clear()
        freewheel.run("download", FLAG, "--dest", "verified", "app", env=variables)
        assert asked(server) == []


def test_what_may_not_be_stored_is_not_though_pip_did(
    freewheel: Freewheel, server: IndexServer, beside: Callable[..., Path]
) -> None:
    """pip keeps a download that it had to resume, whatever its fields say."""
    server.answer("*", headers=PUBLIC)
    server.answer("/files/*", headers={"Cache-Control": "no-store"}, etag=True)
    server.answer("/files/*", times=1, close_after=300)
    place = beside()
    assert record_path(place, server.file_url("app-1.0-py3-none-any.whl")).is_file()
    done = freewheel.run("download", FLAG, "-v", "app")
    assert "it forbids being stored (no-store)" in done.stdout
    assert asked(server) == ["/files/app-1.0-py3-none-any.whl"]


def test_what_pip_got_with_a_password_is_not_for_a_run_without(
    freewheel: Freewheel, server: IndexServer, beside: Callable[..., Path]
) -> None:
    server.answer("*", headers={"Cache-Control": "max-age=3600"}, credentials=("me", "pw"))
    place = beside(PIP_INDEX_URL=server.index_url.replace("://", "://me:pw@"))
    assert record_path(place, server.page_url("app")).is_file()
    done = freewheel.run("download", FLAG, "-v", "app", expect=1)
    assert "nothing says that anybody may have it (public)" in done.stdout
    assert [request.status for request in server.log] == [401]


def test_a_request_with_credentials_is_sent(pips: Path, freewheel: Freewheel, index: IndexServer) -> None:
    assert pips.is_dir()
    with_password = index.index_url.replace("://", "://me:pw@")
    done = freewheel.run("download", FLAG, "-vv", "six", "--index-url", with_password)
    assert {"/simple/six/", "/files/six-1.0-py3-none-any.whl"} <= set(asked(index))
    assert "taken over" not in done.stdout


@pytest.mark.parametrize("control", ["max-age=3600", "private, max-age=3600"])
def test_pages_that_may_be_somebodys_are_asked_for(
    freewheel: Freewheel, server: IndexServer, archives: Path, control: str, tmp_path: Path
) -> None:
    """Files are known by the digest that the page states, unless they say themselves for whom they are."""
    server.answer("*", headers={"Cache-Control": control})
    server.add(make_wheel(archives, "app", requires=("six",)), metadata=False)
    server.add(make_wheel(archives, "six"), metadata=False)
    pips = fill(tmp_path / "pip", server)
    shutil.copytree(pips, Path(freewheel.variables["XDG_CACHE_HOME"], "pip"))
    server.clear()
    done = freewheel.run("download", FLAG, "-v", "app", "--index-url", server.index_url)
    files = [f"/files/{name}-1.0-py3-none-any.whl" for name in PROJECTS] if "private" in control else []
    assert asked(server) == [*files, "/simple/app/", "/simple/six/"]
    assert f"What pip's cache has of {server.page_url('six')} is not used: " in done.stdout


def test_a_stale_page_is_validated_by_what_pip_kept(
    freewheel: Freewheel, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    server.answer("/simple/*", headers={"Cache-Control": "public, max-age=0"}, etag='"1"')
    server.add(make_wheel(archives, "app"))
    shutil.copytree(fill(tmp_path / "pip", server), Path(freewheel.variables["XDG_CACHE_HOME"], "pip"))
    server.clear()
    freewheel.run("download", FLAG, "app", "--index-url", server.index_url)
    [page] = server.requests_for("/simple/app/")
    assert (page.header("If-None-Match"), page.status) == ('"1"', 304)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "the record is gone": lambda record, _: record.unlink(),
    "the body is gone": lambda _, body: body.unlink(),
    "half a record": lambda record, _: os.truncate(record, record.stat().st_size // 2),
    "an older version": lambda record, _: record.write_bytes(b"cc=3" + record.read_bytes()[4:]),
    "garbage": lambda record, _: record.write_bytes(b"cc=4,\xc1\xff"),
    "half a body": lambda _, body: os.truncate(body, body.stat().st_size // 2),
    "a flipped bit": lambda _, body: flip(body),
    "a folder": lambda record, _: (record.unlink(), record.mkdir()),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_entry_is_asked_for(pips: Path, freewheel: Freewheel, index: IndexServer, name: str) -> None:
    record = record_path(pips, index.file_url("six-1.0-py3-none-any.whl"))
    DAMAGE[name](record, record.with_name(f"{record.name}.body"))
    before = snapshot(pips, with_times=True)
    done = freewheel.run("install", FLAG, "--target", "ours", "six")
    assert asked(index) == ["/files/six-1.0-py3-none-any.whl"]
    assert done.stderr == ""
    assert snapshot(pips, with_times=True) == before


def test_a_folder_that_everybody_may_write_to_is_left_alone(
    pips: Path, freewheel: Freewheel, index: IndexServer
) -> None:
    (pips / "http-v2").chmod(0o777)
    done = freewheel.run("download", FLAG, "six")
    assert "/simple/six/" in asked(index)
    assert f"Nothing is taken over from pip's cache ({pips / 'http-v2'}: everybody may write to it)." in done.stderr


@pytest.mark.parametrize(
    ("words", "env", "reason"),
    [
        (("--group-cache",), {}, "pip's cache does not tell what was for you alone"),
        (("--no-cache-dir",), {}, "there is no cache that could keep it"),
        ((), {"PIP_NO_CACHE_DIR": "1", "FREEWHEEL_NO_CACHE_DIR": "0"}, "pip's own settings switch its cache off"),
    ],
)
def test_in_vain_is_told(
    pips: Path, freewheel: Freewheel, index: IndexServer, words: tuple[str, ...], env: dict[str, str], reason: str
) -> None:
    assert pips.is_dir()
    done = freewheel.run("download", FLAG, "-v", *words, "six", env=env)
    assert f"--adopt-pip-cache has no effect: {reason}" in done.stdout
    assert "/simple/six/" in asked(index)


def test_where_pip_has_no_cache_nothing_happens(freewheel: Freewheel, index: IndexServer) -> None:
    done = freewheel.run("download", FLAG, "-v", "six", "--index-url", index.index_url)
    pips = Path(freewheel.variables["XDG_CACHE_HOME"], "pip")
    assert f"pip has no cache at {pips}" in done.stdout
    assert done.stderr == ""
    assert not pips.exists()


def test_nothing_of_it_is_imported_for_others(pips: Path, freewheel: Freewheel) -> None:
    program = (
        "import atexit, runpy, sys\n"
        "names = ('pips_cache', 'pip_responses', 'pip_wheels', 'pips_entry', 'adoption', 'foreign')\n"
        "def tell():\n"
        "    print(sorted(name for name in sys.modules if name.rpartition('.')[2] in names), file=sys.stderr)\n"
        "atexit.register(tell)\n"
        "runpy.run_module('freewheel', run_name='__main__')\n"
    )
    assert pips.is_dir()
    other = Freewheel(freewheel.folder, command=(sys.executable, "-c", program), variables=freewheel.variables)
    assert other.run("download", "six").stderr.endswith("[]\n")
    assert "freewheel.net.pip_responses" in other.run("download", FLAG, "six").stderr
