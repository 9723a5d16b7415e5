"""Changes to folders and files that can be taken back, in the order in which they were made.

Each change is noted before it is made, and taking it back does nothing where it was not made yet: so an interrupt at
any moment loses nothing. The notes are on disk as well, for a process that is killed; those of many files are one
write. What is removed is moved aside on the same file system, and deleted by `commit`.
"""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH102, PTH103, PTH104, PTH106, PTH112, PTH116, PTH118, PTH119, PTH120

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Sequence
from uuid import uuid4

from freewheel.install.change_log import ChangeLog
from freewheel.install.changes import Change, Created, MadeFolder, Met, RemovedFolder, SetAside, take_back

STASH_PREFIX = "~freewheel-"
"""How folders of files set aside begin; a name with `~` is no import package and no distribution."""


class Journal:
    """The changes of one transaction; used from one thread, but for `touch`.

    `roots` are the folders that files are set aside in. The log lies in `place`, the first of them by default, where
    that may be written to. `on_wait` is called where another process changes the same place.
    """

    def __init__(
        self, roots: Iterable[str], *, place: str | None = None, on_wait: Callable[[], None] | None = None
    ) -> None:
        self._roots: Sequence[str] = tuple(dict.fromkeys(roots))
        self._place = place or self._roots[0]
        self._on_wait = on_wait
        self._changes: list[Change] = []
        self._met: set[str] = set()
        self._new_folders: set[str] = set()
        self._known_folders: set[str] = set()
        self._stashes: dict[int, str] = {}
        self._count = 0
        self._log: ChangeLog | None = None
        self._has_begun = False

    @classmethod
    def of(cls, log: ChangeLog) -> Journal:
        """The journal of a process that has died, to be rolled back or committed."""
        journal = cls([os.path.dirname(log.folder)])
        journal._log, journal._has_begun = log, True
        journal._changes = list(log.notes.changes)
        stashes = [os.path.dirname(one.stashed) for one in journal._changes if isinstance(one, SetAside)]
        journal._stashes = dict(enumerate(dict.fromkeys(stashes)))
        return journal

    def make_way(self, paths: Iterable[str]) -> None:
        """Make the places of files free and their folders ready; the caller then creates them. Raises OSError.

        In a folder that this journal made, nothing is looked for: another's file there is for the caller to meet.
        """
        folders = {path: _folder(path) for path in paths}
        self._begin()
        self._make_folders(folders.values())
        for path, folder in folders.items():
            if path in self._new_folders:
                raise _is_a_directory(path)
            if folder not in self._new_folders:
                self.set_aside(path)
        if folders:
            self._note(Created(tuple(folders)))

    def make_way_again(self, path: str) -> None:
        """The same after all, for a place in which something was met after `make_way`; raises OSError."""
        self._note(Met(path))
        self.set_aside(path)
        self._note(Created((path,)))

    def touch(self) -> None:
        """Say that what was noted is being done at this moment."""
        if self._log is not None:
            self._log.touch()

    def _make_folders(self, folders: Iterable[str]) -> None:
        missing: dict[str, None] = {}
        for folder in folders:
            self._add_missing(folder, missing)
        self._note(*map(MadeFolder, missing))
        for folder in missing:
            try:
                os.mkdir(folder)
            except FileExistsError:  # another process's, or one of ours that differs only in case
                if not os.path.isdir(folder):
                    raise
                self._known_folders.add(folder)
            else:
                self._new_folders.add(folder)

    def _add_missing(self, folder: str, missing: dict[str, None]) -> None:
        """Add a folder, if it is missing, after those above it that are; below a new one nothing is looked for."""
        if folder in self._new_folders or folder in self._known_folders or folder in missing:
            return
        parent = _folder(folder)
        is_below_a_new_one = parent in missing or parent in self._new_folders
        if is_below_a_new_one or not os.path.isdir(folder):
            self._add_missing(parent, missing)
            missing[folder] = None
        else:
            self._known_folders.add(folder)

    def set_aside(self, path: str) -> bool:
        """Take a file or link out of its folder; whether it was there. Raises OSError, also for a folder."""
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        if stat.S_ISDIR(mode):
            raise _is_a_directory(path)
        self._begin()
        self._count += 1
        stashed = os.path.join(self._stash(path), str(self._count))
        self._note(SetAside(path, stashed))
        os.rename(path, stashed)
        return True

    def set_folder_aside(self, path: str) -> bool:
        """Take a folder out of its place with all that is in it; whether that worked, and nothing is changed if not.

        It does not where something is mounted below.
        """
        self._begin()
        self._count += 1
        stashed = os.path.join(self._stash(path), str(self._count))
        self._note(SetAside(path, stashed))
        try:
            os.rename(path, stashed)
        except OSError:
            return False
        self._known_folders.clear()
        return True

    def remove_empty_folders(self, folders: Iterable[str], *, keep: frozenset[str]) -> None:
        """Remove those of `folders`, and then of the folders above them, that are empty; never one of `keep`."""
        for folder in sorted(set(folders), key=len, reverse=True):
            while folder not in keep and folder != os.path.dirname(folder) and self._remove_if_empty(folder):
                folder = os.path.dirname(folder)  # noqa: PLW2901 - up, as far as it goes

    def _remove_if_empty(self, folder: str) -> bool:
        try:
            mode = stat.S_IMODE(os.lstat(folder).st_mode)
            with os.scandir(folder) as entries:
                if next(entries, None) is not None:
                    return False
            self._begin()
            self._note(RemovedFolder(folder, mode))
            os.rmdir(folder)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        self._known_folders.discard(folder)
        self._new_folders.discard(folder)
        return True

    def _stash(self, path: str) -> str:
        """A folder on the file system of `path`: that of the log, or one made at first need."""
        parent = os.path.dirname(path)
        device = os.lstat(parent).st_dev
        if device not in self._stashes:
            place = next((root for root in self._roots if _device(root) == device), parent)
            stash = new_stash(place)
            self._note(MadeFolder(stash))
            os.mkdir(stash, 0o700)
            self._stashes[device] = stash
        return self._stashes[device]

    def _begin(self) -> None:
        """Open the log; raises OSError, also where a change was left unfinished since anybody looked for one."""
        if self._has_begun:
            return
        place = self._place
        missing = _missing(place)
        os.makedirs(place, exist_ok=True)
        self._log = ChangeLog(place, on_wait=self._on_wait)
        if not self._is_open(self._log):
            self._log = None
        elif not self._log.notes.is_empty:
            self._give_up()
            raise OSError(errno.EAGAIN, "another change of it was interrupted just now; please try again", place)
        else:
            self._log.begin()
            self._stashes[os.lstat(self._log.folder).st_dev] = self._log.folder
        self._has_begun = True
        for folder in missing:
            self._note(MadeFolder(folder))
            self._new_folders.add(folder)

    def _is_open(self, log: ChangeLog) -> bool:
        """Whether there is a log; none where only other folders of the place may be written to."""
        try:
            return log.open()
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                return False
            raise

    def _note(self, *about_to_be_made: Change) -> None:
        if self._log is not None:
            self._log.add(*about_to_be_made)
        self._changes.extend(about_to_be_made)

    def roll_back(self) -> list[str]:
        """Take back every change, the latest first; what could not be, as paths."""
        failed: list[str] = []
        left = [change for change in reversed(self._changes) if isinstance(change, MadeFolder)]
        while self._changes:
            change = self._changes[-1]
            failed += take_back(change, spared=self._met)
            if isinstance(change, Met):
                self._met.add(change.path)  # before what says so is forgotten
            self._changes.pop()
            if self._log is not None:
                self._log.drop(is_still_true=isinstance(change, Met))
        try:
            failed = self._leave(failed)
        except OSError:
            self._give_up()
        self.commit()
        for folder in left:  # one that holds the log goes after it
            take_back(folder)
        return failed

    def _leave(self, failed: list[str]) -> list[str]:
        """Keep what was set aside and cannot be put back, in a folder that no later run removes; the paths there."""
        if self._log is None or not any(path.startswith(self._log.folder + os.sep) for path in failed):
            return failed
        folder = self._log.folder
        kept = new_stash(os.path.dirname(folder))
        moved = []
        for path in failed:
            place = path
            if os.path.dirname(path) == folder:
                place = os.path.join(kept, os.path.basename(path))
                os.makedirs(kept, 0o700, exist_ok=True)
                os.rename(path, place)
            moved.append(place)
        return moved

    def _give_up(self) -> None:
        """Let everything lie where it is."""
        self._stashes.clear()
        if self._log is not None:
            self._log.close()
            self._log = None

    def commit(self) -> None:
        """Delete what was set aside: nothing can be taken back after this."""
        log, self._log = self._log, None
        if log is not None:
            log.finish()
        self._changes.clear()
        self._met.clear()
        self._new_folders.clear()
        self._known_folders.clear()
        for stash in self._stashes.values():
            if log is None or stash != log.folder:
                shutil.rmtree(stash, ignore_errors=True)
        self._stashes.clear()
        if log is not None:
            log.remove()
        self._has_begun = False


def new_stash(place: str) -> str:
    """The path of a new folder for files set aside."""
    return os.path.join(place, STASH_PREFIX + uuid4().hex)


def _folder(path: str) -> str:
    """As `os.path.dirname`, at a fifth of its time, which counts for tens of thousands."""
    return path[: path.rfind("/")] or "/" if os.sep == "/" else os.path.dirname(path)


def _missing(folder: str) -> list[str]:
    """The folders that have to be made for this one to exist, the topmost first."""
    found = []
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return found[::-1]


def _is_a_directory(path: str) -> IsADirectoryError:
    return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)


def _device(folder: str) -> int | None:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return None
