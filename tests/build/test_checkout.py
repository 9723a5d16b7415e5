"""Revisions, clones and checkouts, with real repositories and a real server."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freewheel.build.checkout import Checkouts
from freewheel.build.clones import Access, Clones
from freewheel.build.git import Git
from freewheel.errors import CheckoutFailed, RepositoryUnreadable, UnknownRevision
from freewheel.events import Event, Healed, Missed, Recorder, Reused
from freewheel.model import repository as repositories
from freewheel.model import url as urls
from freewheel.model.repository import RepositoryUrl
from freewheel.model.url import Credentials
from freewheel.store.locks import LocalLocks
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from tests.support.repositories import VARIABLES, GitServer, Repository

SECRET = "s3cret-password"


@dataclass(slots=True)
class Run:
    """One run, as far as repositories are concerned; `folders` are numbered by it."""

    checkouts: Checkouts
    recorder: Recorder
    folder: Path
    credentials: dict[str, Credentials]
    folders: int = 0

    def reference(self, url: str) -> RepositoryUrl:
        bare, credentials = urls.split_credentials(url)
        reference = repositories.parse(bare)
        if credentials is not None:
            self.credentials[reference.url] = credentials
        return reference

    def commit(self, url: str) -> str:
        return self.checkouts.resolve(self.reference(url)).commit

    def check_out(self, url: str) -> Path:
        self.folders += 1
        folder = self.folder / f"checkout-{id(self)}-{self.folders}"
        self.checkouts.check_out(self.reference(url), folder)
        return folder

    def events(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.recorder.events if isinstance(event, kind)]


@dataclass(slots=True)
class Machine:
    """A machine on which runs follow one another; `cache` is its cache folder."""

    folder: Path
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": os.environ["PATH"], **VARIABLES})

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def clones(self) -> list[Path]:
        return sorted(self.cache.glob("repositories-v1/*/*/clone"))

    def run(
        self,
        *,
        is_writable: bool = True,
        is_offline: bool = False,
        prefers_offline: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> Run:
        recorder, credentials = Recorder(), dict[str, Credentials]()
        root = CacheRoot(path=self.cache, is_writable=is_writable)
        scratch = LocalRepositories(root=CacheRoot(path=self.folder / f"scratch-{id(recorder)}"), clock=time.time)
        git = Git(
            environment=self.variables | {"HOME": str(self.folder)} | dict(variables or {}),
            credentials=credentials.get,
            may_ask=False,
            timeout=15.0,
            reporter=recorder,
        )
        clones = Clones(
            git=git,
            repositories=LocalRepositories(root=root, clock=time.time),
            scratch=lambda: scratch,
            locks=LocalLocks(root=root),
            access=Access(
                scope=lambda url: repr(vars_of(credentials.get(url))),
                has_password=lambda url: url in credentials and bool(credentials[url].password),
                is_offline=is_offline,
                prefers_offline=prefers_offline,
            ),
            reporter=recorder,
        )
        note = credentials.setdefault
        checkouts = Checkouts(git=git, clones=clones, reporter=recorder, note_credentials=note)
        return Run(checkouts, recorder, self.folder, credentials)


def vars_of(credentials: Credentials | None) -> tuple[str, str] | None:
    return None if credentials is None else (credentials.user, credentials.password)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "machine"
    folder.mkdir()
    return Machine(folder)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "served" / "team" / "six.git")
    made.git("tag", "--annotate", "--message", "The first", "v1")
    made.git("branch", "side")
    return made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(folder=tmp_path / "served") as running:
        yield running


# Revisions


def test_whatever_git_calls_a_commit_is_resolved_to_it(machine: Machine, repository: Repository) -> None:
    first = repository.head
    second = repository.commit("More")
    names = {
        "": second,
        "@main": second,
        "@HEAD": second,
        "@refs/heads/main": second,
        "@origin/main": second,
        "@side": first,
        "@v1": first,
        "@refs/tags/v1": first,
        "@main~1": first,
        "@v1^{}": first,
        f"@{first}": first,
        f"@{first.upper()}": first,
        f"@{first[:7]}": first,
    }
    run = machine.run()
    assert {name: run.commit(f"{repository.url}{name}") for name in names} == names
    assert len(machine.clones) == 1


def test_a_branch_comes_before_a_tag_of_the_same_name(machine: Machine, repository: Repository) -> None:
    repository.git("branch", "both")
    repository.commit("More")
    repository.git("tag", "both")
    assert machine.run().commit(f"{repository.url}@both") == repository.git("rev-parse", "refs/heads/both")


def test_a_branch_is_what_the_remote_says_in_each_run(machine: Machine, repository: Repository) -> None:
    """Behaviour 90."""
    run = machine.run()
    first = run.commit(f"{repository.url}@main")
    second = repository.commit("More")
    assert run.commit(f"{repository.url}@main") == first
    assert machine.run().commit(f"{repository.url}@main") == second
    repository.git("branch", "--quiet", "--delete", "side")
    with pytest.raises(UnknownRevision):
        machine.run().commit(f"{repository.url}@side")


def test_the_default_branch_may_become_another(machine: Machine, repository: Repository) -> None:
    machine.run().commit(repository.url)
    repository.git("switch", "--quiet", "side")
    other = repository.commit("Aside")
    folder = machine.run().check_out(repository.url)
    assert Repository(folder).head == other
    assert Repository(folder).git("rev-parse", "--abbrev-ref", "HEAD", "@{upstream}") == "side\norigin/side"


def test_a_name_that_looks_like_a_hash_is_asked_for(machine: Machine, repository: Repository) -> None:
    """Behaviour 91."""
    name = repository.head
    for kind in ("heads", "tags"):
        for message in ("More", "Still more"):
            moved = repository.commit(message)
            repository.git("update-ref", f"refs/{kind}/{name}", moved)
            assert machine.run().commit(f"{repository.url}@{name}") == moved
            assert Repository(machine.run().check_out(f"{repository.url}@{name}")).head == moved
        repository.git("update-ref", "-d", f"refs/{kind}/{name}")


def test_a_commit_that_no_branch_leads_to(machine: Machine, repository: Repository, server: GitServer) -> None:
    repository.git("switch", "--quiet", "--detach")
    hidden = repository.commit("A request to pull")
    repository.git("update-ref", "refs/pull/1/head", hidden)
    repository.git("switch", "--quiet", "main")
    for url in (f"{repository.url}@refs/pull/1/head", f"{server.url(repository)}@{hidden}"):
        for run in (machine.run(), machine.run()):
            assert run.commit(url) == hidden
            assert Repository(run.check_out(url)).head == hidden
        shutil.rmtree(machine.cache)
        run = machine.run()
        assert run.commit(url) == hidden
        shutil.rmtree(machine.cache)  # as by another process that empties the cache
        assert Repository(run.check_out(url)).head == hidden


def test_a_reference_that_is_gone_is_not_what_it_was(machine: Machine, repository: Repository) -> None:
    repository.git("update-ref", "refs/pull/1/head", repository.head)
    assert machine.run().commit(f"{repository.url}@refs/pull/1/head") == repository.head
    repository.git("update-ref", "-d", "refs/pull/1/head")
    with pytest.raises(UnknownRevision):
        machine.run().commit(f"{repository.url}@refs/pull/1/head")


@pytest.mark.parametrize("name", ["no-such-branch", "12" * 20, "refs/pull/7/head", "1234567", "main~99"])
def test_a_revision_that_does_not_exist_is_an_error(machine: Machine, repository: Repository, name: str) -> None:
    with pytest.raises(UnknownRevision) as caught:
        machine.run().commit(f"{repository.url}@{name}")
    assert (caught.value.url, caught.value.revision) == (repository.folder.as_uri(), name)


def test_a_repository_without_a_commit_has_no_default_branch(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = Repository(tmp_path / "empty")
    empty.git("init", "--quiet")
    with pytest.raises(UnknownRevision):
        machine.run().commit(empty.url)


def test_what_cannot_be_reached_is_an_error_with_what_git_said(
    machine: Machine, server: GitServer, repository: Repository, tmp_path: Path
) -> None:
    absent = Repository(tmp_path / "served" / "absent")
    for url in (absent.url, server.url(absent)):
        with pytest.raises(RepositoryUnreadable, match="fatal"):
            machine.run().commit(url)
    machine.run().commit(server.url(repository))
    server.stop()
    with pytest.raises(RepositoryUnreadable, match="onnect"):
        machine.run().commit(server.url(repository))
    assert machine.run().events(Healed) == []


# Clones


def test_a_full_hash_that_the_clone_has_needs_no_network(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    """Behaviour 89."""
    url = f"{server.url(repository)}@{repository.head}"
    machine.run().check_out(url)
    server.stop()
    run = machine.run()
    assert Repository(run.check_out(url)).head == repository.head
    assert (len(run.events(Reused)), run.events(Missed)) == (1, [])


def test_a_repository_is_fetched_once_a_run(machine: Machine, repository: Repository, server: GitServer) -> None:
    machine.run().commit(server.url(repository))
    repository.commit("More")
    server.requests.clear()
    run = machine.run()
    for name in ("main", "side", "v1"):
        run.check_out(f"{server.url(repository)}@{name}")
    assert len([path for path in server.requests if "info/refs" in path]) == 1


def test_tags_in_the_history_are_told_apart(machine: Machine, repository: Repository) -> None:
    commit = repository.head

    def tags() -> str:
        run = machine.run()
        run.commit(f"{repository.url}@main")
        return run.checkouts.tags(run.reference(f"{repository.url}@main"), commit)

    before = tags()
    repository.commit("More")
    repository.git("tag", "later")
    assert tags() == before
    repository.git("tag", "v1.post1", commit)
    assert tags() != before


def test_a_checkout_is_a_repository_of_its_own(machine: Machine, repository: Repository) -> None:
    folder = machine.run().check_out(f"{repository.url}@side")
    shutil.rmtree(machine.cache)
    own = Repository(folder)
    assert own.git("status", "--porcelain") == ""
    assert own.git("describe", "--tags") == "v1"
    assert own.git("rev-parse", "--abbrev-ref", "HEAD", "@{upstream}") == "side\norigin/side"
    assert own.git("remote", "get-url", "origin") == repository.folder.as_uri()
    own.git("fsck")


def test_a_users_settings_change_nothing(machine: Machine, repository: Repository) -> None:
    settings = (
        "[clone]\n\tdefaultRemoteName = upstream\n[fetch]\n\tprune = true\n\trecurseSubmodules = true\n"
        "[submodule]\n\trecurse = true\n[init]\n\tdefaultBranch = trunk\n[branch]\n\tautoSetupMerge = false\n"
    )
    (machine.folder / "settings").write_text(settings, encoding="utf-8")
    machine.variables |= {"GIT_CONFIG_GLOBAL": str(machine.folder / "settings")}
    for _ in range(2):
        repository.commit("More")
        own = Repository(machine.run().check_out(f"{repository.url}@main"))
        assert (own.head, own.git("remote")) == (repository.head, "origin")


def test_filters_of_git_see_the_remote(machine: Machine, repository: Repository) -> None:
    """As that of LFS does, which gets files from there."""
    machine.variables |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "filter.large.smudge",
        "GIT_CONFIG_VALUE_0": "cat > /dev/null; git config remote.origin.url",
    }
    repository.commit("A large file", {".gitattributes": "*.dat filter=large\n", "large.dat": "a pointer\n"})
    folder = machine.run().check_out(repository.url)
    assert (folder / "large.dat").read_text(encoding="utf-8").strip() == repository.folder.as_uri()


def test_a_filter_that_fails_is_no_damage(machine: Machine, repository: Repository) -> None:
    machine.variables |= {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "filter.large.smudge",
        "GIT_CONFIG_VALUE_0": "false",
        "GIT_CONFIG_KEY_1": "filter.large.required",
        "GIT_CONFIG_VALUE_1": "true",
    }
    repository.commit("A large file", {".gitattributes": "*.dat filter=large\n", "large.dat": "a pointer\n"})
    run = machine.run()
    with pytest.raises(CheckoutFailed):
        run.check_out(repository.url)
    assert (run.events(Healed), len(run.events(Missed))) == ([], 1)


def below(repository: Repository, name: str, commit: str, *, above: str = "../") -> None:
    """Make another repository beside this one a submodule of it."""
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},below")
    submodule = f'[submodule "below"]\n\tpath = below\n\turl = {above}{name}\n'
    (repository.folder / ".gitmodules").write_text(submodule, encoding="utf-8")
    repository.git("add", ".gitmodules")
    repository.git("commit", "--quiet", "--message", "Below")


def test_submodules_are_checked_out_with_the_password_of_their_server(
    machine: Machine, repository: Repository, server: GitServer, tmp_path: Path
) -> None:
    server.password = SECRET
    other = Repository.create(tmp_path / "served" / "team" / "below.git", "below")
    below(repository, "below.git", other.head)
    folder = machine.run().check_out(server.url(repository, f"me:{SECRET}"))
    assert (folder / "below" / "src" / "below.py").exists()
    kept = b"".join(path.read_bytes() for path in (folder / ".git").rglob("*") if path.is_file())
    assert SECRET.encode() not in kept


def test_a_submodule_is_a_repository_of_its_own_with_its_remote(
    machine: Machine, repository: Repository, server: GitServer, tmp_path: Path
) -> None:
    """Also where no branch leads to its commit, and where the folder has an older one."""
    other = Repository.create(tmp_path / "served" / "team" / "below.git", "below")
    below(repository, "below.git", other.head)
    run, url = machine.run(), server.url(repository)
    folder = run.check_out(url)
    own = Repository(folder / "below")
    assert (own.head, own.git("remote", "get-url", "origin")) == (other.head, server.url(other).removeprefix("git+"))
    assert (folder / "below" / ".git").read_text().startswith("gitdir: ../.git/")
    lost = other.commit("To be lost", {"new.txt": ""})
    other.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("update-index", "--cacheinfo", f"160000,{lost},below")
    repository.git("commit", "--quiet", "--message", "Newer")
    later = machine.run()
    commit = later.checkouts.update(later.reference(url), folder)
    Repository(folder).git("reset", "--quiet", "--hard", commit)
    later.checkouts.update_submodules(later.reference(url), folder)
    assert (own.head, (folder / "below" / "new.txt").exists()) == (lost, True)
    assert Repository(folder).git("status", "--porcelain") == ""
    assert machine.run().check_out(url).joinpath("below", "new.txt").exists()


def test_submodules_that_are_switched_off_are_left_alone(machine: Machine, repository: Repository) -> None:
    below(repository, "http://127.0.0.1:9/absent", "12" * 20, above="")
    with (repository.folder / ".gitmodules").open("a", encoding="utf-8") as file:
        file.write("\tupdate = none\n")
    repository.git("add", ".gitmodules")
    repository.git("commit", "--quiet", "--message", "Off")
    folder = machine.run().check_out(repository.url)
    assert list((folder / "below").iterdir()) == []


def test_a_submodule_that_cannot_be_had_is_an_error(machine: Machine, repository: Repository) -> None:
    below(repository, "absent.git", "12" * 20)
    run = machine.run()
    with pytest.raises(CheckoutFailed):
        run.check_out(repository.url)
    assert run.events(Healed) == []


# Damage


def damage_head(clone: Path) -> None:
    (clone / "HEAD").unlink()


def empty_head(clone: Path) -> None:
    (clone / "HEAD").write_bytes(b"")


def damage_objects(clone: Path) -> None:
    for path in (clone / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damaged")


def remove_objects(clone: Path) -> None:
    shutil.rmtree(clone / "objects")


def leave_locks(clone: Path) -> None:
    """As a process does that is killed while it fetches."""
    (clone / "packed-refs.lock").touch()
    (clone / "refs" / "heads").mkdir(parents=True, exist_ok=True)
    (clone / "refs" / "heads" / "main.lock").touch()


def damage_names(clone: Path) -> None:
    (clone / "packed-refs").write_bytes(b"nonsense\n")


@pytest.mark.parametrize(
    "damage", [damage_head, empty_head, damage_objects, remove_objects, leave_locks, damage_names]
)
def test_a_damaged_clone_is_made_again(
    machine: Machine, repository: Repository, damage: Callable[[Path], None]
) -> None:
    first = repository.head
    machine.run().check_out(f"{repository.url}@main")
    second = repository.commit("More", {"more.py": "more = True\n"})
    damage(machine.clones[0])
    folder = machine.run().check_out(f"{repository.url}@main")
    assert (Repository(folder).head, (folder / "more.py").exists()) == (second, True)
    damage(machine.clones[0])
    assert Repository(machine.run().check_out(f"{repository.url}@{first}")).head == first
    run = machine.run()
    run.check_out(f"{repository.url}@main")
    assert run.events(Healed) == []


def test_damage_is_healed_with_its_reason(machine: Machine, repository: Repository) -> None:
    machine.run().check_out(f"{repository.url}@main")
    repository.commit("More")
    leave_locks(machine.clones[0])
    run = machine.run()
    run.check_out(f"{repository.url}@main")
    [healed] = run.events(Healed)
    assert isinstance(healed, Healed)
    assert (healed.kind, healed.subject) == ("repository", repository.folder.as_uri())
    assert "lock" in healed.reason


def test_an_object_that_is_missing_is_noticed_though_the_commit_is_there(
    machine: Machine, repository: Repository
) -> None:
    machine.run().check_out(repository.url)
    commit = repository.commit("More", {"more.py": "more = True\n"})
    machine.run().check_out(repository.url)
    blob = repository.git("rev-parse", f"{commit}:more.py")
    (machine.clones[0] / "objects" / blob[:2] / blob[2:]).unlink()  # what was fetched is not packed yet
    run = machine.run()
    assert (run.check_out(f"{repository.url}@{commit}") / "more.py").exists()
    assert len(run.events(Healed)) == 1


def test_where_nothing_can_be_kept_a_clone_lasts_for_the_run(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    """Behaviour 18."""
    run = machine.run(is_writable=False)
    assert Repository(run.check_out(server.url(repository))).head == repository.head
    server.stop()
    run.check_out(f"{server.url(repository)}@{repository.head}")
    assert not machine.cache.exists()


def test_a_clone_that_is_only_read_is_used_and_left_alone(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    first = repository.head
    machine.run().check_out(server.url(repository))
    second = repository.commit("More")
    server.requests.clear()
    assert machine.run(is_writable=False).commit(f"{server.url(repository)}@{first}") == first
    assert server.requests == []
    assert machine.run(is_writable=False).commit(f"{server.url(repository)}@main") == second
    assert machine.run(is_offline=True).commit(f"{server.url(repository)}@main") == first


# Who may read what


@pytest.mark.parametrize("user", ["", "me:wrong-password", "you:wrong-password", "me"])
def test_what_a_password_opened_stays_closed_to_others(
    machine: Machine, repository: Repository, server: GitServer, user: str
) -> None:
    """Behaviour 54."""
    server.password = SECRET
    machine.run().commit(f"{server.url(repository, f'me:{SECRET}')}@{repository.head}")
    with pytest.raises(RepositoryUnreadable) as caught:
        machine.run().commit(f"{server.url(repository, user)}@{repository.head}")
    assert "wrong-password" not in str(caught.value)


def test_the_same_password_needs_no_network_for_what_it_opened(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    server.password = SECRET
    url = f"{server.url(repository, f'me:{SECRET}')}@{repository.head}"
    machine.run().commit(url)
    server.stop()
    assert machine.run().commit(url) == repository.head


def test_what_git_opened_with_a_password_of_its_own_is_asked_for_again(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    """Behaviour 54, for passwords that freewheel never sees."""
    server.password = SECRET
    netrc = machine.folder / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n", encoding="utf-8")
    netrc.chmod(0o600)
    url = f"{server.url(repository)}@{repository.head}"
    for _ in range(2):
        assert machine.run().commit(url) == repository.head
    netrc.unlink()
    with pytest.raises(RepositoryUnreadable):
        machine.run().commit(url)
    with pytest.raises(RepositoryUnreadable, match="--offline"):
        machine.run(is_offline=True).commit(url)


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_what_a_key_opened_is_asked_for_again(machine: Machine, repository: Repository) -> None:
    """Behaviour 54: which keys ssh has is known to nobody but the server."""
    program = machine.folder / "ssh"
    log = machine.folder / "ssh.log"
    lines = ("#!/bin/sh", f'echo "$@" >> {log}', f"[ -e {machine.folder}/key ] || exit 255", "for last; do :; done")
    program.write_text("\n".join((*lines, 'eval "$last"\n')), encoding="utf-8")
    program.chmod(0o755)
    machine.variables |= {"GIT_SSH_COMMAND": str(program), "GIT_SSH_VARIANT": "ssh"}
    (machine.folder / "key").touch()
    url = f"git+ssh://git@host.example{repository.folder}@{repository.head}"
    for _ in range(2):
        run = machine.run()
        assert run.commit(url) == repository.head
        assert Repository(run.check_out(url)).git("remote", "get-url", "origin").startswith("ssh://git@host.example/")
    for words in ("-oBatchMode=yes", "git@host.example git-upload-pack"):
        assert words in log.read_text(encoding="utf-8")
    (machine.folder / "key").unlink()
    with pytest.raises(RepositoryUnreadable):
        machine.run().commit(url)


def test_a_password_is_kept_nowhere_and_a_helper_of_git_is_not_told(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    """Behaviours 53 and 111."""
    server.password = SECRET
    (machine.folder / ".gitconfig").write_text("[credential]\n\thelper = store\n", encoding="utf-8")
    del machine.variables["GIT_CONFIG_GLOBAL"]
    run = machine.run()
    run.check_out(server.url(repository, f"me:{SECRET}"))
    kept = b"".join(path.read_bytes() for path in machine.folder.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    assert SECRET not in str(run.recorder.events)


# Without a connection


def test_offline_a_name_is_what_it_was_when_it_was_last_asked_for(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    """Behaviours 59 and 127."""
    url, first = server.url(repository), repository.head
    with pytest.raises(RepositoryUnreadable, match="--offline"):
        machine.run(is_offline=True).commit(f"{url}@main")
    assert server.requests == []
    machine.run().commit(url)
    repository.commit("More")
    server.requests.clear()
    for name in ("", "@main", f"@{first}"):
        assert machine.run(is_offline=True).commit(f"{url}{name}") == first
        assert machine.run(prefers_offline=True).commit(f"{url}{name}") == first
    for name in (f"@{repository.head}", "@unheard-of"):
        with pytest.raises(RepositoryUnreadable, match="--offline"):
            machine.run(is_offline=True).commit(f"{url}{name}")
    assert server.requests == []
    assert machine.run(prefers_offline=True).commit(f"{url}@{repository.head}") == repository.head


def test_offline_a_working_copy_is_not_fetched_into(
    machine: Machine, repository: Repository, server: GitServer
) -> None:
    """Behaviour 59; what it has already is known."""
    url, first = server.url(repository), repository.head
    folder = machine.run().check_out(url)
    repository.commit("More")
    machine.run().commit(url)
    server.requests.clear()
    run = machine.run(is_offline=True)
    assert run.checkouts.update(run.reference(f"{url}@{first}"), folder) == first
    with pytest.raises(RepositoryUnreadable, match="--offline"):
        run.checkouts.update(run.reference(url), folder)
    assert server.requests == []


def test_offline_submodules_come_from_their_stored_clones(
    machine: Machine, repository: Repository, server: GitServer, tmp_path: Path
) -> None:
    """Behaviour 59; those below submodules, too."""
    deepest = Repository.create(tmp_path / "served" / "team" / "deepest.git", "deepest")
    other = Repository.create(tmp_path / "served" / "team" / "below.git", "below")
    below(other, "deepest.git", deepest.head)
    below(repository, "below.git", other.head)
    url = server.url(repository)
    machine.run().check_out(url)
    server.requests.clear()
    folder = machine.run(is_offline=True).check_out(url)
    assert (folder / "below" / "below" / "src" / "deepest.py").exists()
    assert server.requests == []
    machine.run().check_out(f"{url}@{repository.head}")
    assert server.requests == []


def test_offline_a_submodule_that_is_not_stored_is_refused_before_any_connection(
    machine: Machine, repository: Repository, server: GitServer, tmp_path: Path
) -> None:
    """Behaviour 59; the repository itself lies on this machine."""
    other = Repository.create(tmp_path / "served" / "team" / "below.git", "below")
    address = server.url(other).removeprefix("git+")
    below(repository, address, other.head, above="")
    with pytest.raises(RepositoryUnreadable, match="--offline") as caught:
        machine.run(is_offline=True).check_out(repository.url)
    assert (caught.value.url, caught.value.submodule_of) == (address, repository.folder.as_uri())
    assert server.requests == []
    machine.run().check_out(repository.url)
    server.requests.clear()
    folder = machine.run(is_offline=True).check_out(repository.url)
    assert (folder / "below" / "src" / "below.py").exists()
    assert server.requests == []


@pytest.mark.parametrize("address", ["ftp://host.example/six", "git@host.example:six.git", "ssh://host.example/six"])
def test_offline_no_other_way_to_a_submodule_is_tried(machine: Machine, repository: Repository, address: str) -> None:
    below(repository, address, "12" * 20, above="")
    with pytest.raises(RepositoryUnreadable, match="--offline") as caught:
        machine.run(is_offline=True).check_out(repository.url)
    assert caught.value.url == address
