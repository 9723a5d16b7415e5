"""`--cache-layer`: caches that are only read, below the user's own, as somebody at the command line meets them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.process import Result
from tests.support.repositories import GitServer, Repository
from tests.support.server import IndexServer
from tests.support.sources import make_sdist
from tests.support.unprivileged import Person

EVERYTHING = "Reused 2 index pages, 1 download, 1 built wheel, 2 unpacked wheels and 2 sets of bytecode ("
"""The last line of a run that had nothing to do."""

MODULES = {"plain/__init__.py": b"x = 1\n", "plain/more.py": b"y = 2\n"}


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """A wheel, an sdist and another wheel on an index whose pages are fresh for ten minutes."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.add(make_wheel(archives, "plain", files=MODULES))
    server.add(make_sdist(archives, "built", requires=["plain"]))
    server.add(make_wheel(archives, "other", files={"other.py": b"z = 3\n"}))
    server.answer("*", etag=True, headers={"Cache-Control": "max-age=600"})


@pytest.fixture
def layer(freewheel: Freewheel, server: IndexServer, tmp_path: Path) -> Iterator[Path]:
    """A cache that has `built` and what it needs, and cannot be written; the index has not been asked yet."""
    folder = tmp_path / "layer"
    fill(freewheel, folder, "built")
    server.clear()
    close(folder)
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)


def fill(freewheel: Freewheel, folder: Path, *projects: str) -> None:
    freewheel.run("install", "--cache-dir", folder, "--target", f"filling-{folder.name}", *projects)


def close(folder: Path) -> None:
    """Take everybody's right to write."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)


def install(freewheel: Freewheel, number: int, *words: str | Path, expect: int | None = 0) -> Result:
    done = freewheel.run("install", "--target", f"target-{number}", *words, expect=expect)
    if expect == 0:
        assert (freewheel.cwd / f"target-{number}" / "plain" / "more.py").read_bytes() == MODULES["plain/more.py"]
    return done


def last_words(done: Result) -> str:
    text = " ".join(done.stdout.split())
    return text[max(text.find("Reused "), text.find("Nothing could be reused")) :]


def kept(cache: Path) -> set[str]:
    """What a cache holds of things that cost something to make."""
    tables = ("blobs-v1", "wheels-v1", "trees-v1", "repositories-v1")
    return {path.relative_to(cache).as_posix() for table in tables for path in cache.glob(f"{table}/*/*")}


def untouched(folder: Path) -> dict[str, tuple[float, ...]]:
    """What a write, a link or a noted use would change."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {
        str(path): (status.st_mtime_ns, status.st_ctime_ns, status.st_nlink, status.st_ino)
        for path, status in found.items()
    }


# What a layer has is not made again


@pytest.mark.parametrize("own", [(), ("--no-cache-dir",)])
def test_all_of_it_comes_from_the_layer(
    freewheel: Freewheel, server: IndexServer, build_log: BuildLog, layer: Path, own: tuple[str, ...]
) -> None:
    before, builds = untouched(layer), build_log.builds()
    done = install(freewheel, 1, *own, "--cache-layer", layer, "built")
    assert last_words(done).startswith(EVERYTHING)
    assert "New" not in last_words(done)
    assert done.stderr == ""
    assert server.log == []
    assert build_log.builds() == builds
    assert untouched(layer) == before
    assert not any(path.is_file() for path in freewheel.cache.glob("[!h]*-v1/**/*"))  # but for its history
    assert list(freewheel.temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owners as numbers")
def test_a_layer_of_somebody_else_is_read_because_it_is_named(
    freewheel: Freewheel, server: IndexServer, unprivileged: Person
) -> None:
    """The image's base cache: root has filled it, and somebody without rights installs."""
    folder = unprivileged.new_folder() / "layer"
    folder.mkdir(mode=0o755)
    freewheel.run("install", "--group-cache", "--cache-dir", folder, "--target", "filling", "built")
    server.clear()
    before = untouched(folder)
    person = unprivileged.freewheel()
    person.variables["PIP_INDEX_URL"] = server.index_url
    done = person.run("install", "--target", "target", "--cache-layer", folder, "built")
    assert last_words(done).startswith(EVERYTHING)
    assert "New" not in last_words(done)
    assert done.stderr == ""
    assert server.log == []
    assert kept(person.cache) == set()
    person.run("install", "--target", "more", "--cache-layer", folder, "built", "other")
    assert untouched(folder) == before
    [tree] = person.cache.glob("trees-v1/*/*")
    assert (person.cwd / "more" / "other.py").samefile(tree / "files" / "purelib" / "other.py")


@pytest.mark.skipif(sys.platform == "win32", reason="only root, or the owner, can change what is linked")
def test_no_file_of_an_environment_is_the_layers_own(freewheel: Freewheel, layer: Path) -> None:
    """Whoever owns a file may make it writable: through a link that would change the layer."""
    install(freewheel, 1, "--cache-layer", layer, "--link-mode", "hardlink", "built")
    inodes = {path.stat().st_ino for path in layer.rglob("*.py*")}
    modules = [path for path in (freewheel.cwd / "target-1").rglob("*.py*") if path.is_file()]
    assert modules
    assert not inodes & {path.stat().st_ino for path in modules}


def test_the_own_cache_goes_on_linking(freewheel: Freewheel, layer: Path) -> None:
    install(freewheel, 1, "--cache-layer", layer, "built", "other")
    [tree] = freewheel.cache.glob("trees-v1/*/*")
    assert (freewheel.cwd / "target-1" / "other.py").samefile(tree / "files" / "purelib" / "other.py")


@pytest.mark.parametrize("place", ["variable", "pip's variable", "file"])
def test_layers_can_be_set_as_lists_are(
    freewheel: Freewheel, server: IndexServer, layer: Path, tmp_path: Path, place: str
) -> None:
    value = f"{tmp_path / 'empty'} {layer}"
    (tmp_path / "empty" / "entries-v1").mkdir(parents=True)
    if place == "file":
        (tmp_path / "pip.conf").write_text(f"[freewheel]\ncache-layer = {value}\n", encoding="utf-8")
        freewheel.variables["PIP_CONFIG_FILE"] = str(tmp_path / "pip.conf")
    else:
        freewheel.variables["FREEWHEEL_CACHE_LAYER" if place == "variable" else "PIP_CACHE_LAYER"] = value
    assert last_words(install(freewheel, 1, "built")).startswith(EVERYTHING)
    assert server.log == []


def test_offline_a_layer_is_enough(freewheel: Freewheel, server: IndexServer, layer: Path) -> None:
    server.stop()
    install(freewheel, 1, "--offline", "--no-cache-dir", "--cache-layer", layer, "built")


# Several, and the own one


def test_of_two_layers_each_gives_what_it_has(
    freewheel: Freewheel, server: IndexServer, layer: Path, tmp_path: Path
) -> None:
    fill(freewheel, tmp_path / "second", "other")
    server.clear()
    layers = ("--cache-layer", layer, "--cache-layer", tmp_path / "second")
    done = install(freewheel, 1, *layers, "built", "other")
    assert server.log == []
    assert last_words(done).startswith(
        "Reused 3 index pages, 2 downloads, 1 built wheel, 3 unpacked wheels and 3 sets of bytecode ("
    )
    assert kept(freewheel.cache) == set()


def test_what_is_new_goes_into_the_own_cache(freewheel: Freewheel, server: IndexServer, layer: Path) -> None:
    before = untouched(layer)
    install(freewheel, 1, "--cache-layer", layer, "built", "other")
    assert {request.path for request in server.log} == {
        "/simple/other/",
        "/files/other-1.0-py3-none-any.whl",
        "/files/other-1.0-py3-none-any.whl.metadata",
    }
    assert untouched(layer) == before
    server.clear()
    install(freewheel, 2, "--cache-layer", layer, "built", "other")
    assert server.log == []


def test_a_page_that_is_stale_is_validated_and_kept_above(
    freewheel: Freewheel, server: IndexServer, layer: Path
) -> None:
    before = untouched(layer)
    install(freewheel, 1, "--cache-layer", layer, "--refresh", "built")
    assert {request.status for request in server.log} == {304}
    assert untouched(layer) == before


def test_bytecode_that_a_layer_lacks_is_compiled_into_the_own_cache(freewheel: Freewheel, tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    freewheel.run("install", "--no-compile", "--cache-dir", folder, "--target", "filling", "built")
    close(folder)
    done = install(freewheel, 1, "--cache-layer", folder, "built")
    assert "New: 2 sets of bytecode." in last_words(done)
    assert last_words(install(freewheel, 2, "--cache-layer", folder, "built")).startswith(EVERYTHING)
    assert sorted(path.parent.name for path in freewheel.cache.glob("trees-v1/*/*/*")) == sorted(
        path.name for path in folder.glob("trees-v1/*/*")
    )


def test_a_clone_of_a_layer_is_read_and_not_linked(freewheel: Freewheel, tmp_path: Path, build_log: BuildLog) -> None:
    repository = Repository.create(tmp_path / "six.git")
    wanted, layer = f"six @ {repository.url}@{repository.head}", tmp_path / "layer"
    fill(freewheel, layer, wanted)
    assert list(layer.glob("repositories-v1/six/*/clone"))
    repository.folder.rename(tmp_path / "elsewhere")
    close(layer)
    before = untouched(layer)
    freewheel.run("install", "--rebuild", "--no-clean", "--target", "target", "--cache-layer", layer, wanted)
    assert build_log.builds("six") == 2
    assert untouched(layer) == before
    assert {path.partition("/")[0] for path in kept(freewheel.cache)} == {"wheels-v1"}


# What is wrong with a layer


@pytest.mark.parametrize("table", ["entries-v1", "blobs-v1", "wheels-v1", "trees-v1", "everything"])
def test_what_is_damaged_in_a_layer_is_made_again_once(
    freewheel: Freewheel, server: IndexServer, layer: Path, table: str
) -> None:
    for path in (layer if table == "everything" else layer / table).rglob("*"):
        if path.is_file() and path.parent.name != "files" and "purelib" not in path.parts:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:-1] + b"?")
            path.chmod(0o400)
    before = untouched(layer)
    install(freewheel, 1, "--cache-layer", layer, "built")
    assert untouched(layer) == before
    server.clear()
    done = install(freewheel, 2, "--cache-layer", layer, "built")
    assert server.log == []
    assert done.stderr == ""
    assert "New" not in last_words(done)


def test_damage_is_told_with_the_layer(freewheel: Freewheel, layer: Path) -> None:
    for path in layer.glob("entries-v1/http/*/*"):
        path.chmod(0o600)
        path.write_bytes(b"?")
    done = install(freewheel, 1, "--cache-layer", layer, "built")
    warnings = [line for line in done.stderr.splitlines() if f"(in the cache layer {layer})" in line]
    assert len(warnings) == len(done.stderr.splitlines()) > 0


def test_a_tree_that_was_edited_in_a_layer_never_enters_an_environment(
    freewheel: Freewheel, server: IndexServer, build_log: BuildLog, layer: Path
) -> None:
    """Behaviour 132."""
    [module] = layer.glob("trees-v1/*/*/files/purelib/plain/more.py")
    module.chmod(0o644)
    module.write_bytes(b"y = 'edited'\n")
    before, builds = untouched(layer), build_log.builds()
    done = install(freewheel, 1, "--cache-layer", layer, "built")
    assert "was changed in the store" in done.stderr
    assert server.log == []  # the wheel is in the layer as well
    assert build_log.builds() == builds
    assert untouched(layer) == before
    done = install(freewheel, 2, "--cache-layer", layer, "built")
    assert done.stderr == ""
    assert last_words(done).startswith(EVERYTHING)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps what somebody has open")
def test_a_layer_that_vanishes_in_the_middle_is_gone_without(
    freewheel: Freewheel, server: IndexServer, layer: Path
) -> None:
    """Behaviour 65: its wheels were found, and are fetched, built and unpacked after all."""
    gate = Event()
    server.answer("/files/other-1.0-py3-none-any.whl", gate=gate)
    words = ("install", "--target", "target", "--cache-layer", layer, "built", "other")
    with freewheel.start(*words) as process:
        server.wait_for("/files/other-1.0-py3-none-any.whl")
        for path in (layer, *layer.rglob("*")):
            if path.is_dir():
                path.chmod(0o700)
        shutil.rmtree(layer)
        gate.set()
        out, err = process.communicate()
    assert process.returncode == 0, out + err
    assert "Traceback" not in err
    for name in ("plain/more.py", "built.py", "other.py"):
        assert (freewheel.cwd / "target" / name).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_layer_that_everybody_may_write_to_is_refused(
    freewheel: Freewheel, server: IndexServer, layer: Path
) -> None:
    layer.chmod(0o777)
    done = install(freewheel, 1, "--cache-layer", layer, "built")
    [warning] = done.stderr.splitlines()
    assert warning == (
        f"WARNING: The cache layer '{layer}' is not used: everybody may write to it."
        " They could have you install what they put there: take their right away (chmod o-w)."
    )
    assert server.log


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", "it does not exist"),
        ("file", "it is not a folder"),
        ("empty", "it is empty"),
        ("other format", "it has the format of another freewheel (blobs-v9)"),
        ("foreign", "it is no cache of freewheel"),
        ("itself", "it is the cache itself"),
        ("link to itself", "it is the cache itself"),
        ("inside", "it lies in the cache ({cache})"),
        ("around", "the cache lies in it ({cache}), and nothing is written to a layer"),
    ],
)
def test_what_can_be_no_layer_is_told_once_and_gone_without(
    freewheel: Freewheel, tmp_path: Path, what: str, reason: str
) -> None:
    cache = freewheel.cache
    fill(freewheel, cache, "plain")
    named = place = tmp_path / "named"
    if what == "file":
        named.write_bytes(b"")
    elif what in ("empty", "other format", "foreign"):
        named.mkdir()
        if what != "empty":
            (named / ("blobs-v9" if what == "other format" else "photographs")).mkdir()
    elif what == "link to itself":
        named.symlink_to(cache)
        place = cache
    elif what != "missing":
        named = place = {"itself": cache, "inside": cache / "trees-v1", "around": cache.parent}[what]
    before = snapshot(named)
    done = install(freewheel, 1, "--cache-layer", named, "--cache-layer", named, "plain")
    [warning] = done.stderr.splitlines()
    told = f"WARNING: The cache layer '{place}' is not used: {reason.format(cache=cache)}. "
    assert warning.startswith(told)
    assert what not in ("missing", "file", "empty", "other format", "foreign") or snapshot(named) == before


# What is private


def test_what_came_with_credentials_is_not_found_in_a_layer(
    freewheel: Freewheel, server: IndexServer, tmp_path: Path
) -> None:
    """Behaviour 54: the secret that keys it lies in the cache that was filled, and is not taken from there."""
    server.answer("*", credentials=("mary", "s3cr3t"))
    index = ("--index-url", server.index_url.replace("://", "://mary:s3cr3t@"))
    freewheel.run("install", "--cache-dir", tmp_path / "layer", "--target", "filling", *index, "plain")
    server.clear()
    install(freewheel, 1, "--cache-layer", tmp_path / "layer", *index, "plain")
    assert len(server.requests_for("/simple/plain/")) == 1
    secrets = {path.read_bytes() for path in tmp_path.glob("layer/entries-v1/secret/*/*")}
    assert secrets
    assert secrets.isdisjoint(path.read_bytes() for path in freewheel.cache.glob("entries-v1/secret/*/*"))


@pytest.mark.parametrize("user", ["", "me:wrong"])
def test_a_private_repository_is_not_found_in_a_layer(freewheel: Freewheel, tmp_path: Path, user: str) -> None:
    """Behaviour 54: neither its clone, nor the wheel that was built of it, for whoever may not read it."""
    repository = Repository.create(tmp_path / "served" / "six.git")
    with GitServer(folder=tmp_path / "served") as git_server:
        git_server.password = "s3cr3t"
        layer = tmp_path / "layer"
        fill(freewheel, layer, f"six @ {git_server.url(repository, 'me:s3cr3t')}@{repository.head}")
        assert list(layer.glob("repositories-v1/six/*/clone"))
        wanted = f"six @ {git_server.url(repository, user)}@{repository.head}"
        done = freewheel.run("install", "--target", "target", "--cache-layer", layer, wanted, expect=1)
        assert "cannot be read" in done.stderr
        git_server.requests.clear()
        allowed = f"six @ {git_server.url(repository, 'me:s3cr3t')}@{repository.head}"
        freewheel.run("install", "--target", "target", "--cache-layer", layer, allowed)
        assert git_server.requests  # and who may reads it from its server


# The command `cache`


def test_the_cache_command_is_about_the_own_cache(freewheel: Freewheel, layer: Path) -> None:
    before = untouched(layer)
    assert freewheel.run("cache", "dir", "--cache-layer", layer).lines == [str(freewheel.cache)]
    assert freewheel.run("cache", "list", "--cache-layer", layer).lines == ["No locally built wheels cached."]
    assert "Built wheels: 0 (0 bytes)" in freewheel.run("cache", "info", "--cache-layer", layer).lines
    assert "Files removed: 0" in freewheel.run("cache", "remove", "built", "--cache-layer", layer).stdout
    assert "Files removed: 0" in freewheel.run("cache", "purge", "--cache-layer", layer).stdout
    assert freewheel.run("cache", "info", "--no-cache-dir", "--cache-layer", layer, expect=1).stdout == ""
    assert untouched(layer) == before


def test_why_shows_where_a_wheel_of_a_layer_lies(freewheel: Freewheel, layer: Path) -> None:
    lines = freewheel.run("cache", "why", "built", "--cache-layer", layer).lines
    [folder] = layer.glob("wheels-v1/built/*")
    assert f"  kept in: {folder}" in lines
    assert "  It would be reused." in lines


def test_debug_tells_of_layers(freewheel: Freewheel, layer: Path, tmp_path: Path) -> None:
    lines = freewheel.run("debug", "--cache-layer", layer, "--cache-layer", tmp_path / "missing").lines
    start = lines.index("cache layers:")
    assert lines[start + 1 : start + 3] == [
        f"  {layer}",
        f"  {tmp_path / 'missing'} (not used: see the warning)",
    ]


def test_without_layers_nothing_of_them_is_loaded(freewheel: Freewheel) -> None:
    code = (
        "import sys; from freewheel.cli.main import run; sys.argv[0] = 'freewheel'; run();"
        " print(*sorted(name for name in sys.modules if 'layer' in name))"
    )
    runner = Freewheel(freewheel.folder, command=(sys.executable, "-c", code), variables=freewheel.variables)
    assert runner.run("install", "--target", "target", "plain").lines[-1] == ""


def test_the_folder_is_named_from_where_one_is(freewheel: Freewheel, server: IndexServer, layer: Path) -> None:
    shutil.copytree(layer, freewheel.cwd / "base", copy_function=shutil.copy2)
    os.utime(freewheel.cwd / "base")
    assert last_words(install(freewheel, 1, "--cache-layer", "base", "built")).startswith(EVERYTHING)
    assert server.log == []
