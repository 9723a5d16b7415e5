"""The wheel cache, seen from the command line: what is built once, and what is built again."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.folders import snapshot
from tests.support.server import IndexServer

Install = Callable[..., Environment]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


@pytest.fixture
def install(freewheel: Freewheel, tmp_path: Path) -> Install:
    """Install into a new environment, which is the answer."""
    numbers = iter(range(100))

    def into_new_environment(*arguments: str | Path) -> Environment:
        environment = make_environment(tmp_path / f"environment-{next(numbers)}")
        freewheel.run("install", "--python", environment.python, *arguments)
        return environment

    return into_new_environment


def kept_wheels(freewheel: Freewheel) -> list[Path]:
    return [Path(line) for line in freewheel.run("cache", "list", "--format=abspath").lines]


def version_of(environment: Environment, module: str) -> str:
    return environment.run_python(f"import {module}; print({module}.__version__)").strip()


# Once for all


def test_an_sdist_of_an_index_is_built_once(
    install: Install, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 76."""
    server.add(make_sdist(archives, "six"))
    install("six")
    server.clear()
    second = install("six")
    assert build_log.builds("six") == 1
    assert server.requests_for(".tar.gz") == []
    assert second.installed() == {"six": "1.0"}


@pytest.mark.parametrize("commands", [("wheel", "install"), ("install", "wheel")])
def test_wheel_and_install_share_what_was_built(
    *,
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    archives: Path,
    build_log: BuildLog,
    commands: tuple[str, str],
) -> None:
    """Behaviour 77."""
    server.add(make_sdist(archives, "six"))
    options = {"wheel": ("--wheel-dir", "wheels"), "install": ("--python", environment.python)}
    for command in commands:
        freewheel.run(command, *options[command], "six")
    assert build_log.builds("six") == 1
    assert environment.installed() == {"six": "1.0"}
    [kept] = kept_wheels(freewheel)
    assert (freewheel.cwd / "wheels" / kept.name).read_bytes() == kept.read_bytes()


def test_an_index_requirement_leaves_no_direct_url(install: Install, server: IndexServer, archives: Path) -> None:
    """Behaviour 104: neither when its wheel is built nor when it comes from the cache."""
    server.add(make_sdist(archives, "six"))
    for _ in range(2):
        assert not list(install("six").site_packages.glob("*.dist-info/direct_url.json"))


def test_a_direct_requirement_from_the_cache_is_recorded_as_a_fresh_build(
    install: Install, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 103."""
    url = server.add(make_sdist(archives, "six"))
    records = []
    for _ in range(2):
        [record] = install(f"six @ {url}").site_packages.glob("*.dist-info/direct_url.json")
        records.append(json.loads(record.read_text(encoding="utf-8")))
    assert build_log.builds("six") == 1
    assert records[0] == records[1]
    assert records[0]["url"] == url


def test_two_builders_at_once_build_once(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog, tmp_path: Path
) -> None:
    """Behaviour 112, and 133: one builds, the other waits for it."""
    server.add(make_sdist(archives, "six"))
    environments = [make_environment(tmp_path / name) for name in ("left", "right")]
    started = [freewheel.start("install", "--python", each.python, "six") for each in environments]
    for process in started:
        with process:
            _, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
    assert [each.installed() for each in environments] == [{"six": "1.0"}] * 2
    assert build_log.builds("six") == 1
    assert len(kept_wheels(freewheel)) == 1


# Entries of their own


def test_two_subdirectories_of_an_archive_have_entries_of_their_own(
    install: Install, freewheel: Freewheel, server: IndexServer, tmp_path: Path, build_log: BuildLog
) -> None:
    """Behaviour 79."""
    both = tmp_path / "both-1.0"
    for name in ("left", "right"):
        make_project_dir(both / name, name)
    with tarfile.open(tmp_path / "both-1.0.tar.gz", "w:gz") as archive:
        archive.add(both, both.name)
    url = server.put("/both-1.0.tar.gz", tmp_path / "both-1.0.tar.gz", "application/gzip")
    for _ in range(2):
        environment = install(*(f"{name} @ {url}#subdirectory={name}" for name in ("left", "right")))
        assert environment.installed() == {"left": "1.0", "right": "1.0"}
    assert (build_log.builds("left"), build_log.builds("right")) == (1, 1)
    assert len({path.parent for path in kept_wheels(freewheel)}) == 2


def test_another_digest_at_the_same_url_is_another_entry(
    install: Install, freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 80."""
    server.add(make_sdist(archives, "six"))
    install("six")
    server.add(make_sdist(archives, "six", files={"six.py": '__version__ = "changed"\n'}))
    assert version_of(install("six"), "six") == "changed"
    assert build_log.builds("six") == 2
    assert len(kept_wheels(freewheel)) == 2


def test_other_config_settings_are_another_entry(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 98."""
    server.add(make_sdist(archives, "six"))
    for settings in ([], ["-C", "a=1"], [], ["-C", "a=1"]):
        freewheel.run("wheel", *settings, "six")
    assert build_log.builds("six") == 2


# What lies in an entry and is not what was put there


def swap_for_another_platform(kept: Path) -> None:
    kept.rename(kept.with_name("six-1.0-cp27-cp27m-win32.whl"))


def swap_for_another_project(kept: Path) -> None:
    kept.unlink()
    make_wheel(kept.parent, "seven")


def swap_for_another_version(kept: Path) -> None:
    kept.unlink()
    make_wheel(kept.parent, "six", "2.0")


def truncate(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:100])


def flip_a_byte(kept: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[60] ^= 1
    kept.write_bytes(content)


def add_a_wheel_with_a_more_specific_tag(kept: Path) -> None:
    make_wheel(kept.parent, "six", tag="cp311.cp312.cp313-none-any", files={"six.py": "raise SystemExit\n"})


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(swap_for_another_platform, id="behaviour 81: unsupported tags"),
        pytest.param(add_a_wheel_with_a_more_specific_tag, id="behaviour 81: two wheels, of which we put one"),
        pytest.param(swap_for_another_project, id="behaviour 82: another project"),
        pytest.param(swap_for_another_version, id="behaviour 83: another version"),
        pytest.param(truncate, id="behaviour 84: truncated"),
        pytest.param(flip_a_byte, id="behaviour 84: changed"),
    ],
)
def test_what_does_not_belong_into_an_entry_is_built_again(
    *,
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    archives: Path,
    build_log: BuildLog,
    damage: Callable[[Path], None],
) -> None:
    """Behaviours 81 to 84: ignored, built again and replaced, with one warning; an entry holds the one wheel."""
    server.add(make_sdist(archives, "six"))
    freewheel.run("wheel", "--wheel-dir", "before", "six")
    [kept] = kept_wheels(freewheel)
    content = kept.read_bytes()
    damage(kept)
    done = freewheel.run("install", "--python", environment.python, "six")
    assert build_log.builds("six") == 2
    assert version_of(environment, "six") == "1.0"
    assert kept_wheels(freewheel) == [kept]
    assert kept.read_bytes() == content
    assert done.stderr.count("WARNING") == 1, done.stderr


# What never becomes an entry


def test_a_wheel_that_is_rejected_after_its_build_is_not_kept(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 85."""
    server.add(make_sdist(archives, "six", static_metadata=True, builds_version="6.6"))
    for attempt in (1, 2):
        done = freewheel.run("install", "--python", environment.python, "six", expect=1)
        assert "6.6" in done.stderr
        assert build_log.builds("six") == attempt
    assert kept_wheels(freewheel) == []
    assert environment.installed() == {}


def test_a_failing_build_leaves_no_trace_among_the_wheels(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """Behaviour 86: but the log, which the message names."""
    server.add(make_sdist(archives, "six", fails_in=["build_wheel"], failure="no compiler today"))
    before = snapshot(environment.root)
    done = freewheel.run("install", "--python", environment.python, "six", expect=1)
    assert "no compiler today" in done.stderr
    assert kept_wheels(freewheel) == []
    assert not list((freewheel.cache / "tmp").glob("*"))
    [log] = (path for path in (freewheel.cache / "wheels-v1").rglob("*") if path.is_file())
    assert str(log) in done.stderr
    assert "no compiler today" in log.read_text(encoding="utf-8")
    assert [path.name for path in (freewheel.cache / "wheels-v1").rglob("*") if path.is_dir()] == ["six"]
    assert snapshot(environment.root) == before


@pytest.mark.parametrize("named", [False, True])
def test_a_local_directory_is_built_in_each_run_and_never_kept(
    install: Install, freewheel: Freewheel, tmp_path: Path, build_log: BuildLog, named: bool
) -> None:
    """Behaviour 87."""
    project = make_project_dir(tmp_path / "project", "six")
    word = f"six @ {project.as_uri()}" if named else str(project)
    install(word)
    (project / "src" / "six.py").write_text('__version__ = "edited"\n', encoding="utf-8")
    assert version_of(install(word), "six") == "edited"
    assert build_log.builds("six") == 2
    assert kept_wheels(freewheel) == []


def test_a_local_directory_is_built_once_in_a_run(
    install: Install, server: IndexServer, archives: Path, tmp_path: Path, build_log: BuildLog
) -> None:
    """However often it is asked for: by path, by a file, and by what needs its project."""
    project = make_project_dir(tmp_path / "project", "six")
    server.add(make_wheel(archives, "needs-six", requires=["six"]))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"{project}\nneeds-six\n", encoding="utf-8")
    environment = install(str(project), "-r", requirements)
    assert environment.installed() == {"six": "1.0", "needs-six": "1.0"}
    assert build_log.calls().count(("build_wheel", "six", "1.0")) == 1
    assert build_log.count("prepare_metadata_for_build_wheel", "six") == 1


# Options and commands that choose


def test_no_binary_uses_the_wheel_that_was_built_here(
    install: Install, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 96."""
    server.add(make_sdist(archives, "six"))
    server.add(make_wheel(archives, "six", files={"six.py": '__version__ = "the index built this"\n'}))
    for _ in range(2):
        assert version_of(install("--no-binary", "six", "six"), "six") == "1.0"
    assert build_log.builds("six") == 1
    assert server.requests_for(".whl") == []


def test_only_binary_passes_over_an_sdist_whose_wheel_is_in_the_cache(
    install: Install, freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment
) -> None:
    """Behaviour 97."""
    server.add(make_sdist(archives, "six"))
    install("six")
    command = ("install", "--python", environment.python, "--only-binary", "six", "six")
    done = freewheel.run(*command, expect=1)
    assert "No matching distribution found for six" in done.stderr
    assert environment.installed() == {}


def test_a_dry_run_builds_nothing_and_uses_what_was_built(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 101."""
    server.add(make_sdist(archives, "six"))
    command = ("install", "--python", environment.python, "--dry-run", "six")
    assert "Would install six-1.0" in freewheel.run(*command).lines
    assert build_log.builds() == 0
    assert kept_wheels(freewheel) == []
    freewheel.run("wheel", "six")
    calls = build_log.calls()
    done = freewheel.run(*command)
    assert "  Using cached six-1.0-py3-none-any.whl" in done.lines
    assert build_log.calls() == calls
    assert environment.installed() == {}


def test_download_gives_the_sdist_whatever_is_in_the_cache(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 102: the file of the index, byte for byte."""
    sdist = make_sdist(archives, "six")
    server.add(sdist)
    freewheel.run("wheel", "--wheel-dir", "wheels", "six")
    done = freewheel.run("download", "--dest", "files", "six")
    assert "Saved ./files/six-1.0.tar.gz" in done.lines
    assert ".whl" not in done.stdout
    assert [path.name for path in (freewheel.cwd / "files").iterdir()] == ["six-1.0.tar.gz"]
    assert (freewheel.cwd / "files" / "six-1.0.tar.gz").read_bytes() == sdist.read_bytes()
    assert build_log.builds("six") == 1


def test_a_downloaded_sdist_is_what_gets_built_from(
    *,
    install: Install,
    freewheel: Freewheel,
    server: IndexServer,
    archives: Path,
    tmp_path: Path,
    build_log: BuildLog,
) -> None:
    """Whatever wheel is cached of the project and version: that file is meant, also when somebody edited it."""
    server.add(make_sdist(archives, "six"))
    server.add(make_wheel(archives, "six", files={"six.py": '__version__ = "a wheel"\n'}))
    install("--no-binary", "six", "six")
    freewheel.run("download", "--no-binary", ":all:", "six")
    downloaded = freewheel.cwd / "six-1.0.tar.gz"
    assert version_of(install(downloaded), "six") == "1.0"
    assert build_log.builds("six") == 1, "the same file: its wheel is there already"
    shutil.copy(make_sdist(tmp_path / "edited", "six", files={"six.py": '__version__ = "edited"\n'}), downloaded)
    assert version_of(install(downloaded), "six") == "edited"
    assert build_log.builds("six") == 2


def test_the_log_of_a_failed_build_lies_with_its_project_however_that_was_named(
    freewheel: Freewheel, archives: Path
) -> None:
    sdist = make_sdist(archives, "Six", fails_in=["build_wheel"])
    assert freewheel.run("wheel", "--no-deps", str(sdist), expect=1).stderr
    assert [path.parent.name for path in freewheel.cache.rglob("failed.log")] == ["six"]
