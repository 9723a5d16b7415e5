"""Building on request, with settings, and with what an environment has; and what is said about it."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip
from tests.support.repositories import Repository
from tests.support.server import IndexServer
from tests.support.sources import Hook

PREPARE = "prepare_metadata_for_build_wheel"


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("*", headers={"Cache-Control": "max-age=600"})


def kept_wheels(freewheel: Freewheel) -> list[Path]:
    return [Path(line) for line in freewheel.run("cache", "list", "--format=abspath").lines]


# Asked for


def test_a_project_that_does_not_come_up_is_told_once(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment
) -> None:
    """As a name that is mistyped; one that came as a wheel, or was there, did come up."""
    server.add(make_sdist(archives, "six"))
    server.add(make_wheel(archives, "seven"))
    freewheel.variables["VIRTUAL_ENV"] = str(environment.root)
    warning = "WARNING: --rebuild-package names sevn and sixx, which did not come up."
    for command in ("wheel", "install", "install"):
        done = freewheel.run(command, "--rebuild-package", "sixx,six,sevn,Seven", "six", "seven")
        assert done.stderr.splitlines() == [warning]
    assert freewheel.run("install", "--rebuild-package", ":all:", "six").stderr == ""


@pytest.mark.parametrize(
    ("words", "built"),
    [
        (["--rebuild"], {"six", "seven"}),
        (["--rebuild-package", "Six"], {"six"}),
        (["--rebuild-package", ":all:,:none:,SEVEN"], {"seven"}),
        (["--rebuild-package", ":none:"], set()),
    ],
)
def test_a_rebuild_builds_and_replaces_and_asks_no_server(
    *,
    freewheel: Freewheel,
    server: IndexServer,
    archives: Path,
    build_log: BuildLog,
    words: list[str],
    built: set[str],
) -> None:
    """Behaviour 99: pages and files come from the cache, as ever."""
    for name in ("six", "seven"):
        server.add(make_sdist(archives, name))
    freewheel.run("wheel", "six", "seven")
    kept = kept_wheels(freewheel)
    before = {path.name: path.with_name("build.json").stat().st_ino for path in kept}
    server.clear()
    freewheel.run("wheel", *words, "six", "seven")
    assert {name for name in ("six", "seven") if build_log.builds(name) == 2} == built
    assert kept_wheels(freewheel) == kept
    replaced = {path.name for path in kept if path.with_name("build.json").stat().st_ino != before[path.name]}
    assert {name.partition("-")[0] for name in replaced} == built
    assert server.log == []


def test_a_rebuild_builds_a_project_once_in_a_run(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Also where it is needed for another build, and asked for by name and by URL."""
    url = server.add(make_sdist(archives, "six"))
    server.add(make_sdist(archives, "tool", build_requires=["six"]))
    freewheel.run("wheel", "tool", "six")
    assert (build_log.builds("six"), build_log.builds("tool")) == (1, 1)
    freewheel.run("install", "--python", environment.python, "--rebuild", "tool", f"six @ {url}")
    assert (build_log.builds("six"), build_log.builds("tool")) == (2, 2)


def test_a_rebuild_asks_the_backend_for_metadata_too(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """It may depend on what has changed."""
    server.add(make_sdist(archives, "six"))
    dry_run = ("install", "--target", "folder", "--dry-run")
    for _ in range(2):
        freewheel.run(*dry_run, "six")
    assert build_log.count(PREPARE) == 1
    freewheel.run(*dry_run, "--rebuild", "six")
    assert build_log.count(PREPARE) == 2
    assert build_log.builds() == 0


@pytest.mark.parametrize("prepares_metadata", [True, False])
@pytest.mark.parametrize("place", ["path", "url", "repository"])
def test_a_rebuild_reaches_sources_whose_project_nobody_has_named(
    *,
    freewheel: Freewheel,
    server: IndexServer,
    archives: Path,
    build_log: BuildLog,
    place: str,
    prepares_metadata: bool,
) -> None:
    """Behaviour 99: an archive called main, a bare git URL; what is said of them belongs to their project."""
    if place == "repository":
        word = Repository.create(archives / "main", "six", prepares_metadata=prepares_metadata).url
    else:
        archive = make_sdist(archives, "six", stem="main-2", prepares_metadata=prepares_metadata)
        word = server.put("/main-2.tar.gz", archive) if place == "url" else str(archive)
    command = ("wheel", "--wheel-dir", "wheels")
    for _ in range(2):
        freewheel.run(*command, word)
    assert (build_log.builds("six"), build_log.count(PREPARE)) == (1, int(prepares_metadata))
    freewheel.run(*command, "--rebuild-package", "seven", word)
    assert (build_log.builds("six"), build_log.count(PREPARE)) == (1, int(prepares_metadata))
    freewheel.run(*command, "--rebuild-package", "SIX", word)
    assert (build_log.builds("six"), build_log.count(PREPARE)) == (2, 2 * prepares_metadata)
    freewheel.run("cache", "remove", "six")
    freewheel.run(*command, word)
    assert (build_log.builds("six"), build_log.count(PREPARE)) == (3, 3 * prepares_metadata)


def test_a_rebuild_that_fails_leaves_what_there_was(
    freewheel: Freewheel, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    switch = tmp_path / "broken"
    setup = (
        f"import pathlib, setuptools\nif pathlib.Path({str(switch)!r}).exists():\n    raise SystemExit('not today')\n"
    )
    files = {"setup.py": f"{setup}setuptools.setup()\n"}
    server.add(make_sdist(archives, "six", backend="setuptools", more_files=files))
    command = ("wheel", "--no-build-isolation", "six")
    freewheel.run(*command)
    (kept,) = kept_wheels(freewheel)
    content = kept.read_bytes()
    switch.touch()
    done = freewheel.run(*command, "--rebuild", expect=1)
    assert "not today" in done.stderr
    assert kept.read_bytes() == content
    assert "  Using cached six-1.0-py3-none-any.whl" in freewheel.run(*command).lines


def test_the_reason_for_each_build_is_told_at_v(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """Nothing kept yet, other settings, another variable, a request, and a folder."""
    server.add(make_sdist(archives, "six"))
    line = "  wheel six-1.0-py3-none-any.whl: not reused, {}"

    def reason(*words: str | Path, env: dict[str, str] | None = None) -> str:
        lines = freewheel.run("wheel", "-v", *words, env=env).lines
        (told,) = (one for one in lines if one.startswith(line.format("")))
        return told.removeprefix(line.format("")).rpartition(" (")[0]

    assert reason("six") == "no wheel has been built from it yet"
    assert reason("-C", "a=1", "six") == "it was built under other conditions (config_settings.a: nothing -> 1)"
    flags = {"CFLAGS": "-O3"}
    assert reason("six", env=flags) == "it was built under other conditions (variables.CFLAGS: nothing -> -O3)"
    assert reason("--rebuild", "six") == "a rebuild was asked for"
    folder = make_project_dir(freewheel.cwd / "six", "six")
    assert reason(folder) == "a local folder is built in every run"


# Settings


def settings_of(wheel: Path) -> object:
    """What the in-tree backend was given."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("config_settings.json"))
        return json.loads(archive.read(name))


def test_settings_are_for_what_they_were_given_to(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """As in pip: -C is for the words beside it, a line's for its requirement, and neither for what these need."""
    server.add(make_sdist(archives, "six", requires=["needed"]))
    for name in ("seven", "needed", "eight"):
        server.add(make_sdist(archives, name))
    (freewheel.cwd / "requirements.txt").write_text(
        'seven --config-settings "own=1" --config-settings="list=a" --config-setting list=b\neight\n',
        encoding="utf-8",
    )
    by_path = make_sdist(archives / "other", "nine")
    freewheel.run(
        *("wheel", "-w", "wheels", "-C", "x=1", "--config-setting", "x=2", "-Cy=3=4"),
        *("six", by_path, "-r", "requirements.txt"),
    )
    found = {path.name.partition("-")[0]: settings_of(path) for path in (freewheel.cwd / "wheels").iterdir()}
    given = {"x": ["1", "2"], "y": "3=4"}
    assert found == {
        "six": given,
        "nine": given,
        "needed": {},
        "seven": {"own": "1", "list": ["a", "b"]},
        "eight": {},
    }


# What is said


def of_builds(text: str) -> list[str]:
    """The lines about builds, sorted, without what differs from program to program."""
    words = ("Building", "Created", "Successfully built", "Failed to build", "Getting", "Preparing", "Installing b")
    lines = (line for line in text.splitlines() if line.strip().startswith(words))
    return sorted(re.sub(r" size=\d+ sha256=\w+| for collected packages: .*", "", line) for line in lines)


def test_what_is_said_of_builds_is_what_pip_says(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    """With the names that were asked for, and the step for what a backend asks for besides."""
    server.add(make_wheel(archives, "tool"))
    server.add(make_wheel(archives, "more"))
    server.add(make_sdist(archives, "Six.Seven", build_requires=["tool"], requires_for_build=["more"]))
    server.add(make_sdist(archives, "fails", fails_in=["build_wheel"], failure="no compiler today"))
    for number, (words, code) in enumerate(((["SIX_SEVEN"], 0), (["SIX_SEVEN", "fails"], 1))):
        theirs = pip(
            environment, "install", "--target", tmp_path / "theirs", "-i", server.index_url, *words, expect=code
        )
        ours = freewheel.run("install", "--rebuild", "--target", f"ours-{number}", *words, expect=code)
        if code:
            assert "ERROR: Failed building wheel for fails" in ours.stderr
            assert "ERROR: Failed building wheel for fails" in theirs.stderr
            assert "Failed to build fails" in ours.lines
        else:
            assert of_builds(ours.stdout) == of_builds(theirs.stdout)


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ("get_requires_for_build_wheel", "Failed to build 'six' when getting requirements to build wheel"),
        (PREPARE, "Encountered error while generating package metadata of six"),
        ("build_wheel", "Failed building wheel for six"),
    ],
)
def test_a_hook_that_fails_is_named_as_pip_does(
    freewheel: Freewheel, server: IndexServer, archives: Path, hook: Hook, words: str
) -> None:
    server.add(make_sdist(archives, "six", fails_in=[hook], failure="no compiler today"))
    done = freewheel.run("wheel", "six", expect=1)
    assert done.stderr.startswith(f"ERROR: {words}\n")
    assert f"failed hook:      {hook}" in done.stderr
    assert "no compiler today" in done.stderr


# What an environment has


def test_without_isolation_what_a_build_needs_can_be_looked_for(
    freewheel: Freewheel, environment: Environment, archives: Path, build_log: BuildLog
) -> None:
    """With pip's sentences."""
    sdist = make_sdist(archives, "six", build_requires=["tool>=2", "absent[extra]", 'other; os_name == "else"'])
    command = ("install", "--no-build-isolation", "--check-build-dependencies", sdist)
    for version, complaint in (
        (None, "Some build dependencies for {} are missing: 'absent[extra]', 'tool>=2'."),
        (
            "1.0",
            "Some build dependencies for {} conflict with the backend dependencies: tool==1.0 is incompatible with",
        ),
    ):
        if version:
            pip(environment, "install", make_wheel(archives, "tool", version))
        done = freewheel.run(*command, "--python", environment.python, expect=1)
        assert complaint.format("six-1.0.tar.gz") in done.stderr
        theirs = pip(environment, *command, expect=1)
        assert complaint.format(sdist.as_uri()) in theirs.stderr
    assert build_log.builds() == 0
    pip(environment, "install", make_wheel(archives, "tool", "2.0"), make_wheel(archives, "absent"))
    freewheel.run(*command, "--python", environment.python)
    assert environment.installed()["six"] == "1.0"


def test_nobody_looks_unless_told_to(freewheel: Freewheel, environment: Environment, archives: Path) -> None:
    """As in pip: a backend may do without what it says."""
    sdist = make_sdist(archives, "six", build_requires=["absent"])
    freewheel.run("install", "--python", environment.python, "--no-build-isolation", "--use-pep517", sdist)
    assert environment.installed() == {"six": "1.0"}


# What is left


@pytest.mark.parametrize("fails", [False, True])
def test_build_folders_stay_where_that_is_wanted(freewheel: Freewheel, archives: Path, *, fails: bool) -> None:
    """Those alone, and it is said where: also when the build fails, which is when it matters."""
    sdist = make_sdist(archives, "six", fails_in=["build_wheel"] if fails else [])
    done = freewheel.run("wheel", "--no-clean", sdist, expect=1 if fails else 0)
    (line,) = (one for one in done.lines if one.startswith("The folders of builds are left in "))
    left = Path(line.removeprefix("The folders of builds are left in "))
    assert list(left.parent.iterdir()) == [left]
    assert {path.name.rpartition("-")[0] for path in left.iterdir()} == {"build", "build-env"}
    assert list(left.rglob("build_backend.py"))


def test_nothing_is_left_otherwise_or_where_nothing_was_built(
    freewheel: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "plain"))
    freewheel.run("wheel", make_sdist(archives, "six"))
    freewheel.run("wheel", "--no-clean", "plain")
    assert list(freewheel.temporary.iterdir()) == []
