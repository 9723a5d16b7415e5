"""Bad input, network and disk trouble: one clear error, pip's exit status, everything as it was."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.archives import Damage, make_project_dir, make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.disk import small_disk
from tests.support.environments import Environment, make_environment
from tests.support.folders import snapshot
from tests.support.process import Result
from tests.support.repositories import Repository
from tests.support.server import IndexServer
from tests.support.sources import SdistDamage
from tests.support.unprivileged import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A command line in an environment that has something already, with a cache that has something too."""

    freewheel: Freewheel
    environment: Environment

    def fails(self, *words: str | Path, status: int = 1) -> Result:
        """An installation that must fail in good order: a message, no output of success, and nothing changed."""
        before = snapshot(self.environment.root), self._cache()
        done = self.freewheel.run("install", *words, expect=status)
        assert (snapshot(self.environment.root), self._cache()) == before
        assert [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")], done.stderr
        assert "Successfully" not in done.stdout
        assert list(self.freewheel.temporary.iterdir()) == []
        return done

    def _cache(self) -> dict[str, str]:
        """The cache without what a failed command may have learnt: pages, metadata, sound files, interpreters.

        What was sound may have been unpacked before something else turned out not to be.
        """
        found = snapshot(self.freewheel.cache)
        sound = [path.partition("/files/")[0] for path in found if path.endswith("/sound.py")]
        return {
            path: what
            for path, what in found.items()
            if path.startswith(("wheels-v1", "trees-v1/", "tmp/"))
            and not any(path.startswith(f"{tree}/") or tree.startswith(path) for tree in sound)
        }


@pytest.fixture
def trouble(freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment) -> Trouble:
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}
    freewheel.variables |= {"PIP_RETRIES": "0", "PIP_TIMEOUT": "5"}
    server.add(make_wheel(archives, "there"))
    server.add(make_wheel(archives, "sound"))
    freewheel.run("install", "there")
    return Trouble(freewheel=freewheel, environment=environment)


def says(done: Result, *parts: str) -> None:
    for part in parts:
        assert part in done.stderr, done.stderr


def hints(done: Result) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("  hint: ")]


# What was asked for


def test_an_unknown_project(trouble: Trouble, server: IndexServer) -> None:
    done = trouble.fails("sound", "nonesuch")
    says(
        done,
        "ERROR: Could not find a version that satisfies the requirement nonesuch (from versions: none)\n"
        "ERROR: No matching distribution found for nonesuch\n",
        server.index_url,
    )
    assert len(hints(done)) == 1


def test_an_impossible_version(trouble: Trouble) -> None:
    done = trouble.fails("sound==9.9")
    says(
        done,
        "ERROR: Could not find a version that satisfies the requirement sound==9.9 (from versions: 1.0)\n"
        "ERROR: No matching distribution found for sound==9.9\n",
    )
    assert len(hints(done)) == 1


def test_requirements_that_exclude_one_another(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "left", requires=["sound>=2"]))
    server.add(make_wheel(archives, "sound", "2.0"))
    done = trouble.fails("left", "sound<2")
    says(done, "left 1.0 depends on sound>=2", "The user requested sound<2")
    assert len(hints(done)) == 1


def test_a_project_for_another_python(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "newer", requires_python=">=4"), requires_python=">=4")
    done = trouble.fails("newer")
    says(done, "No matching distribution found for newer", "Python", ">=4")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("sound==", "Invalid requirement: 'sound=='"),
        ("sound>=1,=<2", "Invalid requirement: 'sound>=1,=<2'"),
        ("=sound", "Invalid requirement: '=sound'"),
        ("sound; python_version", "Invalid requirement: 'sound; python_version'"),
        ("--no-such-option", "Invalid requirement: '--no-such-option'"),
    ],
)
def test_a_malformed_requirement_is_told_with_file_and_line(trouble: Trouble, line: str, found: str) -> None:
    inner = trouble.freewheel.cwd / "inner.txt"
    inner.write_text(f"# a comment\n\nsound\n{line}\n", encoding="utf-8")
    (trouble.freewheel.cwd / "outer.txt").write_text("-r inner.txt\n", encoding="utf-8")
    done = trouble.fails("-r", "outer.txt")
    says(done, found, "inner.txt (line 4)")


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["sound=="], "Invalid requirement: 'sound=='", "A version has to follow =="),
        (["sound @ ./there"], "Invalid requirement: 'sound @ ./there'", "Name the path alone (./there), or its URL"),
        (["sound @ 1.0"], "Invalid requirement: 'sound @ 1.0'", "A version is asked for with =="),
        (["./absent.whl"], "./absent.whl cannot be used", "Check the spelling and the current folder"),
        (["./sound.whl"], "Invalid wheel filename (wrong number of parts): 'sound'", "name-version"),
        (["./absent#x=1"], "Invalid requirement: './absent#x=1'", "If this is a path, it does not exist"),
        (["there/pyproject.toml"], "Invalid requirement", "The path does exist; a project is named by its folder."),
        (["-r", "sound.whl"], "Could not open requirements file: it is an archive", "named without an option"),
        (["-r", "there/pyproject.toml"], "Could not open requirements file", "by its folder: there/; --group names"),
        (["-r", "self.txt"], "self.txt recursively references itself in self.txt", "Take this line out"),
        (["-r", "pylock.toml"], "pylock version 9.0 is not supported", "lock again with this one"),
        (["--requirements-from-script", "none.py"], "File does not contain 'script' metadata: 'none.py'", "# ///"),
        (["--requirements-from-script", "bad.py"], "bad.py is no TOML", "Mend the file at that place"),
        (["--requirements-from-script", "new.py"], "Script 'new.py' requires a different Python: 3.", "--python"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(
    trouble: Trouble, archives: Path, words: list[str], said: str, hint: str
) -> None:
    files = {
        "self.txt": "-r self.txt\n",
        "pylock.toml": 'lock-version = "9.0"\nother = 1\n',
        "none.py": "print(1)\n",
        "bad.py": "# /// script\n# dependencies = [\n# ///\n",
        "new.py": '# /// script\n# requires-python = ">=4"\n# ///\n',
    }
    for name, text in files.items():
        (trouble.freewheel.cwd / name).write_text(text, encoding="utf-8")
    make_project_dir(trouble.freewheel.cwd / "there", "there")
    make_wheel(archives, "sound").rename(trouble.freewheel.cwd / "sound.whl")
    done = trouble.fails(*words)
    says(done, said)
    assert len(hints(done)) == 1
    assert hint in hints(done)[0]


def test_a_repository_that_has_something_else(trouble: Trouble, tmp_path: Path) -> None:
    """Another project than was asked for, or not the folder that the URL names."""
    repository = Repository.create(tmp_path / "repository", "sound")
    done = trouble.fails(f"other @ {repository.url}")
    says(done, f"ERROR: other was asked for, and {repository.url} is sound.", "where:    the command line")
    assert hints(done) == ["  hint: Ask for it by its own name (sound @ ...), or correct the URL."]
    done = trouble.fails(f"{repository.url}#subdirectory=absent")
    says(done, "does not appear to be a Python project: it has no folder absent.", f"commit {repository.head}")
    assert len(hints(done)) == 1


def test_an_archive_that_has_not_the_folder_of_its_url(trouble: Trouble, archives: Path) -> None:
    sdist = make_sdist(archives, "other")
    done = trouble.fails(f"other @ {sdist.as_uri()}#subdirectory=absent")
    says(done, "other-1.0.tar.gz does not appear to be a Python project: it has no folder absent.")
    assert len(hints(done)) == 1


def test_an_option_that_files_do_not_have_is_told_as_one(trouble: Trouble) -> None:
    (trouble.freewheel.cwd / "r.txt").write_text("sound\n--upgrade\n", encoding="utf-8")
    done = trouble.fails("-r", "r.txt")
    says(done, "-r r.txt (line 2)", "no such option: --upgrade", "expected: options of requirements files")


def test_a_malformed_requirement_on_the_command_line(trouble: Trouble) -> None:
    says(trouble.fails("sound=1"), "ERROR: Invalid requirement: 'sound=1'", "command line")


@pytest.mark.parametrize("option", ["-r", "-c"])
def test_a_missing_requirements_file(trouble: Trouble, option: str) -> None:
    done = trouble.fails("sound", option, "missing.txt")
    kind = "requirements" if option == "-r" else "constraint"
    says(done, f"ERROR: Could not open {kind} file: No such file or directory", "missing.txt")
    assert len(hints(done)) == 1


def test_a_file_that_names_a_missing_file_is_named_too(trouble: Trouble) -> None:
    (trouble.freewheel.cwd / "outer.txt").write_text("sound\n-r missing.txt\n", encoding="utf-8")
    says(trouble.fails("-r", "outer.txt"), "missing.txt", "outer.txt (line 2)")


@pytest.mark.parametrize(
    "word", ["./missing-1.0-py3-none-any.whl", "missing-1.0.tar.gz", "missing @ file:///missing/missing-1.0.tar.gz"]
)
def test_a_missing_file(trouble: Trouble, word: str) -> None:
    says(trouble.fails(word), "missing-1.0", "command line", "no such file" if "@" in word else "does not exist")


LOCK = """lock-version = "1.0"
created-by = "somebody"
[[packages]]
name = "gone"
version = "1.0"
wheels = [{name = "gone-1.0-py3-none-any.whl", path = "wheels/gone-1.0-py3-none-any.whl", hashes = {sha256 = "ab"}}]
"""


def test_a_missing_file_of_a_lock_file_is_told_by_its_path_and_who_asked(trouble: Trouble) -> None:
    (trouble.freewheel.cwd / "pylock.toml").write_text(LOCK, encoding="utf-8")
    done = trouble.fails("-r", "pylock.toml")
    path = trouble.freewheel.cwd / "wheels" / "gone-1.0-py3-none-any.whl"
    says(done, f"ERROR: {path} is not there.", "named by: -r pylock.toml")
    assert "status" not in done.stderr


def test_a_missing_file_of_a_page_is_told_by_its_path_and_the_page(trouble: Trouble) -> None:
    page = trouble.freewheel.cwd / "links.html"
    page.write_text('<a href="gone-1.0.tar.gz">gone</a>', encoding="utf-8")
    (trouble.freewheel.cwd / "r.txt").write_text("gone\n", encoding="utf-8")
    done = trouble.fails("--no-index", "--find-links", page, "-r", "r.txt")
    says(done, f"ERROR: {page.parent / 'gone-1.0.tar.gz'} is not there.")
    says(done, f"named by: -r r.txt (line 1), {page.as_uri()}")
    assert not any("again" in hint or "network" in hint for hint in hints(done))


def test_a_folder_that_is_no_project(trouble: Trouble) -> None:
    (trouble.freewheel.cwd / "empty").mkdir()
    says(trouble.fails("./empty"), "Directory './empty' is not installable", "pyproject.toml")


def test_nothing_asked_for(trouble: Trouble) -> None:
    says(trouble.fails(), 'You must give at least one requirement to install (see "freewheel help install")')


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--frobnicate", "sound"], "no such option: --frobnicate"),
        (["--user=yes", "sound"], "--user option does not take a value"),
        (["--dest", "here", "sound"], "no such option: --dest"),
    ],
)
def test_wrong_words_are_status_two_with_the_usage(trouble: Trouble, words: list[str], problem: str) -> None:
    done = trouble.fails(*words, status=2)
    says(done, "Usage:", "freewheel install [options] <requirement>", problem)


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("timeout", "soon", "invalid floating-point value: 'soon'"),
        ("upgrade-strategy", "never", "invalid choice: 'never'"),
    ],
)
def test_a_wrong_value_is_told_with_the_place_where_it_was_set(
    trouble: Trouble, option: str, value: str, problem: str
) -> None:
    done = trouble.fails(f"--{option}={value}", "sound", status=2)
    says(done, f"ERROR: option --{option}: {problem}", f"value:  {value}", "set in: the command line")
    variable = f"FREEWHEEL_{option.upper().replace('-', '_')}"
    trouble.freewheel.variables[variable] = value
    says(trouble.fails("sound", status=2), problem, f"set in: {variable} in the environment")


# Files that are not what they should be


def test_a_wrong_digest(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "wrong"), hashes={"sha256": "0" * 64}, metadata=False)
    done = trouble.fails("sound", "wrong")
    says(
        done,
        "ERROR: wrong-1.0-py3-none-any.whl does not match its stated digest",
        server.file_url("wrong-1.0-py3-none-any.whl"),
        f"expected: sha256 {'0' * 64}",
        "found:    sha256 ",
    )
    assert len(hints(done)) == 1
    assert not any("wrong" in path for path in snapshot(trouble.freewheel.cache)), "nothing of it is kept"


def test_a_wrong_digest_in_a_url(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    url = server.add(make_wheel(archives, "wrong"))
    says(trouble.fails(f"wrong @ {url}#sha256={'1' * 64}"), f"expected: sha256 {'1' * 64}", "found:    sha256 ")


@pytest.mark.parametrize(
    "broken", ["truncated", "not-a-zip", "no-metadata", "other-name", "no-record", "path-traversal"]
)
def test_a_broken_wheel(trouble: Trouble, server: IndexServer, archives: Path, broken: Damage) -> None:
    server.add(make_wheel(archives, "unsound", broken=broken), metadata=False)
    done = trouble.fails("sound", "unsound")
    says(done, "unsound-1.0-py3-none-any.whl")
    assert not list(trouble.environment.root.rglob("escaped.py"))


@pytest.mark.parametrize("broken", ["truncated", "not-an-archive", "path-traversal", "symlink-out"])
def test_a_broken_sdist(trouble: Trouble, server: IndexServer, archives: Path, broken: SdistDamage) -> None:
    server.add(make_sdist(archives, "broken", broken=broken))
    says(trouble.fails("sound", "broken"), "ERROR: broken-1.0.tar.gz cannot be read as an archive.", "found:")


def test_a_wheel_for_another_platform(trouble: Trouble, archives: Path) -> None:
    wheel = make_wheel(archives, "foreign", tag="cp27-cp27m-win32")
    done = trouble.fails(wheel)
    says(done, "ERROR: foreign-1.0-cp27-cp27m-win32.whl is not a supported wheel on this platform.", "expected:")
    says(done, "cp27-cp27m-win32")


def test_only_wheels_for_other_platforms_on_the_index(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "foreign", tag="cp27-cp27m-win32"))
    done = trouble.fails("foreign")
    says(done, "No matching distribution found for foreign", "passed over", "cp27-cp27m-win32")


def test_a_failing_build_shows_what_the_backend_said(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_sdist(archives, "hard", fails_in=["prepare_metadata_for_build_wheel"], failure="where is cc?"))
    done = trouble.freewheel.run("install", "hard", expect=1)
    says(
        done,
        "ERROR: Encountered error while generating package metadata of hard",
        "where is cc?",
    )
    assert len(hints(done)) == 1


def test_what_a_build_needs_is_not_there(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_sdist(archives, "needy", build_requires=["nonesuch>=3"]))
    done = trouble.fails("needy")
    says(
        done,
        "Failed to build 'needy' when installing build dependencies",
        "No matching distribution found for nonesuch>=3",
    )


def test_a_project_file_that_cannot_be_read(trouble: Trouble, tmp_path: Path) -> None:
    project = make_project_dir(tmp_path / "project", "six", more_files={"pyproject.toml": "[build-system\n"})
    done = trouble.fails(project)
    says(done, "cannot be built", "expected:")


# The network


def test_an_unreachable_index(trouble: Trouble, server: IndexServer) -> None:
    server.stop()
    done = trouble.fails("sound")
    says(done, f"ERROR: Could not reach {server.page_url('sound')}", "found:", "refused")
    assert len(hints(done)) == 1
    assert "No matching distribution" not in done.stderr


def test_a_host_that_no_one_knows(trouble: Trouble) -> None:
    done = trouble.fails("--index-url", "https://index.invalid/simple/", "sound")
    says(done, "ERROR: Could not reach https://index.invalid/simple/sound/", "found:")


def test_an_index_that_is_not_what_it_should_be(trouble: Trouble, server: IndexServer) -> None:
    server.put("/simple/sound/", b"\x89PNG\r\n", "image/png")
    done = trouble.fails("sound")
    says(done, "is no project page of an index", "expected:", "image/png")


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_in_trouble(trouble: Trouble, server: IndexServer, status: int) -> None:
    server.answer("/simple/*", status=status)
    says(trouble.fails("sound"), f"Could not read {server.page_url('sound')}", f"status {status}")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("password", ["", "me:s3cret@"])
def test_a_refused_access(trouble: Trouble, server: IndexServer, status: int, password: str) -> None:
    server.answer("/simple/*", status=status)
    done = trouble.fails("--index-url", server.index_url.replace("//", f"//{password}"), "sound")
    sent = "credentials were sent and refused" if password else "no credentials were sent"
    says(done, f"ERROR: Access to {server.page_url('sound')} was denied.", f"status {status}; {sent}")
    assert len(hints(done)) == 1
    assert "s3cret" not in done.stdout + done.stderr


def test_refused_credentials_are_told_with_where_they_came_from(trouble: Trouble, server: IndexServer) -> None:
    server.answer("/simple/*", status=401)
    done = trouble.fails("--index-url", server.index_url.replace("//", "//me:s3cret@"), "sound")
    says(done, f"Access to {server.page_url('sound')} was denied", "credentials from: its URL", "in the URL")
    netrc = trouble.freewheel.folder / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n", encoding="utf-8")
    netrc.chmod(0o600)
    trouble.freewheel.variables["NETRC"] = str(netrc)
    other = trouble.fails("sound")
    says(other, "credentials from: a netrc file", "netrc file has for this host")
    assert "s3cret" not in done.stderr + other.stderr


def test_a_certificate_that_is_not_trusted(trouble: Trouble, archives: Path) -> None:
    with IndexServer(tls=True) as guarded:
        guarded.add(make_wheel(archives, "guarded"))
        index = ("--index-url", guarded.index_url)
        done = trouble.fails(*index, "guarded")
        says(done, f"ERROR: The certificate of {guarded.page_url('guarded')} is not trusted.", "found:", "expected:")
        assert len(hints(done)) == 1
        trouble.freewheel.run("install", *index, "--cert", guarded.ca_bundle, "guarded")
    assert "guarded" in trouble.environment.installed()


def test_a_download_that_breaks_off(trouble: Trouble, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "large", files={"large.bin": os.urandom(100_000)}))
    server.answer("/files/large*.whl", close_after=5000, accepts_ranges=False)
    done = trouble.fails("large")
    says(done, "Download failed after 6 attempts because not enough bytes were received", "found:    5000 bytes")
    blobs = [path for path in trouble.freewheel.cache.glob("blobs-v1/*/*") if path.stat().st_size >= 5000]
    assert blobs == []


# The disk


def test_an_environment_that_cannot_be_written(unprivileged: Person, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "sound"))
    freewheel = unprivileged.freewheel()
    environment = make_environment(freewheel.folder / "environment", python=unprivileged.python)
    unprivileged.give(environment.root)
    environment.site_packages.chmod(0o555)
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}
    before = snapshot(environment.root)
    done = freewheel.run("install", "sound", expect=1)
    says(done, f"ERROR: Could not write {environment.site_packages}: no permission to write.")
    assert len(hints(done)) == 1
    assert snapshot(environment.root) == before
    assert server.requests_for(".whl") == [], "nothing is downloaded in vain"


def test_a_cache_that_cannot_be_written_is_done_without(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    """Behaviour 16: one warning, and the rest as ever."""
    server.add(make_sdist(archives, "sound"))
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    parent = unprivileged.new_folder()
    parent.chmod(0o555)
    done = freewheel.run("install", "--cache-dir", parent / "cache", "--target", "here", "sound")
    parent.chmod(0o755)
    assert done.stderr.count("WARNING: ") == 1
    says(done, "The cache has been disabled.")
    assert (freewheel.cwd / "here" / "sound.py").exists()
    assert list(parent.iterdir()) == []


def noise(folder: Path, *names: str) -> list[Path]:
    """Wheels with as much content as does not fit twice on the small disks below."""
    return [make_wheel(folder, name, files={f"{name}.bin": os.urandom(1_500_000)}) for name in names]


def test_a_full_disk_under_the_environment(
    trouble: Trouble, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    """What was put there is taken away again."""
    for wheel in noise(archives, "first", "second"):
        server.add(wheel)
    with small_disk(tmp_path / "small", size=2 << 20) as disk:
        environment = make_environment(disk / "environment")
        trouble.freewheel.run("install", "--python", environment.python, "there")
        before = snapshot(environment.root)
        done = trouble.freewheel.run("install", "--python", environment.python, "first", "second", expect=1)
        assert snapshot(environment.root) == before
    says(done, "ERROR: No space left on the disk.", str(disk))
    assert len(hints(done)) == 1
    assert "Successfully" not in done.stdout


@pytest.mark.parametrize("kind", ["wheels", "sdists"])
def test_a_full_disk_under_the_cache_fails_nothing(
    trouble: Trouble, server: IndexServer, archives: Path, tmp_path: Path, kind: str
) -> None:
    """Behaviour 70: everything is installed, and what is kept is whole."""
    if kind == "wheels":
        for wheel in noise(archives, "first", "second"):
            server.add(wheel)
    else:
        for name in ("first", "second"):
            server.add(make_sdist(archives, name, files={f"{name}.bin": os.urandom(1_500_000)}))
    with small_disk(tmp_path / "small", size=2 << 20) as disk:
        for _ in range(2):
            done = trouble.freewheel.run(
                "install", "--cache-dir", disk / "cache", "--force-reinstall", "first", "second"
            )
            assert trouble.environment.installed().keys() == {"there", "first", "second"}
        assert list((disk / "cache" / "tmp").glob("*")) == []
    assert "WARNING: " in done.stderr
    assert "ERROR" not in done.stderr


def test_a_full_disk_under_the_downloads(
    trouble: Trouble, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    for wheel in noise(archives, "first", "second"):
        server.add(wheel)
    with small_disk(tmp_path / "small", size=2 << 20) as disk:
        done = trouble.freewheel.run("download", "--dest", disk / "files", "first", "second", expect=1)
        assert [path.name for path in (disk / "files").iterdir() if "first" in path.name] == []
    says(done, "ERROR: No space left on the disk.", str(disk))


def test_a_full_disk_without_a_cache(trouble: Trouble, server: IndexServer, archives: Path, tmp_path: Path) -> None:
    """There the temporary folder is where the files go."""
    for wheel in noise(archives, "first", "second"):
        server.add(wheel)
    before = snapshot(trouble.environment.root)
    with small_disk(tmp_path / "small", size=2 << 20) as disk:
        command = ("install", "--no-cache-dir", "first", "second")
        done = trouble.freewheel.run(*command, expect=1, env={"TMPDIR": str(disk)})
        assert list(disk.iterdir()) == []
    says(done, "ERROR: No space left on the disk.", str(disk))
    assert snapshot(trouble.environment.root) == before


@pytest.mark.parametrize(
    "words",
    [
        ("-r", "https://[x/pylock.toml"),
        ("--requirements-from-script", "https://[x/y.py"),
        ("--group", "https://[x/pyproject.toml:dev"),
        ("--group", "https://me:s3cret@h.example/pylock.toml:dev"),
        ("--requirements-from-script", "http://me:s3cret@127.0.0.1:9/y.py", "--retries", "0"),
        ("--group", "http://me:s3cret@127.0.0.1:9/pyproject.toml:dev", "--retries", "0"),
    ],
)
def test_a_url_that_is_none_or_has_a_password_is_told_without_it(
    freewheel: Freewheel, words: tuple[str, ...]
) -> None:
    done = freewheel.run("install", "--no-index", *words, expect=None)
    assert done.code in (1, 2)
    assert "ERROR: " in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("option", ["--group", "--requirements-from-script", "-r"])
def test_toml_that_is_nested_without_end_is_no_toml(freewheel: Freewheel, option: str) -> None:
    nested = "x = " + "[" * 100_000
    name = {"--group": "pyproject.toml", "-r": "pylock.toml"}.get(option, "script.py")
    text = f"# /// script\n# {nested}\n# ///\n" if name == "script.py" else nested
    (freewheel.cwd / name).write_text(text, encoding="utf-8")
    word = f"{name}:dev" if option == "--group" else name
    assert f"ERROR: {name} is no TOML." in freewheel.run("install", "--no-index", option, word, expect=1).stderr
