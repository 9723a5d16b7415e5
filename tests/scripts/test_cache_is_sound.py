"""`freewheel cache verify`: what is kept is checked, what is wrong is told and put right (behaviours 62 to 66)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import kept
from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.repositories import Repository
from tests.support.server import IndexServer
from tests.support.unprivileged import Person

SOUND = re.compile(
    r"Checked \d+ files and pages, \d+ records, 2 built wheels, 3 unpacked wheels, \d+ sets of bytecode"
    r" and 1 clone \(.*\): all are sound\."
)


@pytest.fixture
def install(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment, tmp_path: Path
) -> Callable[..., str]:
    """Installs a wheel, an sdist and a repository of an index into the environment; what is printed."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.add(make_wheel(archives, "plain", entry_points={"console_scripts": {"plain": "plain:main"}}))
    server.add(make_sdist(archives, "built"))
    server.answer("*", headers={"Cache-Control": "max-age=600"}, etag=True)
    cloned = Repository.create(tmp_path / "cloned", "cloned")
    words = ("plain", "built", f"cloned @ {cloned.url}@{cloned.head}")

    def act(*options: str) -> str:
        done = freewheel.run("install", "--python", environment.python, "--force-reinstall", "-v", *options, *words)
        assert {"plain", "built", "cloned"} <= environment.installed().keys()
        return done.stdout + done.stderr

    return act


@pytest.fixture
def filled(install: Callable[..., str], freewheel: Freewheel) -> Freewheel:
    """A command line whose cache holds all of that."""
    install()
    return freewheel


def found(freewheel: Freewheel, pattern: str) -> Path:
    return min(freewheel.cache.glob(pattern))


def other_blob(freewheel: Freewheel, digest: str) -> Path:
    """A blob that is not the one with this digest."""
    return min(path for path in freewheel.cache.glob("blobs-v1/*/*") if path.name != digest)


def tree_of(freewheel: Freewheel, project: str) -> Path:
    (manifest,) = [
        path for path in freewheel.cache.glob("trees-v1/*/*/manifest") if project in str(path.read_bytes())
    ]
    return manifest.parent


# Sound, empty and missing


def test_a_missing_cache_is_sound_and_is_not_made(freewheel: Freewheel) -> None:
    for words in ((), ("--repair",)):
        done = freewheel.run("cache", "verify", *words)
        assert done.stdout == (
            "Checked 0 files and pages, 0 records, 0 built wheels, 0 unpacked wheels, 0 sets of bytecode and 0 clones"
            " (0 bytes): all are sound.\n"
        )
    assert not freewheel.cache.exists()


def test_what_an_installation_leaves_is_sound_and_untouched(
    filled: Freewheel, install: Callable[..., str], server: IndexServer, archives: Path
) -> None:
    before = snapshot(filled.cache, with_times=True)
    assert SOUND.fullmatch(filled.run("cache", "verify").stdout.strip())
    assert SOUND.fullmatch(filled.run("cache", "verify", "--repair").stdout.strip())
    assert snapshot(filled.cache, with_times=True) == before
    server.add(make_wheel(archives, "plain", "2.0"))
    assert "plain" in install("--refresh", "--rebuild")
    assert filled.run("cache", "verify").stdout.endswith("all are sound.\n")
    filled.run("cache", "remove", "plain")
    assert filled.run("cache", "verify").stdout.endswith("all are sound.\n")


def test_a_cache_that_is_switched_off_cannot_be_verified(freewheel: Freewheel) -> None:
    done = freewheel.run("cache", "verify", "--no-cache-dir", expect=1)
    assert "cache commands can not function since cache is disabled" in done.stderr


def test_with_dry_run_nothing_is_repaired(filled: Freewheel) -> None:
    kept.flip(tree_of(filled, "plain") / "files" / "purelib" / "plain.py")
    before = snapshot(filled.cache, with_times=True)
    assert filled.run("cache", "verify", "--repair", "--dry-run", expect=1).lines[-1].endswith(": 1 is wrong.")
    assert snapshot(filled.cache, with_times=True) == before


def test_it_takes_no_arguments(freewheel: Freewheel) -> None:
    assert "ERROR: Too many arguments" in freewheel.run("cache", "verify", "six", expect=1).stderr


def test_an_installation_at_the_same_time_is_no_fault(
    freewheel: Freewheel, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    for number in range(10):
        server.add(make_wheel(archives, f"project-{number}", files={f"m{one}.py": "x = 1\n" for one in range(50)}))
    names = [f"project-{number}" for number in range(10)]
    words = ("install", "--index-url", server.index_url, "--target", tmp_path / "target", *names)
    done = []
    with freewheel.start(*words) as installing:
        while installing.poll() is None:
            done.append(freewheel.run("cache", "verify", expect=None))
    done.append(freewheel.run("cache", "verify"))
    assert installing.returncode == 0
    assert [result.stdout for result in done if result.code] == []
    assert "10 unpacked wheels" in done[-1].stdout


# Damaged


def damaged(freewheel: Freewheel) -> Iterator[tuple[str, Path]]:
    """One of everything is damaged; what it is, and where it lies."""
    tree = tree_of(freewheel, "plain")
    bytecode = min(tree_of(freewheel, "built").glob("bytecode/*"))
    for kind, place, damage, path in (
        ("blob", other_blob(freewheel, tree.name), kept.truncate, None),
        ("record", found(freewheel, "entries-v1/interpreter/*/*"), kept.flip, None),
        ("wheel", found(freewheel, "wheels-v1/built/*"), kept.flip, "*.whl"),
        ("bytecode", bytecode, kept.keeping_time(kept.flip), "files/**/*.pyc"),
        ("tree", tree, kept.keeping_time(kept.flip), "files/purelib/plain.py"),
        ("repository", found(freewheel, "repositories-v1/*/*"), kept.delete, "clone/HEAD"),
    ):
        damage(place if path is None else min(place.glob(path)))
        yield kind, place


def test_damage_is_told_repaired_and_healed_by_the_next_installation(
    filled: Freewheel, install: Callable[..., str], build_log: BuildLog
) -> None:
    places = dict(damaged(filled))
    before = snapshot(filled.cache, with_times=True)
    done = filled.run("cache", "verify", expect=1)
    assert done.stderr == ""
    assert snapshot(filled.cache, with_times=True) == before
    for place in places.values():
        assert f"  where:     {place}" in done.lines
    assert done.lines[-1].endswith(": 6 are wrong.")
    (at,) = [number for number, line in enumerate(done.lines) if line.startswith("Unpacked wheel plain 1.0 (plain)")]
    assert done.lines[at] == "Unpacked wheel plain 1.0 (plain): its bytes were changed."
    assert done.lines[at + 2] == "  file:      files/purelib/plain.py"
    assert re.fullmatch(r"  expected:  sha256=[\w-]{43}", done.lines[at + 3])
    assert re.fullmatch(r"  found:     sha256=[\w-]{43}", done.lines[at + 4])
    assert "--force-reinstall" in done.lines[at + 5]
    assert done.lines[at + 6].startswith(
        "  to do:     `freewheel cache verify --repair` drops it; it is unpacked again"
    )

    repaired = filled.run("cache", "verify", "--repair")
    assert repaired.lines[-1].endswith(": 6 were wrong, 6 dropped.")
    assert not any(place.exists() for place in places.values())
    assert filled.run("cache", "verify").stdout.endswith("all are sound.\n")

    builds = build_log.builds("built")
    install()
    assert build_log.builds("built") == builds + 1
    assert SOUND.fullmatch(filled.run("cache", "verify").stdout.strip())


def test_a_damaged_tree_comes_back_without_a_network(filled: Freewheel, install: Callable[..., str]) -> None:
    kept.flip(tree_of(filled, "plain") / "files" / "purelib" / "plain.py")
    done = filled.run("cache", "verify", "--repair")
    assert "it is unpacked again when it is next needed, from its wheel, which is kept and sound." in done.stdout
    install("--offline")
    assert SOUND.fullmatch(filled.run("cache", "verify").stdout.strip())


def test_a_tree_whose_wheel_is_gone_is_told_to_be_fetched_again(filled: Freewheel) -> None:
    tree = tree_of(filled, "plain")
    kept.flip(tree / "files" / "purelib" / "plain.py")
    found(filled, f"blobs-v1/*/{tree.name}").unlink()
    done = filled.run("cache", "verify", expect=1)
    assert f"expected:  the blob sha256:{tree.name}" in done.stdout
    assert "drops it; it is fetched again when it is next needed." in done.stdout
    assert filled.run("cache", "verify", "--repair").lines[-1].endswith("dropped.")
    assert filled.run("cache", "verify").stdout.endswith("all are sound.\n")


def test_times_and_permissions_are_put_right_in_place(filled: Freewheel, environment: Environment) -> None:
    installed = environment.site_packages / "plain.py"
    time = installed.stat().st_mtime
    kept.touch(installed)
    installed.chmod(0o644)
    done = filled.run("cache", "verify", expect=1)
    assert "Unpacked wheel plain 1.0 (plain): its times were changed and its permissions were changed." in done.lines
    assert filled.run("cache", "verify", "--repair").lines[-1].endswith(": 1 was wrong, 1 put right.")
    assert installed.stat().st_mtime == time
    assert installed.stat().st_mode & 0o777 == 0o444


def test_json_has_everything_for_programs(filled: Freewheel) -> None:
    sound = json.loads(filled.run("cache", "verify", "--format=json").stdout)
    assert (sound["format"], sound["cache"], sound["is-sound"]) == (1, str(filled.cache), True)
    assert sound["findings"] == []
    assert sound["checked"]["tree"] == 3
    places = {kind: str(place) for kind, place in damaged(filled)}
    found = json.loads(filled.run("cache", "verify", "--format", "json", expect=1).stdout)
    assert found["is-sound"] is False
    assert {one["kind"]: one["path"] for one in found["findings"]} == places
    assert {one["repair"] for one in found["findings"]} == {None}
    (tree,) = [one for one in found["findings"] if one["kind"] == "tree"]
    assert (tree["project"], tree["name"], tree["again"], tree["reason"]) == ("plain", "plain 1.0", "unpacked", None)
    (fault,) = tree["faults"]
    assert (fault["trouble"], fault["file"]) == ("digest", "files/purelib/plain.py")
    done = json.loads(filled.run("cache", "verify", "--repair", "--format=json").stdout)
    assert done["is-sound"] is True
    assert {one["repair"] for one in done["findings"]} == {"dropped"}


def test_paths_alone_for_scripts(filled: Freewheel) -> None:
    places = sorted(str(place) for _, place in damaged(filled))
    assert sorted(filled.run("cache", "verify", "--format=abspath", expect=1).lines) == places


# Read-only, and what cannot be removed


def test_a_read_only_cache_is_verified_and_not_repaired(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "plain"))
    freewheel = unprivileged.freewheel()
    freewheel.run(
        "install", "--target", freewheel.folder / "target", "plain", env={"PIP_INDEX_URL": server.index_url}
    )
    module = tree_of(freewheel, "plain") / "files" / "purelib" / "plain.py"
    kept.flip(module)
    freewheel.cache.chmod(0o500)
    before = snapshot(freewheel.cache, with_times=True)
    try:
        done = freewheel.run("cache", "verify", expect=1)
        assert "files/purelib/plain.py" in done.stdout
        refused = freewheel.run("cache", "verify", "--repair", expect=1)
        assert refused.stdout == ""
        assert refused.stderr.splitlines()[:2] == [
            "ERROR: The cache can only be read, and stays as it is.",
            f"  where: {freewheel.cache}",
        ]
        assert snapshot(freewheel.cache, with_times=True) == before
    finally:
        freewheel.cache.chmod(0o700)
    assert freewheel.run("cache", "verify", "--repair").stdout.endswith("1 was wrong, 1 dropped.\n")


def test_what_cannot_be_removed_is_told_with_the_reason(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "plain"))
    freewheel = unprivileged.freewheel()
    freewheel.run(
        "install", "--target", freewheel.folder / "target", "plain", env={"PIP_INDEX_URL": server.index_url}
    )
    tree = tree_of(freewheel, "plain")
    kept.flip(tree / "files" / "purelib" / "plain.py")
    tree.parent.chmod(0o500)
    try:
        done = freewheel.run("cache", "verify", "--repair", expect=1)
        assert "  done:      It could not be put right: Permission denied." in done.stdout
        assert done.lines[-1].endswith(": 1 was wrong, 1 still wrong.")
        shown = json.loads(freewheel.run("cache", "verify", "--repair", "--format=json", expect=1).stdout)
        assert shown["findings"][0]["repair"] == "failed"
        assert shown["findings"][0]["reason"] == "Permission denied"
    finally:
        tree.parent.chmod(0o700)
    assert tree.exists()


def test_what_another_user_keeps_for_themselves_is_told_and_stays(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    if unprivileged.uid is None:
        pytest.skip("only root can give a file to somebody else")
    server.add(make_wheel(archives, "plain"))
    freewheel = unprivileged.freewheel()
    freewheel.run(
        "install", "--target", freewheel.folder / "target", "plain", env={"PIP_INDEX_URL": server.index_url}
    )
    record = found(freewheel, "entries-v1/interpreter/*/*")
    os.chown(record, 0, 0)
    record.chmod(0o600)
    done = freewheel.run("cache", "verify", "--repair", expect=1)
    assert f"  where:     {record}" in done.lines
    assert "  found:     Permission denied" in done.lines
    assert "it belongs to another user" in done.stdout
    assert record.exists()


def test_a_folder_that_nobody_can_look_into_is_told_and_opened(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "plain"))
    freewheel = unprivileged.freewheel()
    freewheel.run(
        "install", "--target", freewheel.folder / "target", "plain", env={"PIP_INDEX_URL": server.index_url}
    )
    kept.flip(tree_of(freewheel, "plain") / "files" / "purelib" / "plain.py")
    table = freewheel.cache / "trees-v1"
    table.chmod(0)
    done = freewheel.run("cache", "verify", expect=1)
    assert "Folder trees-v1: it cannot be read." in done.lines
    assert freewheel.run("cache", "verify", "--repair").lines[-1].endswith("2 were wrong, 1 dropped and 1 put right.")
    assert freewheel.run("cache", "verify").stdout.endswith("all are sound.\n")


def test_no_password_is_told(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "plain"))
    url = server.index_url.replace("://", "://me:s3cret@")
    freewheel.run("install", "--target", "target", "--index-url", url, "plain")
    for path in (*freewheel.cache.glob("blobs-v1/*/*"),):
        kept.flip(path)
    done = freewheel.run("cache", "verify", expect=1)
    assert "needed by:" in done.stdout
    assert "s3cret" not in done.stdout
