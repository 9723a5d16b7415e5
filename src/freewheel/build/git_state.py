"""What a backend could learn of the repository that a source folder lies in, told by git as text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from freewheel.build.git import Git, GitFailed
from freewheel.build.inspection import file_digest
from freewheel.errors import GitUnavailable

_LEADING_ELSEWHERE: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR")
"""Variables by which a backend's git would look at another repository than lies there."""

_STATUS: Final = (
    *("--no-optional-locks", "status", "--porcelain=v2", "--branch", "-z"),
    *("--untracked-files=no", "--ignore-submodules=none"),
)

_FIELDS_BEFORE_PATH: Final[Mapping[str, int]] = {"1": 8, "2": 9, "u": 10}
"""How many fields a line of `git status --porcelain=v2` has before its path, by its first."""


class StateUnknown(Exception):
    """What version control says cannot be told; `reason` is a clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def repository_states(git: Git, root: Path, inner: list[Path]) -> tuple[str, ...]:
    """The state of each repository in `inner`, folders below `root`, and of the one that `root` lies in.

    Backends make versions of commits, tags, and of whether something is changed; they pack what is tracked. Settings
    of git are left out: they steer git, and hold a token of its own in each job of some CI services. Raises
    StateUnknown.
    """
    folders = set(inner)
    if any(os.path.lexists(folder / ".git") for folder in root.parents):
        folders.add(root)
    if not folders:
        return ()
    for name in _LEADING_ELSEWHERE:
        if git.environment.get(name):
            raise StateUnknown(f"{name} is set, which leads git to another repository")
    try:
        return tuple(_state(git, folder, root) for folder in sorted(folders))
    except (GitFailed, GitUnavailable) as error:
        raise StateUnknown(f"git cannot tell the state of its repository: {error.reason}") from error
    except OSError as error:
        raise StateUnknown(f"the state of its repository cannot be read: {error.strerror}") from error


def _state(git: Git, folder: Path, root: Path) -> str:
    def ask(*words: str) -> str:
        return git.run(*words, url=folder.as_uri(), folder=folder)

    # Git says where the project lies in the repository, which a version may depend on.
    top, prefix, shallow = (
        ask("rev-parse", word) for word in ("--show-toplevel", "--show-prefix", "--is-shallow-repository")
    )
    status = ask(*_STATUS)
    parts = [
        folder.relative_to(root).as_posix(),
        prefix,
        status,
        ask("for-each-ref", "--format=%(objectname) %(refname)"),
        # Without all of the history there are other tags and numbers in it.
        ask("rev-list", "--count", "HEAD") if shallow.strip() == "true" else "",
        *_changed_outside(status, Path(top.rstrip("\n")), root),
    ]
    return "\0\0".join(parts)


def _changed_outside(status: str, top: Path, root: Path) -> Iterator[str]:
    """The content of what is changed in the repository and not below `root`: a commit tells all the rest of it."""
    for path, is_submodule in changed_paths(status):
        place = top / path
        if place.is_relative_to(root):
            continue
        if is_submodule:
            raise StateUnknown(f"the submodule {path} of its repository is changed")
        yield f"{path}\0{_content(place)}"


def _content(place: Path) -> str:
    try:
        if place.is_symlink():
            return str(place.readlink())
        return file_digest(place).value
    except FileNotFoundError:
        return "gone"


def changed_paths(status: str) -> Iterator[tuple[str, bool]]:
    """The paths that `git status --porcelain=v2 -z` says are changed, each with whether it is a submodule.

    >>> list(changed_paths("# branch.oid 12\\0001 .M N... 100644 100644 100644 12 12 a b.py\\0"))
    [('a b.py', False)]
    """
    fields = iter(status.split("\0"))
    for line in fields:
        count = _FIELDS_BEFORE_PATH.get(line[:1])
        if count is None:
            continue
        *before, path = line.split(" ", count)
        yield path, before[2].startswith("S")
        if line.startswith("2"):
            next(fields, "")  # where it was before
