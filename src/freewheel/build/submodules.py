"""Submodules of a checkout: which there are, and their own repositories filled from clones that are at hand.

git finds the repository of a submodule made and filled, and so opens no connection for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from freewheel.build.git import Git, GitFailed
from freewheel.model import repository
from freewheel.model import url as urls

_CLONED: Final = ("http", "https", "ssh", "git")
"""Repositories elsewhere, as git's addresses name them. All others git reads itself, where it may."""

_GITLINK: Final = "160000"
"""The mode of a submodule's entry in the index."""

# The first is a guard: with `--no-fetch` git wants nothing.
_NO_TRANSPORT: Final = ("-c", "protocol.allow=never", "--literal-pathspecs")
_UPDATE: Final = ("submodule", "--quiet", "update", "--no-fetch", "--")


class Submodule(Struct, frozen=True, kw_only=True):
    """A submodule by the name and path that its checkout has for it; `url` is an address as git takes it."""

    name: str
    path: str
    commit: str
    url: str

    @property
    def is_local(self) -> bool:
        """Whether its repository lies on this machine."""
        url = repository.of_remote(self.url)
        return "::" not in self.url if url is None else urls.is_local(url)

    @property
    def is_cloned(self) -> bool:
        """Whether a clone is kept of its repository."""
        return urls.scheme(repository.of_remote(self.url) or "") in _CLONED


def find(git: Git, folder: Path) -> list[Submodule]:
    """Those of a checkout that git would update, made known to git; opens no connection. Raises GitFailed."""
    git.run("submodule", "--quiet", "init", url="", folder=folder)
    paths = dict(_settings(git, folder, "path", "--file", ".gitmodules"))
    known = dict(_settings(git, folder, "url", "--local"))
    left_out = {name for name, how in _settings(git, folder, "update", "--local") if how == "none"}
    commits = dict(_gitlinks(git, folder))
    return [
        Submodule(name=name, path=path, commit=commits[path], url=known[name])
        for name, path in paths.items()
        if path in commits and name in known and name not in left_out
    ]


def update_from(git: Git, clone: Path, submodule: Submodule, folder: Path, *, url: str) -> None:
    """Check out a submodule in `folder`, all of it from a clone that has the commit; raises GitFailed.

    `url` is its remote afterwards.
    """
    place = git.run("rev-parse", "--git-path", f"modules/{submodule.name}", url=url, folder=folder).rstrip("\n")
    own = (f"--git-dir={folder / place}", f"--work-tree={folder}")
    if not (folder / place / "HEAD").exists():
        (folder / place).mkdir(parents=True, exist_ok=True)
        git.run(*own, "init", "--quiet", "--template=", url=url, folder=folder)
        git.run(*own, "remote", "add", "origin", url, url=url, folder=folder)
    fetch = (*own, "fetch", "--quiet", "--no-recurse-submodules", "--force")
    git.run(*fetch, "--tags", clone, "+refs/heads/*:refs/remotes/origin/*", url=url, folder=folder)
    with suppress(GitFailed):  # where no branch or tag leads to it; the update says what is missing
        git.run(*fetch, clone, submodule.commit, url=url, folder=folder)
    git.reach(*_NO_TRANSPORT, *_UPDATE, submodule.path, url=url, folder=folder)


def _settings(git: Git, folder: Path, key: str, *where: str) -> Iterator[tuple[str, str]]:
    """The value that each submodule has for a key."""
    words = ("config", *where, "--null", "--get-regexp", rf"^submodule\..*\.{key}$")
    try:
        told = git.run(*words, url="", folder=folder)
    except GitFailed:  # there is none
        return
    for entry in filter(None, told.split("\0")):
        name, _, value = entry.partition("\n")
        yield name.removeprefix("submodule.").removesuffix(f".{key}"), value


def _gitlinks(git: Git, folder: Path) -> Iterator[tuple[str, str]]:
    """The paths of submodules in the index, and their commits."""
    for entry in filter(None, git.run("ls-files", "--stage", "-z", url="", folder=folder).split("\0")):
        facts, _, path = entry.partition("\t")
        mode, commit, _ = facts.split()
        if mode == _GITLINK:
            yield path, commit
