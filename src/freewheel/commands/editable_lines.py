"""What `freeze` says of editable projects: their repository and commit, or their folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from freewheel.build.git import Git, GitFailed
from freewheel.commands.freeze import folder_lines
from freewheel.commands.working_copies import InvalidRemote, remote_url
from freewheel.errors import GitUnavailable
from freewheel.events import Reporter, Warned

_OTHER_SYSTEMS = (".hg", ".svn", ".bzr")


def editable_lines(folder: str, name: str, pinned: str, *, git: Git, reporter: Reporter) -> Iterator[str]:
    """The lines for a project installed from `folder`; `pinned` is its name and version, for a comment.

    As in pip: a commit where the folder belongs to a git clone with a remote, else a comment and the path.
    """
    where = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are written
    try:
        root = _root(git, where)
        if root is None:
            yield from folder_lines(str(where), name, pinned)
            return
        remote = remote_url(git, where)
        if remote is not None:
            yield f"-e {_reference(git, remote, where, root, name)}"
            return
        yield f"# Editable Git install with no remote ({pinned})"
    except InvalidRemote as error:
        yield f"# Editable Git install ({pinned}) with either a deleted local remote or invalid URI:"
        yield f"# '{error.url}'"
    except GitUnavailable:
        message = f"cannot determine version of editable source in {where} (git command not found in path)"
        reporter.emit(Warned(message=message))
    except GitFailed as error:
        reporter.emit(Warned(message=f"Could not determine repository location of {where}: {error.reason}"))
        yield "## !! Could not determine repository location"
    yield f"-e {where}"


def _root(git: Git, folder: Path) -> Path | None:
    """The top of the repository that a folder belongs to; None where it belongs to none."""
    if (folder / ".git").exists():
        return folder
    if any((folder / name).exists() for name in _OTHER_SYSTEMS):
        raise GitFailed("it is not under git, and other version control systems are not supported")
    try:
        found = git.run("rev-parse", "--show-toplevel", url="", folder=folder)
    except (GitFailed, GitUnavailable):
        return None
    return Path(found.rstrip("\r\n"))


def _reference(git: Git, remote: str, folder: Path, root: Path, name: str) -> str:
    commit = git.run("rev-parse", "HEAD", url="", folder=folder).strip()
    subdirectory = "" if folder.samefile(root) else os.path.relpath(folder.resolve(), root.resolve())
    below = f"&subdirectory={Path(subdirectory).as_posix()}" if subdirectory else ""
    return f"git+{remote}@{quote(commit)}#egg={name.replace('-', '_')}{below}"
