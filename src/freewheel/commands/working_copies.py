"""Editable repositories: checked out into the user's source folder, and brought up to date there."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from freewheel.build.checkout import Checkouts
from freewheel.build.git import Git, GitFailed
from freewheel.commands.existing import BACKUP, IGNORE, SWITCH, WIPE, Existing, backup_of
from freewheel.errors import CheckoutFailed, NotWritable
from freewheel.events import Noted, Reporter, Warned
from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.repository import RepositoryUrl
from freewheel.store.removal import remove


class InvalidRemote(Exception):
    """A folder's remote is neither a URL, nor a path that exists, nor `user@host:path`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class WorkingCopies(Struct, frozen=True, kw_only=True):
    """Checkouts below `folder`, which is made when it is needed; one for each project."""

    folder: Path
    checkouts: Checkouts
    git: Git
    existing: Existing
    reporter: Reporter

    def obtain(self, reference: RepositoryUrl, project: str) -> Path:
        """The checkout of a project, as pip makes and updates it.

        What is there already and is no clone of this repository is dealt with as `existing` decides. Raises
        RepositoryError, InTheWay, NotWritable.
        """
        folder = self.folder / project
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not folder.exists() or not any(folder.iterdir()):
                self.checkouts.check_out(reference, folder)
            elif not (folder / ".git").exists():
                found = f"Directory {folder} already exists, and is not a git clone."
                self._replace(reference, folder, found, choices=IGNORE + WIPE + BACKUP)
            elif _is_same(found_url := self._remote(reference, folder), reference.url):
                self._update(reference, folder)
            else:
                found = f"git clone in {folder} exists with URL {urls.redacted(found_url)}"
                self._replace(reference, folder, found, choices=SWITCH + IGNORE + WIPE + BACKUP)
        except OSError as error:
            raise NotWritable(path=str(folder), reason=error.strerror or str(error)) from error
        return folder

    def _remote(self, reference: RepositoryUrl, folder: Path) -> str:
        try:
            return remote_url(self.git, folder) or "none"
        except InvalidRemote as error:
            return error.url
        except GitFailed as error:
            raise CheckoutFailed(url=reference.url, commit="HEAD", reason=error.reason) from error

    def _replace(self, reference: RepositoryUrl, folder: Path, found: str, *, choices: str) -> None:
        self.reporter.emit(Warned(message=found))
        self.reporter.emit(Warned(message=f"The plan is to install the git repository {reference}"))
        chosen = self.existing.choose(folder, found=found.rstrip("."), choices=choices)
        if chosen == SWITCH:
            self._note(f"  Switching clone {folder} to {reference}")
            self._run(reference, folder, "config", "remote.origin.url", reference.url)
            self._at(reference, folder, "checkout", "--quiet")
        elif chosen == WIPE:
            self.reporter.emit(Warned(message=f"Deleting {folder}"))
            remove([folder])
        elif chosen == BACKUP:
            backup = backup_of(folder)
            self.reporter.emit(Warned(message=f"Backing up {folder} to {backup}"))
            shutil.move(folder, backup)
        if chosen in (WIPE, BACKUP):
            self.checkouts.check_out(reference, folder)

    def _update(self, reference: RepositoryUrl, folder: Path) -> None:
        if reference.revision and self._run(reference, folder, "rev-parse", "HEAD") == reference.revision:
            self._note("  Skipping because already up-to-date.")
            return
        self._note(f"  Updating {folder} clone")
        self._at(reference, folder, "reset", "--hard", "--quiet")

    def _at(self, reference: RepositoryUrl, folder: Path, *words: str) -> None:
        """Bring the files to what the revision is now, by a command that takes a commit."""
        commit = self.checkouts.update(reference, folder)
        self._run(reference, folder, *words, commit)
        self.checkouts.update_submodules(reference, folder)

    def _run(self, reference: RepositoryUrl, folder: Path, *words: str) -> str:
        try:
            return self.git.reach(*words, url=reference.url, folder=folder).strip()
        except GitFailed as error:
            raise CheckoutFailed(url=reference.url, commit=words[-1], reason=error.reason) from error

    def _note(self, message: str) -> None:
        self.reporter.emit(Noted(message=message, verbosity=0))


def remote_url(git: Git, folder: Path) -> str | None:
    """The URL of a folder's remote, `origin` before others, without user and password; None where it has none.

    Raises InvalidRemote, and GitFailed where the folder is no repository.
    """
    git.run("rev-parse", "--git-dir", url="", folder=folder)
    try:
        told = git.run("config", "--get-regexp", r"remote\..*\.url", url="", folder=folder)
    except GitFailed:
        return None
    lines = told.splitlines()
    chosen = next((line for line in lines if line.startswith("remote.origin.url ")), lines[0])
    return _as_url(chosen.partition(" ")[2].strip())


def _as_url(remote: str) -> str:
    """A remote as git has it, as a URL without user and password; raises InvalidRemote."""
    is_path = "://" not in remote and Path(remote).exists()
    url = urls.from_path(Path(remote).absolute()) if is_path else repository.of_remote(remote)
    if url is None:
        raise InvalidRemote(remote)
    return url


def _is_same(left: str, right: str) -> bool:
    return unquote(left).rstrip("/") == unquote(right).rstrip("/")
