"""Sdists and folders become wheels through a backend that needs nothing installed."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.build.builder import Builder
from freewheel.build.wheel_cache import CachedWheel, WheelCache
from freewheel.errors import BackendFailed, BackendUnusable, BuildRequirementsUnavailable, InvalidWheel
from freewheel.events import BuildFinished, BuildStarted, Healed, Missed, Noted, Reused, Warned, WheelBuilt
from freewheel.model import direct_url
from freewheel.model.artifact import normalize
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.protocol import BuiltWheel, Miss
from freewheel.store.root import CacheRoot
from tests.build.workshop import Workshop, folder_artifact, sdist_artifact
from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.folders import snapshot


def stored_wheels(workshop: Workshop) -> list[Path]:
    return sorted(workshop.cache.glob("wheels-v1/*/*/*.whl"))


def the_record(workshop: Workshop, name: str) -> dict[str, object]:
    (path,) = workshop.cache.glob(f"wheels-v1/*/*/{name}")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_an_sdist_is_built_once_and_the_second_run_does_not_fetch_it(workshop: Workshop, archives: Path) -> None:
    """Behaviour 76."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    first = workshop.run()
    built = first.builder.wheel(artifact)
    second = workshop.run()
    reused = second.builder.wheel(artifact)
    assert (built.was_reused, reused.was_reused) == (False, True)
    assert reused.digest == built.digest
    assert reused.path.name == "six-1.0-py3-none-any.whl"
    assert workshop.build_log.builds() == 1
    assert second.archives.fetched == []
    (missed,), (saved,) = first.events(Missed), second.events(Reused)
    assert isinstance(missed, Missed)
    assert isinstance(saved, Reused)
    assert missed.reason == "no wheel has been built from it yet"
    assert saved.seconds == pytest.approx(missed.seconds, abs=0.001)


@dataclass(frozen=True)
class CountedWheels:
    """Counts how often a wheel is looked up."""

    inner: LocalBuiltWheels
    asked: list[str] = field(default_factory=list)

    def get(self, project: str, key: str) -> BuiltWheel | Miss:
        self.asked.append(project)
        return self.inner.get(project, key)

    def put(self, project: str, key: str, wheel: Path, *, origin: bytes, build: bytes, log: bytes) -> BuiltWheel:
        return self.inner.put(project, key, wheel, origin=origin, build=build, log=log)

    def remove(self, project: str, key: str) -> bool:
        return self.inner.remove(project, key)

    def scan(self, project: str | None = None) -> Iterator[BuiltWheel]:
        return self.inner.scan(project)


def test_within_a_run_a_stored_wheel_is_read_once_as_long_as_it_is_there(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().builder.wheel(artifact)
    wheels = CountedWheels(LocalBuiltWheels(root=CacheRoot(path=workshop.cache), clock=time.time))
    run = workshop.run()
    cache = WheelCache(wheels=wheels, clock=time.time, program_version="1.2.3", compilers=lambda _: {})
    builder = Builder(sources=run.sources, cache=cache, locks=None, reporter=run.recorder)
    assert [isinstance(builder.cached(artifact), CachedWheel) for _ in range(2)] == [True, True]
    assert wheels.asked == ["six"]
    (path,) = stored_wheels(workshop)
    path.unlink()
    assert not builder.wheel(artifact).was_reused


def test_within_a_run_a_wheel_is_built_once(workshop: Workshop, archives: Path) -> None:
    run = workshop.run()
    artifact = sdist_artifact(make_sdist(archives, "six"))
    assert run.builder.wheel(artifact) is run.builder.wheel(artifact)


def test_what_is_stored_says_where_it_came_from(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", build_requires=["setuptools"]))
    secret = replace(artifact, url=artifact.url.replace("file://", "file://me:s3cret@localhost"))
    built = workshop.run(variables={"CFLAGS": "-O1"}).builder.wheel(secret)
    (digest,) = artifact.digests
    origin = {
        "archive_info": {"hash": f"sha256={digest.value}", "hashes": {"sha256": digest.value}},
        "url": artifact.url.replace("file://", "file://localhost"),
    }
    assert the_record(workshop, "origin.json") == origin == direct_url.as_object(built.origin)
    record = the_record(workshop, "build.json")
    assert record["key"]["variables"] == {"CFLAGS": "-O1"}
    assert record["wheel"] == {
        "filename": built.path.name,
        "sha256": built.digest.value,
        "size": built.path.stat().st_size,
    }
    assert record["backend"] == "build_backend"
    assert record["build_requirements"][0].startswith("setuptools==")
    assert record["freewheel"] == "1.2.3"
    (log,) = workshop.cache.glob("wheels-v1/*/*/build.log")
    assert "== Building wheel for six (pyproject.toml)" in log.read_text(encoding="utf-8")
    everything = b"".join(path.read_bytes() for path in workshop.cache.rglob("*") if path.is_file())
    assert b"s3cret" not in everything


def test_another_minor_version_or_implementation_has_a_wheel_of_its_own(workshop: Workshop, archives: Path) -> None:
    """Behaviour 78."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    target = workshop.interpreter.target
    others = [
        replace(workshop.interpreter, target=replace(target, **change))
        for change in ({"python_version": "3.99"}, {"implementation": "pypy"}, {"abi_flags": "t"})
    ]
    for interpreter in (workshop.interpreter, *others):
        assert not workshop.run(interpreter=interpreter, is_isolated=False).builder.wheel(artifact).was_reused
    assert len(stored_wheels(workshop)) == 4


def test_two_subdirectories_of_an_archive_have_wheels_of_their_own(workshop: Workshop, archives: Path) -> None:
    """Behaviour 79."""
    tree = make_project_dir(archives / "tree", "six")
    inner = make_project_dir(archives / "inner", "six", files={"six_inner.py": ""})
    sdist = archives / "six-1.0.zip"
    with zipfile.ZipFile(sdist, "w") as archive:
        for root, prefix in ((tree, "six-1.0/a"), (inner, "six-1.0/b/c")):
            for path in (path for path in root.rglob("*") if path.is_file()):
                archive.write(path, f"{prefix}/{path.relative_to(root)}")
    run = workshop.run()
    outer_wheel = run.builder.wheel(sdist_artifact(sdist, subdirectory="a"))
    inner_wheel = run.builder.wheel(sdist_artifact(sdist, subdirectory="b/c"))
    assert outer_wheel.digest != inner_wheel.digest
    assert direct_url.as_object(inner_wheel.origin)["subdirectory"] == "b/c"
    assert len(stored_wheels(workshop)) == 2


def test_the_same_url_with_another_digest_is_another_source(workshop: Workshop, archives: Path) -> None:
    """Behaviours 80 and 94."""
    first = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().builder.wheel(first)
    second = sdist_artifact(make_sdist(archives, "six", files={"six.py": "new = 1\n"}))
    assert first.url == second.url
    run = workshop.run()
    built = run.builder.wheel(second)
    assert not built.was_reused
    assert [event.reason for event in run.events(Missed)] == ["no wheel has been built from it yet"]
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("six.py") == b"new = 1\n"


def test_an_sdist_without_a_stated_digest_is_known_by_its_content(workshop: Workshop, archives: Path) -> None:
    """Behaviour 94, for a path."""
    artifact = sdist_artifact(make_sdist(archives, "six"), is_stated=False)
    assert not workshop.run().builder.wheel(artifact).was_reused
    assert workshop.run().builder.wheel(artifact).was_reused
    make_sdist(archives, "six", files={"six.py": "new = 1\n"})
    assert not workshop.run().builder.wheel(artifact).was_reused


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"name": "six", "tag": "cp27-cp27mu-win32"}, "do not fit this interpreter"),
        ({"name": "seven"}, "it is for the project seven"),
        ({"name": "six", "version": "2.0"}, "it has the version 2.0"),
    ],
    ids=["tags", "project", "version"],
)
def test_a_stored_wheel_that_is_another_is_ignored_and_replaced(
    workshop: Workshop, archives: Path, other: dict[str, str], words: str
) -> None:
    """Behaviours 81, 82, 83."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().builder.wheel(artifact)
    (stored,) = stored_wheels(workshop)
    foreign = make_wheel(archives, other.pop("name"), **other)
    stored.unlink()
    foreign.rename(stored.with_name(foreign.name))
    run = workshop.run()
    assert not run.builder.wheel(artifact).was_reused
    (healed,) = run.events(Healed)
    assert isinstance(healed, Healed)
    assert words in healed.reason
    assert workshop.run().builder.wheel(artifact).was_reused


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, flip, empty])
@pytest.mark.parametrize("name", ["six-1.0-py3-none-any.whl", "build.json"])
def test_a_damaged_entry_is_built_again_and_replaced(workshop: Workshop, archives: Path, damage, name: str) -> None:
    """Behaviour 84."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().builder.wheel(artifact)
    (path,) = workshop.cache.glob(f"wheels-v1/*/*/{name}")
    path.chmod(0o600)
    damage(path)
    run = workshop.run()
    run.builder.wheel(artifact)
    if run.events(Reused):  # a flipped bit in build.json need not concern the wheel
        assert (damage, name) == (flip, "build.json")
        return
    assert len(run.events(Healed)) == 1
    assert not run.events(Warned)
    assert workshop.run().builder.wheel(artifact).was_reused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"builds_name": "seven"}, "project seven"),
        ({"builds_version": "2.0"}, "version 2.0"),
        ({"tag": "cp27-cp27mu-win32"}, "do not fit"),
    ],
    ids=["name", "version", "tags"],
)
def test_a_wheel_that_is_wrong_is_rejected_and_not_kept(
    workshop: Workshop, archives: Path, options: dict[str, str], words: str
) -> None:
    """Behaviour 85."""
    artifact = sdist_artifact(make_sdist(archives, "six", **options))
    run = workshop.run()
    with pytest.raises(InvalidWheel) as caught:
        run.builder.wheel(artifact)
    assert words in " ".join(caught.value.problems)
    assert stored_wheels(workshop) == []
    assert not run.events(WheelBuilt)


def test_a_failing_build_leaves_nothing_and_is_not_repeated(workshop: Workshop, archives: Path) -> None:
    """Behaviour 86."""
    artifact = sdist_artifact(make_sdist(archives, "six", fails_in=["build_wheel"], failure="no luck today"))
    run = workshop.run()
    for _ in range(2):
        with pytest.raises(BackendFailed) as caught:
            run.builder.wheel(artifact)
    assert workshop.build_log.builds() == 1
    assert (caught.value.project, caught.value.hook) == ("six", "build_wheel")
    assert "no luck today" in caught.value.output
    assert not (workshop.cache / "wheels-v1").exists()
    finished = run.events(BuildFinished)[-1]
    assert isinstance(finished, BuildFinished)
    assert (finished.step, finished.succeeded) == ("Building wheel for six (pyproject.toml)", False)
    with pytest.raises(BackendFailed):
        workshop.run().builder.wheel(artifact)
    assert workshop.build_log.builds() == 2


def test_a_local_folder_is_built_in_each_run_once_and_never_stored(workshop: Workshop, archives: Path) -> None:
    """Behaviour 87."""
    folder = make_project_dir(archives / "project", "six")
    for expected in (1, 2):
        run = workshop.run()
        built = run.builder.wheel(folder_artifact(folder, "six"))
        assert run.builder.wheel(folder_artifact(folder)) is built
        assert workshop.build_log.builds() == expected
    assert direct_url.as_object(built.origin) == {"dir_info": {}, "url": folder.as_uri()}
    assert not workshop.cache.exists()


def test_config_settings_and_other_inputs_have_wheels_of_their_own(workshop: Workshop, archives: Path) -> None:
    """Behaviour 98."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    variants = [
        {},
        {"settings": (("a", "1"),)},
        {"settings": (("a", "1"), ("a", "2"))},
        {"build_constraints": ("setuptools<80",)},
        {"variables": {"CFLAGS": "-O3"}},
        {"is_isolated": False, "shared_projects": ("setuptools==80.0",)},
        {"is_isolated": False, "shared_projects": ("setuptools==81.0",)},
    ]
    paths = set()
    for variant in variants:
        assert not workshop.run(**variant).builder.wheel(artifact).was_reused
        reused = workshop.run(**variant).builder.wheel(artifact)
        assert reused.was_reused
        paths.add(reused.path)
    assert len(paths) == len(variants)
    with zipfile.ZipFile(workshop.run(**variants[2]).builder.wheel(artifact).path) as archive:
        assert json.loads(archive.read("six-1.0.dist-info/config_settings.json")) == {"a": ["1", "2"]}


def test_a_variable_that_is_no_text_does_not_keep_a_wheel_from_being_reused(
    workshop: Workshop, archives: Path
) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six"))
    odd = {"CFLAGS": os.fsdecode(b"-DX=\xff")}
    workshop.run(variables=odd).builder.wheel(artifact)
    assert workshop.run(variables=odd).builder.wheel(artifact).was_reused


def test_a_rebuild_says_which_part_of_the_key_is_different(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run(variables={"CFLAGS": "-O1"}).builder.wheel(artifact)
    run = workshop.run(variables={"CFLAGS": "-O2"})
    run.builder.wheel(artifact)
    (missed,) = run.events(Missed)
    assert isinstance(missed, Missed)
    assert missed.reason == "it was built under other conditions (variables.CFLAGS: -O1 -> -O2)"


def test_without_a_cache_a_wheel_is_built_aside_and_reused_within_the_run(workshop: Workshop, archives: Path) -> None:
    """Behaviour 100."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    run = workshop.run(has_cache=False)
    assert run.builder.wheel(artifact) is run.builder.wheel(artifact)
    assert run.builder.wheel(artifact).path.is_relative_to(workshop.folder / "scratch")
    assert not run.events(Warned)
    assert not workshop.cache.exists()
    workshop.run(has_cache=False).builder.wheel(artifact)
    assert workshop.build_log.builds() == 2


def test_a_cache_that_cannot_be_written_still_gives_what_it_has(workshop: Workshop, archives: Path) -> None:
    """Behaviour 18."""
    known = sdist_artifact(make_sdist(archives, "six"))
    new = sdist_artifact(make_sdist(archives, "seven"))
    workshop.run().builder.wheel(known)
    before = snapshot(workshop.cache)
    run = workshop.run(is_writable=False)
    assert run.builder.wheel(known).was_reused
    assert run.builder.wheel(new).path.exists()
    assert snapshot(workshop.cache) == before


def test_a_wheel_built_now_survives_a_purge(workshop: Workshop, archives: Path) -> None:
    """Behaviour 71."""
    built = workshop.run().builder.wheel(sdist_artifact(make_sdist(archives, "six")))
    assert not built.path.is_relative_to(workshop.cache)
    assert built.path.exists()


def test_steps_have_pips_names_and_their_order(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", build_requires=["setuptools"]))
    run = workshop.run()
    run.metadata.metadata(artifact)
    run.builder.wheel(artifact)
    assert [event.step for event in run.events(BuildStarted)] == [
        "Installing build dependencies",
        "Getting requirements to build wheel",
        "Preparing metadata (pyproject.toml)",
        "Building wheel for six (pyproject.toml)",
    ]


def test_equal_requirements_share_an_environment_within_a_run(workshop: Workshop, archives: Path) -> None:
    run = workshop.run()
    for name in ("six", "seven"):
        run.builder.wheel(sdist_artifact(make_sdist(archives, name, build_requires=["setuptools", "wheel"])))
    assert run.toolbox.asked == [("setuptools", "wheel")]


def test_what_a_backend_asks_for_in_addition_is_provided_with_the_rest(workshop: Workshop, archives: Path) -> None:
    run = workshop.run()
    sdist = make_sdist(archives, "six", build_requires=["setuptools"], requires_for_build=["wheel"])
    run.builder.wheel(sdist_artifact(sdist))
    assert run.toolbox.asked == [("setuptools",), ("setuptools", "wheel")]


def test_without_isolation_nothing_is_installed_or_asked(workshop: Workshop, archives: Path) -> None:
    run = workshop.run(is_isolated=False)
    run.builder.wheel(sdist_artifact(make_sdist(archives, "six", build_requires=["no-such-thing"])))
    assert run.toolbox.asked == []
    assert [hook for hook, *_ in workshop.build_log.calls()] == ["build_wheel"]


def test_build_requirements_that_cannot_be_had_are_an_error_with_its_cause(
    workshop: Workshop, archives: Path
) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", build_requires=["no-such-thing"]))
    with pytest.raises(BuildRequirementsUnavailable) as caught:
        workshop.run().builder.wheel(artifact)
    assert caught.value.requirements == ("no-such-thing",)
    assert type(caught.value.__cause__).__name__ == "NoMatchingDistribution"


def test_a_project_that_needs_itself_to_build_is_an_error(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", build_requires=["setuptools"]))
    run = workshop.run()
    run.toolbox.on_ask = lambda _: run.builder.wheel(artifact) and None
    with pytest.raises(BuildRequirementsUnavailable) as caught:
        run.builder.wheel(artifact)
    assert isinstance(caught.value.__cause__, BackendUnusable)


def test_output_of_hooks_is_noted_without_credentials(workshop: Workshop, archives: Path) -> None:
    failure = "cannot reach https://me:s3cret@index.example/simple/"
    artifact = sdist_artifact(make_sdist(archives, "six", fails_in=["build_wheel"], failure=failure))
    run = workshop.run()
    with pytest.raises(BackendFailed) as caught:
        run.builder.wheel(artifact)
    noted = " ".join(event.message for event in run.events(Noted))
    assert "https://index.example/simple/" in caught.value.output
    assert "https://index.example/simple/" in noted
    assert "s3cret" not in caught.value.output + noted


def test_the_index_requirement_and_the_path_of_an_sdist_share_a_wheel(workshop: Workshop, archives: Path) -> None:
    """Behaviours 77 and 103: identity is content, and the origin is that of whoever asks."""
    path = make_sdist(archives, "six")
    workshop.run().builder.wheel(sdist_artifact(path))
    elsewhere = make_sdist(archives / "elsewhere", "six")
    direct = sdist_artifact(elsewhere, is_stated=False, is_direct=True)
    reused = workshop.run().builder.wheel(direct)
    assert reused.was_reused
    assert direct_url.as_object(reused.origin)["url"] == elsewhere.as_uri()
    assert direct.project == normalize("six")
