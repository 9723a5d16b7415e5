"""Repositories on the command line: what is cloned and built once, what is asked again, and who may read what."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip
from tests.support.folders import snapshot
from tests.support.process import Result
from tests.support.repositories import GitServer, Repository
from tests.support.unprivileged import Person

Install = Callable[..., Environment]
SECRET = "s3cret-password"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "served" / "team" / "six.git")
    made.git("tag", "v1")
    made.git("branch", "side")
    return made


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(folder=tmp_path / "served") as running:
        yield running


@pytest.fixture
def install(freewheel: Freewheel, tmp_path: Path) -> Install:
    """Install into a new environment, which is the answer; its output is beside it."""
    numbers = iter(range(100))

    def into_new_environment(*arguments: str | Path) -> Environment:
        environment = make_environment(tmp_path / f"environment-{next(numbers)}")
        freewheel.run("install", "--no-index", "--python", environment.python, *arguments)
        return environment

    return into_new_environment


def clones(freewheel: Freewheel) -> list[Path]:
    return sorted(freewheel.cache.glob("repositories-v1/*/*/clone"))


def direct_url(environment: Environment, project: str = "six") -> object:
    [record] = environment.site_packages.glob(f"{project}-*.dist-info/direct_url.json")
    return json.loads(record.read_text(encoding="utf-8"))


def refused(freewheel: Freewheel, environment: Environment, *arguments: str, **env: str) -> Result:
    return freewheel.run("install", "--no-index", "--python", environment.python, *arguments, env=env, expect=1)


# Once for all


def test_a_full_hash_is_cloned_and_built_once_and_needs_no_network_then(
    install: Install, freewheel: Freewheel, repository: Repository, git_server: GitServer, build_log: BuildLog
) -> None:
    """Behaviour 89."""
    wanted = f"six @ {git_server.url(repository)}@{repository.head}"
    first = install(wanted)
    git_server.stop()
    second = install(wanted)
    assert (build_log.builds("six"), len(clones(freewheel))) == (1, 1)
    for environment in (first, second):
        assert direct_url(environment) == {
            "url": git_server.url(repository).removeprefix("git+"),
            "vcs_info": {"vcs": "git", "commit_id": repository.head, "requested_revision": repository.head},
        }


def test_every_name_of_a_commit_shares_its_wheel_and_the_clone(
    install: Install, freewheel: Freewheel, repository: Repository, build_log: BuildLog
) -> None:
    """Behaviour 90."""
    names = (
        "",
        "@main",
        "@side",
        "@v1",
        f"@{repository.head}",
        f"@{repository.head[:8]}",
        "@refs/heads/side",
        "@HEAD",
    )
    for name in names:
        environment = install(f"{repository.url}{name}")
        expected = {"requested_revision": name[1:]} if name else {}
        assert direct_url(environment) == {
            "url": repository.folder.as_uri(),
            "vcs_info": {"vcs": "git", "commit_id": repository.head, **expected},
        }
    assert (build_log.builds("six"), len(clones(freewheel))) == (1, 1)


def test_a_name_is_what_the_remote_says_now(install: Install, repository: Repository, build_log: BuildLog) -> None:
    """Behaviour 90; and 91, as a hash that is a branch's name is one."""
    first = repository.head
    repository.git("branch", first)
    install(f"{repository.url}@{first}")
    commit = repository.commit("More", {"src/more.py": "more = True\n"})
    repository.git("update-ref", f"refs/heads/{first}", commit)
    environment = install(f"{repository.url}@{first}")
    assert (environment.site_packages / "more.py").exists()
    assert commit in str(direct_url(environment))
    assert build_log.builds("six") == 2


def test_another_commit_of_the_installed_version_stays_out_and_that_is_said(
    install: Install, freewheel: Freewheel, repository: Repository
) -> None:
    """As in pip it stays out; pip does not say so."""
    wanted, place, before = repository.url, repository.url.removeprefix("git+"), repository.head
    environment = install(wanted)
    recorded = direct_url(environment)
    words = ("install", "--no-index", "--python", environment.python, wanted)
    assert "stays as it is installed" not in freewheel.run(*words).stdout
    repository.commit("More")
    expected = (
        f"six 1.0 stays as it is installed, from {place}@{before}. "
        f"Use --force-reinstall to install the same version from {place}@{repository.head}."
    )
    assert freewheel.run(*words).lines.count(expected) == 1
    pip(environment, "install", "--no-index", "--no-build-isolation", wanted)
    assert direct_url(environment) == recorded
    assert expected not in freewheel.run(*words, "--force-reinstall").stdout
    assert direct_url(environment) != recorded


def test_a_new_tag_in_a_commits_history_is_another_build(
    install: Install, repository: Repository, build_log: BuildLog
) -> None:
    """Backends make versions of tags, so a wheel from before the release must not stand in for it."""
    install(f"{repository.url}@main")
    repository.git("tag", "v2")
    for _ in range(2):
        install(f"{repository.url}@v2")
    assert build_log.builds("six") == 2


@pytest.mark.parametrize("name", ["", "@main~1"])
def test_a_direct_url_is_pips_whether_the_wheel_was_built_now_or_before(
    install: Install, repository: Repository, environment: Environment, name: str
) -> None:
    """Behaviour 103."""
    (repository.folder / "sub").mkdir()
    for entry in ("pyproject.toml", "build_backend.py", "backend.json", "src"):
        repository.git("mv", entry, "sub")
    repository.commit("Moved")
    repository.commit("More")
    repository.git("tag", "--force", "v1")
    wanted = f"six @ {repository.url}{name}#subdirectory=sub"
    pip(environment, "install", "--no-index", "--no-build-isolation", wanted)
    assert direct_url(install(wanted)) == direct_url(install(wanted)) == direct_url(environment)


def test_two_subdirectories_of_a_commit_have_wheels_of_their_own(
    install: Install, tmp_path: Path, build_log: BuildLog
) -> None:
    """Behaviour 79."""
    repository = Repository.create(tmp_path / "both" / "left", "left")
    Repository.create(tmp_path / "both" / "right", "right")
    for name in ("left", "right"):
        shutil.rmtree(tmp_path / "both" / name / ".git")
    repository = Repository(tmp_path / "both")
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit("Both")
    for _ in range(2):
        environment = install(*(f"{name} @ {repository.url}#subdirectory={name}" for name in ("left", "right")))
        assert environment.installed() == {"left": "1.0", "right": "1.0"}
    assert (build_log.builds("left"), build_log.builds("right")) == (1, 1)


def test_two_processes_at_once_clone_and_build_once(
    freewheel: Freewheel, repository: Repository, git_server: GitServer, build_log: BuildLog, tmp_path: Path
) -> None:
    """Behaviour 133."""
    environments = [make_environment(tmp_path / name) for name in ("left", "right")]
    url = f"{git_server.url(repository)}@{repository.head}"
    started = [freewheel.start("install", "--no-index", "--python", each.python, url) for each in environments]
    for process in started:
        with process:
            _, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
    assert [each.installed() for each in environments] == [{"six": "1.0"}] * 2
    assert (build_log.builds("six"), len(clones(freewheel))) == (1, 1)


# Where repositories are asked for


def test_a_repository_may_be_a_dependency_a_constraint_or_stand_in_a_file(
    install: Install, freewheel: Freewheel, repository: Repository, archives: Path
) -> None:
    needing = make_wheel(archives, "needing", requires=[f"six @ {repository.url}@v1"])
    assert install(needing).installed() == {"needing": "1.0", "six": "1.0"}
    (freewheel.cwd / "c.txt").write_text(f"six @ {repository.url}@main\n", encoding="utf-8")
    assert "main" in str(direct_url(install("six", "-c", "c.txt")))
    lines = f"{repository.url}@v1#egg=six[extra]\n"
    (freewheel.cwd / "r.txt").write_text(lines, encoding="utf-8")
    assert install("-r", "r.txt").installed() == {"six": "1.0"}


def test_a_backend_sees_a_repository_of_its_own_with_tags_and_branch(
    install: Install, repository: Repository
) -> None:
    asking = (
        "import subprocess\n"
        "from pathlib import Path\n"
        "asked = ['git describe --tags', 'git rev-parse --abbrev-ref HEAD', 'git remote get-url origin']\n"
        "told = [subprocess.run(each.split(), check=True, capture_output=True).stdout.decode() for each in asked]\n"
        "Path('src/told.txt').write_text(''.join(told))\n"
    )
    backend = (repository.folder / "build_backend.py").read_text(encoding="utf-8")
    repository.commit("Asking", {"build_backend.py": backend + asking})
    environment = install(f"{repository.url}@main")
    described, branch, remote = (environment.site_packages / "told.txt").read_text(encoding="utf-8").splitlines()
    assert described.startswith("v1-1-g")
    assert (branch, remote) == ("main", repository.folder.as_uri())


# Other commands


def test_a_dry_run_builds_nothing_and_reports_the_commit(
    freewheel: Freewheel, environment: Environment, repository: Repository, build_log: BuildLog
) -> None:
    """Behaviours 101 and 105."""
    result = freewheel.run(
        *("install", "--no-index", "--python", environment.python, "--dry-run", "--quiet", "--report", "-"),
        f"six @ {repository.url}@v1",
    )
    [item] = json.loads(result.stdout)["install"]
    assert item["download_info"]["vcs_info"] == {
        "vcs": "git",
        "commit_id": repository.head,
        "requested_revision": "v1",
    }
    assert (item["is_direct"], build_log.builds()) == (True, 0)


def test_a_download_is_an_archive_of_the_checkout(
    freewheel: Freewheel, environment: Environment, repository: Repository
) -> None:
    arguments = ("download", "--no-index", "--no-deps", "-d", "files", "--python", environment.python)
    freewheel.run(*arguments, f"Six @ {repository.url}")
    assert [path.name for path in (freewheel.cwd / "files").iterdir()] == ["Six-1.0.zip"]
    freewheel.run("install", "--no-index", "--python", environment.python, "files/Six-1.0.zip")
    assert environment.installed() == {"six": "1.0"}
    told = freewheel.run(*arguments, f"Six @ {repository.url}", expect=1).stderr
    assert "--exists-action" in told


def test_wheel_and_install_share_what_was_built(
    freewheel: Freewheel, install: Install, repository: Repository, build_log: BuildLog
) -> None:
    """Behaviour 77."""
    freewheel.run("wheel", "--no-index", "-w", "wheels", f"{repository.url}@v1")
    assert (freewheel.cwd / "wheels" / "six-1.0-py3-none-any.whl").exists()
    install(f"{repository.url}@v1")
    assert build_log.builds("six") == 1


def test_freeze_names_the_commit(freewheel: Freewheel, install: Install, repository: Repository) -> None:
    environment = install(f"{repository.url}@v1")
    frozen = freewheel.run("freeze", "--python", environment.python).lines
    assert frozen == [f"six @ {repository.url}@{repository.head}"]
    assert pip(environment, "freeze").lines == frozen


def test_the_cache_counts_clones_and_removes_them(
    freewheel: Freewheel, install: Install, repository: Repository
) -> None:
    install(repository.url)
    assert "Repositories: 1 (" in freewheel.run("cache", "info").stdout
    freewheel.run("cache", "remove", "six")
    assert clones(freewheel) == []
    install(repository.url)
    freewheel.run("cache", "purge")
    assert clones(freewheel) == []


# Damage, and caches that cannot be used


def test_a_damaged_clone_is_made_again_with_one_warning(
    freewheel: Freewheel, environment: Environment, install: Install, repository: Repository
) -> None:
    install(f"{repository.url}@main")
    [clone] = clones(freewheel)
    (clone / "HEAD").unlink()
    told = freewheel.run("install", "--no-index", "--python", environment.python, f"{repository.url}@main").stderr
    assert told.count("WARNING") == 1
    assert f"The cached repository of {repository.folder.as_uri()} was damaged" in told
    assert environment.installed() == {"six": "1.0"}


def test_a_clone_that_is_gone_is_made_again(
    freewheel: Freewheel, install: Install, repository: Repository, build_log: BuildLog
) -> None:
    wanted = f"{repository.url}@{repository.head}"
    install(wanted)
    shutil.rmtree(freewheel.cache / "repositories-v1")
    install(wanted)
    assert (build_log.builds("six"), len(clones(freewheel))) == (1, 1)


def test_a_process_killed_while_it_clones_leaves_nothing_that_counts(
    freewheel: Freewheel, environment: Environment, install: Install, repository: Repository, git_server: GitServer
) -> None:
    git_server.gate = Event()
    url = git_server.url(repository)
    with freewheel.start("install", "--no-index", "--python", environment.python, url) as process:
        while not git_server.requests and process.poll() is None:
            os.sched_yield()
        process.kill()
        process.communicate()
    git_server.gate.set()
    assert clones(freewheel) == []
    install(url)
    assert len(clones(freewheel)) == 1


def test_without_a_cache_nothing_is_left(
    freewheel: Freewheel, environment: Environment, repository: Repository
) -> None:
    """Behaviours 20 and 100."""
    freewheel.run("install", "--no-index", "--no-cache-dir", "--python", environment.python, repository.url)
    assert environment.installed() == {"six": "1.0"}
    assert not freewheel.cache.exists()
    assert list(freewheel.temporary.iterdir()) == []


def test_a_cache_that_is_only_read_gives_what_it_has_and_is_left_alone(
    unprivileged: Person, repository: Repository, git_server: GitServer
) -> None:
    """Behaviour 18."""
    freewheel = unprivileged.freewheel()
    log = BuildLog(freewheel.folder / "build.log")
    freewheel.variables |= log.variables
    first = repository.head
    arguments = ("install", "--no-index", "--no-compile", "--target")
    freewheel.run(*arguments, "first", f"six @ {git_server.url(repository)}@{first}")
    for path in (freewheel.cache, *freewheel.cache.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    before = snapshot(freewheel.cache, with_times=True)
    repository.commit("More", {"src/more.py": "more = True\n"})
    git_server.requests.clear()
    freewheel.run(*arguments, "second", f"six @ {git_server.url(repository)}@{first}")
    assert (log.builds("six"), git_server.requests) == (1, [])
    done = freewheel.run(*arguments, "third", f"six @ {git_server.url(repository)}@main")
    assert (freewheel.cwd / "third" / "more.py").exists()
    assert done.stderr == ""
    assert snapshot(freewheel.cache, with_times=True) == before
    assert list(freewheel.temporary.iterdir()) == []


# Passwords, and who may read what


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_password_is_kept_nowhere_and_a_new_one_finds_the_wheel(
    freewheel: Freewheel,
    environment: Environment,
    repository: Repository,
    git_server: GitServer,
    build_log: BuildLog,
) -> None:
    """Behaviours 53 and 111, and 103 for the URL that is recorded."""
    for password in (SECRET, "another-secret"):
        git_server.password = password
        result = freewheel.run(
            *("install", "-vvv", "--no-index", "--python", environment.python, "--force-reinstall"),
            *("--report", "report.json", "--log", "log.txt"),
            f"six @ {git_server.url(repository, f'me:{password}')}@main",
        )
        seen = result.stdout + result.stderr
        for name in ("report.json", "log.txt"):
            seen += (freewheel.cwd / name).read_text(encoding="utf-8")
        assert password not in seen
        assert direct_url(environment) == {
            "url": git_server.url(repository).removeprefix("git+"),
            "vcs_info": {"vcs": "git", "commit_id": repository.head, "requested_revision": "main"},
        }
        for folder in (freewheel.cache, environment.root):
            assert password.encode() not in everything_below(folder)
    assert build_log.builds("six") == 1
    frozen = freewheel.run("freeze", "--python", environment.python).stdout
    assert frozen == f"six @ {git_server.url(repository)}@{repository.head}\n"


@pytest.mark.parametrize("user", ["", "me:wrong-password"])
def test_what_a_password_opened_stays_closed_to_others(
    freewheel: Freewheel,
    environment: Environment,
    install: Install,
    repository: Repository,
    git_server: GitServer,
    user: str,
) -> None:
    """Behaviour 54: whoever has no right to read the repository gets it neither from its clone nor as a wheel."""
    git_server.password = SECRET
    install(f"six @ {git_server.url(repository, f'me:{SECRET}')}@{repository.head}")
    done = refused(freewheel, environment, f"six @ {git_server.url(repository, user)}@{repository.head}")
    assert "cannot be read" in done.stderr
    assert "wrong-password" not in done.stdout + done.stderr
    assert environment.installed() == {}


# What goes wrong


def test_a_revision_that_does_not_exist_is_named(
    freewheel: Freewheel, environment: Environment, repository: Repository
) -> None:
    told = refused(freewheel, environment, f"{repository.url}@no-such-branch").stderr
    assert told.startswith(f"ERROR: The repository {repository.folder.as_uri()} has no revision 'no-such-branch'.")
    assert "hint: " in told


def test_a_server_that_says_nothing_is_given_up(freewheel: Freewheel, environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"git+http://127.0.0.1:{silent.getsockname()[1]}/six"
        told = refused(freewheel, environment, "--timeout", "1", url).stderr
    assert "cannot be read" in told


def test_git_that_is_missing_is_told(
    freewheel: Freewheel, environment: Environment, repository: Repository, tmp_path: Path
) -> None:
    told = refused(freewheel, environment, repository.url, PATH=str(tmp_path)).stderr
    assert "needs git, which cannot be used" in told
    assert "hint: Install git" in told


def test_a_folder_that_a_commit_does_not_have_is_named(
    freewheel: Freewheel, environment: Environment, repository: Repository
) -> None:
    told = refused(freewheel, environment, f"{repository.url}#subdirectory=absent").stderr
    assert "it has no folder absent" in told
    assert f"commit {repository.head}" in told
