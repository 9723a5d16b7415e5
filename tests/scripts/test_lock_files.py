"""Lock files (PEP 751), written by `lock` and taken by `-r`, by freewheel and by pip."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable
from importlib.metadata import version as installed_version
from pathlib import Path

import pytest
from packaging.version import Version

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip
from tests.support.process import Result
from tests.support.server import IndexServer

Install = Callable[..., Result]

HEAD = 'lock-version = "1.0"\ncreated-by = "somebody"\n'


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def install(freewheel: Freewheel, environment: Environment) -> Install:
    """Install into the test's environment, with an index that would be an error to ask."""
    freewheel.variables["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple/"

    def run(*words: str | Path, expect: int = 0) -> Result:
        return freewheel.run("install", "--python", environment.python, *words, expect=expect)

    return run


def write(freewheel: Freewheel, text: str, name: str = "pylock.toml") -> str:
    path = freewheel.cwd / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + text, encoding="utf-8")
    return name


def wheel_entry(path: Path, place: str, name: str, *, digest: str | None = None, more: str = "") -> str:
    return (
        f'[[packages]]\nname = "{name}"\n{more}'
        f'wheels = [{{ name = "{path.name}", {place}, hashes = {{ sha256 = "{digest or sha256(path)}" }} }}]\n'
    )


@pytest.mark.parametrize("with_hashes", [True, False])
def test_what_lock_wrote_brings_the_same_pins_about(
    *,
    freewheel: Freewheel,
    install: Install,
    server: IndexServer,
    environment: Environment,
    archives: Path,
    build_log: BuildLog,
    with_hashes: bool,
) -> None:
    """Without the index, whether it stated digests or not; and pip takes the file for the same."""
    top = make_wheel(archives, "Top", requires=["dep<2", "source"])
    source = make_sdist(archives, "source")
    for path in (top, make_wheel(archives, "dep", "1.5"), make_wheel(archives, "dep", "2.0"), source):
        server.add(path, hashes=with_hashes, upload_time="2024-05-06T07:08:09Z")
    text = freewheel.run("lock", "-i", server.index_url, "top").stdout
    written = (freewheel.cwd / "pylock.toml").read_text(encoding="utf-8")
    document = tomllib.loads(written)
    assert text.splitlines()[-1].startswith("Nothing could be reused yet. New: ")
    assert [(one["name"], one["version"]) for one in document["packages"]] == [
        ("dep", "1.5"),
        ("source", "1.0"),
        ("top", "1.0"),
    ]
    assert (document["lock-version"], document["created-by"]) == ("1.0", "freewheel")
    assert document["packages"][2]["wheels"][0] | {"upload-time": ""} == {
        "name": top.name,
        "upload-time": "",
        "url": server.file_url(top.name),
        "size": top.stat().st_size,
        "hashes": {"sha256": sha256(top)},
    }
    assert document["packages"][1]["sdist"]["hashes"] == {"sha256": sha256(source)}
    assert build_log.builds() == 0
    server.clear()
    install("-r", "pylock.toml")
    assert environment.installed() == {"top": "1.0", "dep": "1.5", "source": "1.0"}
    assert not list(environment.site_packages.glob("*.dist-info/direct_url.json"))
    assert not [path for path in server.paths() if path.startswith("/simple/")]
    again = freewheel.run("lock", "-i", server.index_url, "top", "-o", "-").stdout
    assert again == written
    if Version(installed_version("pip")) >= Version("26.2"):
        other = make_environment(environment.root.with_name("other"))
        words = ("--no-deps", "--no-index", "--dry-run", "-r", freewheel.cwd / "pylock.toml")
        done = pip(other, "install", *words, env=build_log.variables)
        would_install = done.stdout.splitlines()[-1].lower().split()[2:]
        assert sorted(would_install) == ["dep-1.5", "source-1.0", "top-1.0"]


def test_what_is_named_by_path_or_url_is_locked_as_that(
    *, freewheel: Freewheel, install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    """What lies below the lock file's folder is named by the path from there, and may move with it."""
    make_project_dir(freewheel.cwd / "lib" / "project", "project")
    local = make_sdist(freewheel.cwd / "lib", "local")
    far = make_wheel(archives, "far")
    url = server.put(f"/direct/{far.name}", far)
    lock = freewheel.cwd / "pylock.dev.toml"
    freewheel.run("lock", "./lib/project", local, f"far @ {url}", "-o", "pylock.dev.toml", "--no-index")
    document = tomllib.loads(lock.read_text(encoding="utf-8"))
    assert document["packages"] == [
        {"name": "far", "archive": {"url": url, "size": far.stat().st_size, "hashes": {"sha256": sha256(far)}}},
        {
            "name": "local",
            "archive": {
                "path": f"lib/{local.name}",
                "size": local.stat().st_size,
                "hashes": {"sha256": sha256(local)},
            },
        },
        {"name": "project", "directory": {"path": "lib/project"}},
    ]
    moved = freewheel.cwd.parent / "moved"
    freewheel.cwd.rename(moved)
    freewheel.cwd.mkdir()
    install("-r", moved / "pylock.dev.toml")
    assert environment.installed() == {"far": "1.0", "local": "1.0", "project": "1.0"}
    origins = {path.parent.name.partition("-")[0] for path in environment.site_packages.glob("*/direct_url.json")}
    assert origins == {"far", "local", "project"}


def test_what_lies_elsewhere_on_this_machine_is_locked_by_its_own_place(
    freewheel: Freewheel, install: Install, environment: Environment, archives: Path
) -> None:
    """Archives by URL as in pip, folders by absolute path: the lock file may move, and they stay."""
    six, local = make_wheel(archives, "six"), make_sdist(archives, "local")
    project = make_project_dir(freewheel.cwd / "project", "project")
    lock = freewheel.cwd / "locks" / "pylock.toml"
    lock.parent.mkdir()
    freewheel.run("lock", "six", local, "./project", "-f", archives, "--no-index", "-o", "locks/pylock.toml")
    packages = {one["name"]: one for one in tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]}
    assert packages["six"]["wheels"][0]["url"] == six.as_uri()
    assert packages["local"]["archive"]["url"] == local.as_uri()
    assert packages["project"]["directory"] == {"path": project.as_posix()}
    moved = freewheel.cwd / "elsewhere"
    lock.parent.rename(moved)
    install("-r", moved / "pylock.toml")
    assert environment.installed() == {"six": "1.0", "local": "1.0", "project": "1.0"}


@pytest.mark.parametrize("output", ["-", "pylock.toml"])
def test_a_lock_file_has_the_same_bytes_wherever_one_stands(
    freewheel: Freewheel, archives: Path, output: str
) -> None:
    make_wheel(archives, "six")
    local = make_sdist(freewheel.cwd / "lib", "local")
    project = make_project_dir(freewheel.cwd / "lib" / "project", "project")
    elsewhere = freewheel.folder / "elsewhere"
    elsewhere.mkdir()
    lock = freewheel.cwd / "pylock.toml"
    found = set()
    for folder in (freewheel.cwd, freewheel.cwd / "lib", elsewhere):
        where = "-" if output == "-" else lock
        words = ("six", local, project, "-f", archives, "--no-index", "-o", where)
        done = freewheel.run("lock", *words, cwd=folder)
        found.add(done.stdout if output == "-" else lock.read_text(encoding="utf-8"))
    (text,) = found
    assert (local.as_uri() in text) == (output == "-")


def test_a_lock_file_named_by_a_link_to_its_folder_names_what_lies_below_by_path(freewheel: Freewheel) -> None:
    local = make_sdist(freewheel.cwd / "lib", "local")
    link = freewheel.folder / "link"
    link.symlink_to(freewheel.cwd)
    freewheel.run("lock", local, "--no-index", "-o", link / "pylock.toml")
    assert f'path = "lib/{local.name}"' in (freewheel.cwd / "pylock.toml").read_text(encoding="utf-8")


def test_a_file_that_is_not_where_the_lock_file_says_is_named_with_the_lock_file(
    freewheel: Freewheel, install: Install, environment: Environment
) -> None:
    six, local = make_wheel(freewheel.cwd / "lib", "six"), make_sdist(freewheel.cwd / "lib", "local")
    freewheel.run("lock", "six", "-f", "lib", "--no-index")
    freewheel.run("lock", local, "--no-index", "-o", "pylock.direct.toml")
    for path in (six, local):
        path.unlink()
    for name, path in (("pylock.toml", six), ("pylock.direct.toml", local)):
        done = install("-r", name, expect=1)
        assert f"ERROR: {path} is not there." in done.stderr
        assert f"named by: -r {name}" in done.stderr
        assert "hint: Put it back. A lock file is written anew" in done.stderr
    assert environment.installed() == {}


def test_lock_takes_no_account_of_the_environment(
    freewheel: Freewheel, server: IndexServer, environment: Environment, archives: Path
) -> None:
    for version in ("1.0", "2.0"):
        server.add(make_wheel(archives, "six", version))
    words = ("--python", environment.python, "-i", server.index_url)
    freewheel.run("install", *words, "six==1.0")
    freewheel.run("lock", *words, "six")
    assert 'version = "2.0"' in (freewheel.cwd / "pylock.toml").read_text(encoding="utf-8")


def test_a_lock_file_goes_to_the_standard_output_alone(
    freewheel: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "six"))
    done = freewheel.run("lock", "-i", server.index_url, "six", "--output=-")
    assert tomllib.loads(done.stdout)["packages"][0]["name"] == "six"
    assert "Collecting six" in done.stderr
    assert not (freewheel.cwd / "pylock.toml").exists()


def test_an_odd_name_is_warned_of_and_a_folder_that_is_not_there_is_an_error(
    freewheel: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "six"))
    done = freewheel.run("lock", "-i", server.index_url, "six", "-o", "lock.toml")
    assert "lock.toml is not a valid lock file name." in done.stderr
    done = freewheel.run("lock", "-i", server.index_url, "six", "-o", "no/pylock.toml", expect=1)
    assert "pylock.toml" in done.stderr
    assert not (freewheel.cwd / "no").exists()


def test_nothing_outside_a_lock_file_is_taken(
    freewheel: Freewheel, install: Install, environment: Environment, archives: Path
) -> None:
    """Not even what a locked project needs."""
    top = make_wheel(archives, "top", requires=["dep"])
    install("-r", write(freewheel, wheel_entry(top, f'url = "{top.as_uri()}"', "top")))
    assert environment.installed() == {"top": "1.0"}


def test_a_lock_file_beside_other_requirements_pins_what_it_has(
    *, freewheel: Freewheel, install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    """What else is asked for needs digests of its own then, as in pip, unless it is told otherwise."""
    old, new = make_wheel(archives, "dep", "1.0"), make_wheel(archives, "dep", "2.0")
    top = make_wheel(archives, "top", requires=["dep"])
    for path in (old, new, top):
        server.add(path)
    lock = write(freewheel, wheel_entry(old, f'path = "{old}"', "dep"))
    done = install("-r", lock, "top", "-i", server.index_url, expect=1)
    assert f"would pin:  top==1.0 --hash=sha256:{sha256(top)}" in done.stderr
    assert "In --require-hashes mode" in done.stderr
    install("-r", lock, "top", "-i", server.index_url, "--no-require-hashes")
    assert environment.installed() == {"top": "1.0", "dep": "1.0"}
    done = install("-r", lock, "dep>1", "-i", server.index_url, "--force-reinstall", expect=1)
    assert "conflict" in done.stderr


def test_markers_extras_groups_and_tags_select(
    freewheel: Freewheel, install: Install, environment: Environment, archives: Path
) -> None:
    names = ("always", "never", "extra", "dev", "default")
    wheels = {name: make_wheel(archives, name) for name in names}
    windows = make_wheel(archives, "always", tag="py3-none-win_amd64")
    markers = {
        "never": "python_version < '3'",
        "extra": "'x' in extras",
        "dev": "'dev' in dependency_groups",
        "default": "'main' in dependency_groups",
    }
    entries = [
        *(
            wheel_entry(wheels[name], f'path = "{wheels[name]}"', name, more=f'marker = "{marker}"\n')
            for name, marker in markers.items()
        ),
        '[[packages]]\nname = "always"\nversion = "1.0"\nwheels = [\n'
        + "".join(
            f'{{ path = "{path}", hashes = {{ sha256 = "{sha256(path)}" }} }},\n'
            for path in (windows, wheels["always"])
        )
        + "]\n",
    ]
    head = 'extras = ["x"]\ndependency-groups = ["dev"]\ndefault-groups = ["main"]\n'
    lock = write(freewheel, head + "\n".join(entries))
    install("-r", lock)
    assert environment.installed().keys() == {"always", "default"}
    install("--group", f"{lock}:dev")
    assert environment.installed().keys() == {"always", "default", "dev"}
    install("-r", f"{lock}[x]", "--group", f"{lock}:dev")
    assert environment.installed().keys() == {"always", "default", "dev", "extra"}
    done = install("-r", f"{lock}[nope]", expect=1)
    assert "Undeclared extras: nope" in done.stderr


def test_a_digest_that_does_not_match_is_an_error_whatever_the_options_say(
    freewheel: Freewheel, install: Install, environment: Environment, archives: Path
) -> None:
    six = make_wheel(archives, "six")
    lock = write(freewheel, wheel_entry(six, f'path = "{six}"', "six", digest="0" * 64))
    done = install("-r", lock, "--no-require-hashes", expect=1)
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert "asked by: -r pylock.toml" in done.stderr
    assert environment.installed() == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("packages = 1\n", "Unexpected type"),
        ('requires-python = "<3"\npackages = []\n', "does not satisfy the Python version requirement"),
        ("environments = [\"sys_platform == 'nowhere'\"]\npackages = []\n", "any of the environments"),
        ('[[packages]]\nname = "six"\n', "Exactly one of vcs, directory, archive"),
        (
            '[[packages]]\nname = "six"\narchive = { url = "six-1.0.tar.gz", hashes = { sha256 = "ab" } }\n',
            "its URL is no URL",
        ),
        (
            '[[packages]]\nname = "six"\narchive = { url = "https://x.example/s.zip", hashes = { crc32 = "ab" } }\n',
            "none of its hashes can be computed: crc32",
        ),
        (
            '[[packages]]\nname = "six"\nwheels = [{hashes = {sha256 = "ab"}, path = "six-1-cp27-cp27m-win32.whl"}]',
            "No wheel found matching the provided tags",
        ),
    ],
)
def test_what_is_wrong_with_a_lock_file_is_said(
    freewheel: Freewheel, install: Install, text: str, reason: str
) -> None:
    done = install("-r", write(freewheel, text), expect=1)
    assert "ERROR: The lock file pylock.toml cannot be used." in done.stderr
    assert reason in done.stderr


def test_a_lock_file_that_is_no_toml_is_told_with_the_place(freewheel: Freewheel, install: Install) -> None:
    done = install("-r", write(freewheel, "[[packages]\n"), expect=1)
    assert "ERROR: pylock.toml is no TOML." in done.stderr
    assert "where:    pylock.toml, line 3, column 11" in done.stderr
    assert "asked by: -r pylock.toml" in done.stderr
    assert "hint: Mend the file at that place" in done.stderr


def test_later_versions_of_the_format(freewheel: Freewheel, install: Install) -> None:
    path = freewheel.cwd / "pylock.toml"
    path.write_text(HEAD.replace("1.0", "1.9") + "packages = []\n", encoding="utf-8")
    assert "WARNING: pylock.toml is of version 1.9" in install("-r", "pylock.toml").stderr
    path.write_text(HEAD.replace("1.0", "2.0") + "packages = []\n", encoding="utf-8")
    assert "pylock version 2.0 is not supported; 1.0 is" in install("-r", "pylock.toml", expect=1).stderr


def test_a_lock_file_behind_a_url_names_files_beside_it_and_nothing_here(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    six = make_wheel(archives, "six")
    server.put(f"/locks/wheels/{six.name}", six)
    url = server.put("/locks/pylock.toml", HEAD + wheel_entry(six, f'path = "wheels/{six.name}"', "six"))
    install("-r", url)
    assert environment.installed() == {"six": "1.0"}
    for place, reason in (
        (f'path = "{six}"', "cannot name an absolute path"),
        (f'url = "{six.as_uri()}"', "may not name a file of this machine"),
        (f'path = "//127.0.0.1:1/{six.name}"', "cannot name an absolute path"),
    ):
        server.put("/locks/pylock.toml", HEAD + wheel_entry(six, place, "six"))
        assert reason in install("-r", url, "--force-reinstall", expect=1).stderr
    server.put("/locks/pylock.toml", HEAD + '[[packages]]\nname = "six"\ndirectory = { path = "." }\n')
    assert "cannot name a folder" in install("-r", url, expect=1).stderr


def test_a_project_that_may_only_come_as_a_wheel_is_not_built_from_the_lock_files_sdist(
    *, freewheel: Freewheel, install: Install, environment: Environment, archives: Path, build_log: BuildLog
) -> None:
    sdist, wheel = make_sdist(archives, "six"), make_wheel(archives, "six")
    entry = f'sdist = {{ path = "{sdist}", hashes = {{ sha256 = "{sha256(sdist)}" }} }}\n'
    lock = write(freewheel, f'[[packages]]\nname = "six"\n{entry}')
    done = install("-r", lock, "--only-binary", "six", expect=1)
    assert (
        "Could not install locked package 'six' from '-r pylock.toml': sdists are not wanted for it." in done.stderr
    )
    lock = write(freewheel, wheel_entry(wheel, f'path = "{wheel}"', "six") + entry)
    install("-r", lock, "--no-binary", "six")
    assert (environment.installed(), build_log.builds()) == ({"six": "1.0"}, 1)


def test_what_is_installed_already_is_left_alone(
    freewheel: Freewheel, install: Install, server: IndexServer, archives: Path
) -> None:
    six = make_wheel(archives, "six")
    server.put(f"/{six.name}", six)
    lock = write(freewheel, wheel_entry(six, f'url = "{server.url}{six.name}"', "six"))
    install("-r", lock)
    server.clear()
    assert "Requirement already satisfied: six==1.0" in install("-r", lock).stdout
    assert server.log == []


@pytest.mark.skipif(os.name == "nt", reason="paths of the other kind")
def test_a_locked_commit_is_asked_for_as_a_direct_reference(freewheel: Freewheel, install: Install) -> None:
    vcs = 'vcs = { type = "svn", url = "https://x.example/six", commit-id = "12", subdirectory = "sub" }\n'
    done = install("-r", write(freewheel, f'[[packages]]\nname = "six"\n{vcs}'), expect=1)
    assert "six @ svn+https://x.example/six@12#subdirectory=sub" in done.stderr
