"""The metadata of sources: stated, kept, prepared or built, in this order."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.errors import BackendFailed, InconsistentMetadata
from freewheel.events import FileReused, Healed, Missed, Noted, Reused
from tests.build.workshop import Workshop, folder_artifact, sdist_artifact
from tests.support.archives import make_project_dir, make_sdist

BACKEND = find_spec("tests.support.intree_backend").origin
PREPARE = "prepare_metadata_for_build_wheel"


def test_an_sdist_that_states_its_metadata_runs_no_hook(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", requires=["attrs>=1"], static_metadata=True))
    assert workshop.run().metadata.metadata(artifact).requires_dist == ("attrs>=1",)
    assert workshop.build_log.calls() == []


def test_otherwise_the_backend_prepares_it_once_for_all_runs(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", requires=["attrs>=1"], requires_python=">=3.9"))
    first, second = workshop.run(), workshop.run()
    metadata = first.metadata.metadata(artifact)
    assert first.metadata.metadata(artifact) is metadata
    assert second.metadata.metadata(artifact) == metadata
    assert (metadata.name, metadata.requires_dist, metadata.requires_python) == ("six", ("attrs>=1",), ">=3.9")
    assert workshop.build_log.count(PREPARE) == 1
    assert workshop.build_log.builds() == 0
    assert second.archives.fetched == []
    assert len(first.events(Missed)) == len(second.events(Reused)) == 1


def test_a_backend_without_that_hook_builds_the_wheel_which_is_used_afterwards(
    workshop: Workshop, archives: Path
) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", requires=["attrs"], prepares_metadata=False))
    run = workshop.run()
    assert run.metadata.metadata(artifact).requires_dist == ("attrs",)
    run.builder.wheel(artifact)
    assert workshop.build_log.builds() == 1


def test_a_stored_wheel_tells_its_metadata_and_the_sdist_is_not_fetched(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", requires=["attrs"]))
    workshop.run().builder.wheel(artifact)
    run = workshop.run()
    assert run.metadata.metadata(artifact).requires_dist == ("attrs",)
    assert run.archives.fetched == []
    assert run.events(FileReused) == [FileReused(filename="six-1.0-py3-none-any.whl", size=None)]
    assert workshop.build_log.count(PREPARE) == 0


def test_a_wheel_is_built_from_the_metadata_that_was_prepared(workshop: Workshop, archives: Path) -> None:
    telling = (
        "\nplainly = build_wheel\n\n"
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        "    print('given', [path.name for path in Path(metadata_directory).iterdir()])\n"
        "    return plainly(wheel_directory, config_settings, metadata_directory)\n"
    )
    backend = Path(BACKEND).read_text(encoding="utf-8")
    artifact = sdist_artifact(make_sdist(archives, "six", more_files={"build_backend.py": backend + telling}))
    run = workshop.run()
    run.metadata.metadata(artifact)
    run.builder.wheel(artifact)
    assert any("METADATA" in event.message for event in run.events(Noted) if event.message.startswith("given"))
    hooks = [hook for hook, *_ in workshop.build_log.calls()]
    assert hooks == ["get_requires_for_build_wheel", PREPARE, "build_wheel"]
    assert run.archives.fetched.count(artifact.filename) == 2  # to look for stated metadata, and to unpack


def test_a_damaged_entry_is_made_again(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().metadata.metadata(artifact)
    (entry,) = (path for path in workshop.cache.glob("entries-v1/metadata/six/*") if path.is_file())
    entry.write_bytes(b"\0" * 40)
    run = workshop.run()
    assert run.metadata.metadata(artifact).name == "six"
    assert len(run.events(Healed)) == 1


def test_metadata_of_another_project_or_version_is_an_error(workshop: Workshop, archives: Path) -> None:
    for options, field in (({"builds_name": "seven"}, "name"), ({"builds_version": "2.0"}, "version")):
        artifact = sdist_artifact(make_sdist(archives, "six", **options))
        with pytest.raises(InconsistentMetadata) as caught:
            workshop.run().metadata.metadata(artifact)
        assert caught.value.field == field


def test_an_sdist_of_an_unknown_project_tells_which_it_is(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", stem="main-2"), is_stated=False)
    unknown = replace(artifact, project="", version=Version("0"))
    run = workshop.run()
    metadata = run.metadata.metadata(unknown)
    assert (metadata.name, metadata.version) == ("six", "1.0")
    known = replace(artifact, project="six", version=Version("1.0"))
    assert run.metadata.metadata(known) is metadata
    assert not run.builder.wheel(known).was_reused
    assert workshop.run().builder.wheel(known).was_reused


def test_a_folder_that_states_its_metadata_runs_no_hook(workshop: Workshop, archives: Path) -> None:
    folder = make_project_dir(
        archives / "project", "six", backend="hatchling", requires=["attrs"], extras={"Fast_": ["numpy>1"]}
    )
    metadata = workshop.run().metadata.metadata(folder_artifact(folder))
    assert metadata.requires_dist == ("attrs", 'numpy>1; extra == "fast-"')
    assert metadata.provides_extra == ("fast-",)


def test_a_folder_without_it_is_asked_in_each_run(workshop: Workshop, archives: Path) -> None:
    folder = make_project_dir(archives / "project", "six", requires=["attrs"])
    for expected in (1, 2):
        run = workshop.run()
        assert run.metadata.metadata(folder_artifact(folder)).name == "six"
        assert run.metadata.metadata(folder_artifact(folder)).requires_dist == ("attrs",)
        assert workshop.build_log.count(PREPARE) == expected
    assert not workshop.cache.exists()


def test_a_failing_hook_is_not_repeated_within_the_run(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six", fails_in=[PREPARE], failure="not today"))
    run = workshop.run()
    for _ in range(2):
        with pytest.raises(BackendFailed) as caught:
            run.metadata.metadata(artifact)
    assert "not today" in caught.value.output
    assert workshop.build_log.count(PREPARE) == 1


def test_the_whole_file_is_prepared_once_and_kept(workshop: Workshop, archives: Path) -> None:
    """Also where the sdist states what installing needs: a backend may say more in the wheel's METADATA."""
    artifact = sdist_artifact(make_sdist(archives, "six", requires=["attrs"], static_metadata=True))
    first, second = workshop.run(), workshop.run()
    text = first.metadata.text(artifact)
    assert b"Requires-Dist: attrs" in text
    assert second.metadata.text(artifact) == text
    assert second.archives.fetched == []
    assert workshop.build_log.count(PREPARE) == 1


def test_the_whole_file_comes_out_of_the_wheel_where_there_is_one(workshop: Workshop, archives: Path) -> None:
    for name, prepares in (("six", True), ("seven", False)):
        artifact = sdist_artifact(make_sdist(archives, name, prepares_metadata=prepares))
        run = workshop.run()
        run.builder.wheel(artifact)
        assert f"Name: {name}".encode() in run.metadata.text(artifact)
        assert f"Name: {name}".encode() in workshop.run().metadata.text(artifact)
    assert workshop.build_log.count(PREPARE) == 0
    assert workshop.build_log.builds() == 2


def test_the_hook_that_prepares_metadata_runs_once_in_a_run(workshop: Workshop, tmp_path: Path) -> None:
    folder = make_project_dir(tmp_path / "folder", "six")
    run = workshop.run()
    artifact = folder_artifact(folder, "six")
    run.metadata.metadata(artifact)
    assert b"Name: six" in run.metadata.text(artifact)
    assert workshop.build_log.count(PREPARE) == 1


def test_a_damaged_whole_file_is_made_again(workshop: Workshop, archives: Path) -> None:
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().metadata.text(artifact)
    (entry,) = (path for path in workshop.cache.glob("entries-v1/metadata/six/*") if path.is_file())
    entry.write_bytes(b"\0" * 40)
    assert b"Name: six" in workshop.run().metadata.text(artifact)
    assert workshop.build_log.count(PREPARE) == 2
