"""`cache export` and `cache import`: what a job needs in one file, for the next one or an offline machine."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from freewheel.model.digest import sha256_of
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.server import IndexServer

Change = Callable[[dict[str, bytes]], Mapping[str, bytes]]


@pytest.fixture
def filled(freewheel: Freewheel, server: IndexServer, archives: Path) -> Freewheel:
    """A cache after an installation of a wheel and of an sdist, and of something else before."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("/simple/*", headers={"Cache-Control": "max-age=600"})
    server.add(make_wheel(archives, "earlier", "1.0"))
    server.add(make_sdist(archives, "built", "2.0", requires=["plain"]))
    server.add(make_wheel(archives, "plain", "1.0", files={"plain.py": b"x = 1\n"}))
    freewheel.run("install", "--target", "before", "earlier")
    freewheel.run("install", "--target", "installed", "built")
    return freewheel


@pytest.fixture
def elsewhere(filled: Freewheel, tmp_path: Path) -> Freewheel:
    """Another machine."""
    return Freewheel(tmp_path / "elsewhere", variables={"PIP_INDEX_URL": filled.variables["PIP_INDEX_URL"]})


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


def rewritten(path: Path, changed: Mapping[str, bytes]) -> Path:
    target = path.with_name("changed.tar")
    with tarfile.open(target, "w") as tar:
        for name, data in changed.items():
            information = tarfile.TarInfo(name)
            information.size = len(data)
            tar.addfile(information, io.BytesIO(data))
    return target


def test_what_a_run_used_installs_elsewhere_without_a_network(
    filled: Freewheel, elsewhere: Freewheel, server: IndexServer
) -> None:
    done = filled.run("cache", "export", "needed.tar", "--last-run")
    assert done.lines[-1].startswith("Exported ")
    names = "\n".join(members(filled.cwd / "needed.tar"))
    assert "wheels/built/" in names
    assert "earlier" not in names, "the last run did not use it"
    (filled.cwd / "needed.tar").rename(elsewhere.cwd / "needed.tar")
    assert elsewhere.run("cache", "import", "needed.tar").lines[0].startswith("Imported ")
    server.clear()
    elsewhere.run("install", "--offline", "--target", "installed", "built")
    assert server.log == []
    assert (elsewhere.cwd / "installed" / "plain.py").read_bytes() == b"x = 1\n"
    again = elsewhere.run("cache", "import", "needed.tar").stdout
    assert again.startswith("Imported nothing. ")


def test_the_same_things_give_the_same_bytes(filled: Freewheel) -> None:
    filled.run("cache", "export", "first.tar")
    filled.run("install", "--target", "again", "built")
    filled.run("cache", "list", "--kind=all")
    filled.run("cache", "export", "second.tar")
    assert (filled.cwd / "first.tar").read_bytes() == (filled.cwd / "second.tar").read_bytes()
    with tarfile.open(filled.cwd / "first.tar") as tar:
        assert {(one.mtime, one.uid, one.gid, one.uname, one.mode) for one in tar} == {(0, 0, 0, "", 0o644)}


def test_an_archive_of_an_archive_is_the_archive(filled: Freewheel, elsewhere: Freewheel) -> None:
    filled.run("cache", "export", "all.tar")
    (filled.cwd / "all.tar").rename(elsewhere.cwd / "all.tar")
    elsewhere.run("cache", "import", "all.tar")
    elsewhere.run("cache", "export", "again.tar")
    assert (elsewhere.cwd / "again.tar").read_bytes() == (elsewhere.cwd / "all.tar").read_bytes()


def test_patterns_say_what_goes(filled: Freewheel) -> None:
    filled.run("cache", "export", "plain.tar", "plain==1.0")
    names = "\n".join(members(filled.cwd / "plain.tar"))
    assert "/plain/" in names
    assert "built" not in names
    assert "/http/plain/" in names, "with the page, without which it would not be found"
    done = filled.run("cache", "export", "two.tar", "plain", "absent")
    assert 'No matching packages for pattern "absent"' in done.stderr
    before = snapshot(filled.cache)
    done = filled.run("cache", "export", "nothing.tar", "absent", expect=1)
    assert done.stdout == "Nothing of that can be exported.\n"
    assert "cannot be combined" in filled.run("cache", "export", "x.tar", "plain", "--last-run", expect=1).stderr
    assert snapshot(filled.cache) == before


@pytest.mark.parametrize("way", ["index", "removed", "no-store", "url", "redirect"])
def test_what_was_got_with_credentials_never_travels(
    freewheel: Freewheel, server: IndexServer, archives: Path, way: str
) -> None:
    """Neither pages and files, nor what was made of them, nor what was found out about them, whatever is left."""
    lifetime = "no-store" if way == "no-store" else "max-age=600"
    server.answer("/*", headers={"Cache-Control": lifetime})
    secret = b"top = 'secret'\n"
    server.add(make_wheel(archives, "private", "1.0", files={"private.py": secret}))
    sources = make_sdist(archives, "sources", "1.0", files={"sources.py": secret})
    server.add(sources)
    with_user = server.index_url.replace("://", "://me:password@")
    words = ["--index-url", with_user, "private", "sources"]
    if way == "url":
        words = ["--index-url", server.index_url, server.file_url(sources.name).replace("://", "://me:password@")]
    elif way == "redirect":
        signed = f"{server.file_url(sources.name)}?signature=password"
        server.answer(f"/gate/{sources.name}", status=302, headers={"Location": signed})
        words = [f"{server.url.replace('://', '://me:password@')}gate/{sources.name}", "--no-index"]
    freewheel.run("install", "--no-deps", "--target", "there", *words)
    if way == "removed":
        freewheel.run("cache", "remove", "--kind=downloads", "--kind=pages", "private", "sources")
    done = freewheel.run("cache", "export", "all.tar", expect=None)
    assert "Left here: " in done.stdout
    if (freewheel.cwd / "all.tar").exists():
        for name, data in members(freewheel.cwd / "all.tar").items():
            for text in (b"password", b"private", b"sources", secret):
                assert text not in data, name
                assert text.decode() not in name


def test_what_tells_of_this_machine_stays(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """Wheels of local sdists, and such as were built with settings, which may hold anything."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    server.add(make_sdist(archives, "settled", "1.0"))
    local = make_sdist(archives, "local", "1.0")
    freewheel.run("wheel", local)
    freewheel.run("wheel", "settled", "-C", "token=password", env={"CFLAGS": "-I/home/somebody/include"})
    freewheel.run("cache", "export", "all.tar")
    found = members(freewheel.cwd / "all.tar")
    assert not any(name.startswith("wheels/") for name in found)
    for data in found.values():
        assert b"password" not in data
        assert str(archives).encode() not in data


def test_nothing_to_export_leaves_the_archive_that_is_there(filled: Freewheel) -> None:
    filled.run("cache", "export", "all.tar")
    before = (filled.cwd / "all.tar").read_bytes()
    filled.run("cache", "export", "all.tar", "absent", expect=1)
    assert (filled.cwd / "all.tar").read_bytes() == before


def test_damaged_things_are_left_out(filled: Freewheel, elsewhere: Freewheel) -> None:
    wheel = next(filled.cache.glob("wheels-v1/*/*/*.whl"))
    (wheel.parent / "origin.json").unlink()
    blob = next(path for path in filled.cache.glob("blobs-v1/*/*") if path.read_bytes()[:2] == b"PK")
    blob.write_bytes(b"nonsense")
    filled.run("cache", "export", "all.tar")
    assert elsewhere.run("cache", "import", filled.cwd / "all.tar").stdout.startswith("Imported ")


def test_which_blob_has_a_digest_is_not_believed(filled: Freewheel, server: IndexServer) -> None:
    """A record that says that other bytes have the stated digest gives nobody these bytes."""
    good, evil = (sha256_of(data) for data in (server_bytes(filled), b"evil"))
    entries = LocalEntries(root=CacheRoot(path=filled.cache), clock=time.time)
    writer = LocalBlobs(root=CacheRoot(path=filled.cache)).create()
    writer.write(b"evil")
    assert writer.commit() == evil
    filled.run("cache", "remove", "plain")
    entries.put("digest", "plain", str(good), Record(fields={}, blobs=(evil,)))
    server.clear()
    filled.run("install", "--target", "again", "plain")
    assert (filled.cwd / "again" / "plain.py").read_bytes() == b"x = 1\n"


def server_bytes(freewheel: Freewheel) -> bytes:
    """The bytes of the wheel that the index has."""
    found = json.loads(freewheel.run("cache", "list", "plain", "--kind=downloads", "--format=json").stdout)
    (path,) = (one for one in freewheel.cache.glob("blobs-v1/*/*") if f"sha256:{one.name}" in found[0]["digests"])
    return path.read_bytes()


def _flip(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


def _first(names: Mapping[str, bytes], start: str, end: str = "") -> str:
    return next(name for name in names if name.startswith(start) and name.endswith(end))


def _changed(start: str, end: str = "") -> Change:
    def change(names: dict[str, bytes]) -> Mapping[str, bytes]:
        name = _first(names, start, end)
        return names | {name: _flip(names[name])}

    return change


def _renamed(start: str, new: str) -> Change:
    def change(names: dict[str, bytes]) -> Mapping[str, bytes]:
        name = _first(names, start)
        return {new if one == name else one: data for one, data in names.items()}

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_changed("blobs/"), "the bytes that should have the digest"),
        (_changed("entries/http/"), "checksum"),
        (_changed("wheels/", ".whl"), "is not the wheel that its build record tells of"),
        (_changed("wheels/", "build.json"), "cannot be read"),
        (_renamed("blobs/", "wheels/a\\\\b/c/d-1-py3-none-any.whl"), "is nothing that a cache holds"),
        (_renamed("blobs/", "../../escaped"), "is nothing that a cache holds"),
        (_renamed("blobs/", "/etc/escaped"), "is nothing that a cache holds"),
        (_renamed("entries/", "entries/../../escaped"), "is nothing that a cache holds"),
        (_renamed("wheels/", "wheels/../../escaped.whl"), "is nothing that a cache holds"),
        (_renamed("wheels/", "wheels/built/0123/built-2.0-py3-none-any.whl"), "is not there as a whole"),
        (lambda names: {name: data for name, data in names.items() if name != "end"}, "its end is missing"),
        (_renamed("freewheel-cache", "something"), "it is no archive of a cache"),
        (lambda names: names | {"freewheel-cache": b'{"format": 99}'}, "its format is 99"),
        (lambda names: names | {"freewheel-cache": b"nonsense"}, "which format"),
    ],
)
def test_nothing_is_believed_that_can_be_checked(
    filled: Freewheel, elsewhere: Freewheel, tmp_path: Path, change: Change, complaint: str
) -> None:
    filled.run("cache", "export", "all.tar")
    path = rewritten(filled.cwd / "all.tar", change(members(filled.cwd / "all.tar")))
    done = elsewhere.run("cache", "import", path, expect=1)
    assert complaint in done.stderr
    assert not list(tmp_path.rglob("*escaped*"))
    # What came in before it is sound.
    elsewhere.run("install", "--target", "installed", "built")
    for one in json.loads(elsewhere.run("cache", "list", "--kind=all", "--format=json").stdout):
        assert not one["is-damaged"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(filled: Freewheel, elsewhere: Freewheel, kind: bytes) -> None:
    filled.run("cache", "export", "all.tar")
    head = members(filled.cwd / "all.tar")["freewheel-cache"]
    path = filled.cwd / "links.tar"
    with tarfile.open(path, "w") as tar:
        first = tarfile.TarInfo("freewheel-cache")
        first.size = len(head)
        tar.addfile(first, io.BytesIO(head))
        link = tarfile.TarInfo("blobs/" + "0" * 64)
        link.type, link.linkname = kind, "/etc/passwd"
        tar.addfile(link)
    assert "is no file" in elsewhere.run("cache", "import", path, expect=1).stderr


def test_an_archive_that_was_cut_off_anywhere_is_told(filled: Freewheel, elsewhere: Freewheel) -> None:
    filled.run("cache", "export", "all.tar")
    path, data = filled.cwd / "short.tar", (filled.cwd / "all.tar").read_bytes()
    sizes = {0, 10, 512, 700, 1024, 1536, 1600, *range(2048, len(data) - 10_240, len(data) // 8)}
    for size in sorted(sizes):
        path.write_bytes(data[:size])
        done = elsewhere.run("cache", "import", path, expect=1)
        assert "The archive cannot be imported into the cache." in done.stderr, size


def test_a_member_that_is_mostly_holes_is_refused(filled: Freewheel, elsewhere: Freewheel) -> None:
    """Ten kilobytes must not write gigabytes."""
    holes = filled.cwd / ("0" * 64)
    with holes.open("wb") as file:
        file.truncate(50_000_000)
    head = filled.cwd / "freewheel-cache"
    head.write_bytes(b'{"format": 1}\n')
    command = [
        "tar",
        "--sparse",
        "--format=gnu",
        "-cf",
        "holes.tar",
        "--transform",
        "s,^0,blobs/0,",
        head.name,
        holes.name,
    ]
    subprocess.run(command, cwd=filled.cwd, check=True)
    assert (filled.cwd / "holes.tar").stat().st_size < 100_000
    assert "is no file" in elsewhere.run("cache", "import", filled.cwd / "holes.tar", expect=1).stderr


def test_files_that_are_not_there_or_cannot_be_written_are_told(filled: Freewheel) -> None:
    assert "No such file" in filled.run("cache", "import", "absent.tar", expect=1).stderr
    done = filled.run("cache", "export", "absent/all.tar", expect=1)
    assert f"Could not write {filled.cwd / 'absent' / 'all.tar'}: there is no such folder." in done.stderr
    (filled.cwd / "folder.tar").mkdir()
    assert "it is a folder" in filled.run("cache", "export", "folder.tar", expect=1).stderr
    assert [path.name for path in filled.cwd.glob(".*")] == []
