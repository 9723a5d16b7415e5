"""Source folders of this machine, known by their content; a file that did not change is not read again."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

from freewheel.build.folder_identity import Digested, Facts, FolderEntry, identity, is_left_out, is_unchanged
from freewheel.build.inspection import file_digest
from freewheel.errors import StoreError
from freewheel.model import url as urls
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record

KIND = "folder"
"""The kind of entry: what is known of a folder's files; its partition is that of no project, its key the path."""

_PARTITION = "_"
_GIT_STATE = ("HEAD", "index", "packed-refs", "config", "shallow", "info/attributes", "info/exclude")
_OTHER_REPOSITORIES = (".hg", ".svn", ".bzr")


class _Kept(Struct, frozen=True, kw_only=True):
    """What is known of a folder's files; `noted` is when the look began (nanoseconds since the epoch)."""

    noted: int
    files: dict[str, Digested]


_KEPT = Shape(_Kept)


class LocalFolders(Struct, frozen=True, kw_only=True):
    """Tells what folders are. `clock` gives nanoseconds since the epoch, by the clock that file systems use.

    Everything in the folder counts, and what git says of it: backends make versions of commits and tags, and lists of
    files of git's index. What a build reads elsewhere nobody can know of.
    """

    entries: Entries
    clock: Callable[[], int]

    def identify(self, folder: Path) -> Digest | Miss:
        """What a folder is now; a miss where something in it cannot be known by its content."""
        root = folder.resolve()
        noted, known = self._recall(root)
        look = _Look(root=root, known=known, noted=noted)
        begun = self.clock()
        try:
            found = identity([*look.folder(root, ""), *look.repository()])
        except OSError as error:
            return Miss(reason=f"{error.filename or folder} cannot be read: {error.strerror}")
        if look.obstacle is not None:
            return Miss(reason=look.obstacle)
        self._keep(root, begun, look.digested)
        return found

    def _recall(self, root: Path) -> tuple[int, dict[str, Digested]]:
        found = self.entries.get(KIND, _PARTITION, urls.from_path(root))
        if isinstance(found, Miss):
            return 0, {}
        try:
            kept = _KEPT.of(found.fields)
        except ValueError:
            return 0, {}
        return kept.noted, kept.files

    def _keep(self, root: Path, begun: int, found: dict[str, Digested]) -> None:
        # A record holds text: a file whose name is none is read each time.
        files = {path: one for path, one in found.items() if _is_text(path)}
        fields = msgspec.to_builtins(_Kept(noted=begun, files=files))
        try:
            self.entries.put(KIND, _PARTITION, urls.from_path(root), Record(fields=fields))
        except StoreError:
            return  # then every file is read each time


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


class _Look(Struct, kw_only=True):
    """One look at a folder; `digested` is what is known of its files afterwards.

    `obstacle` is why the folder cannot be known by its content, as a clause.
    """

    root: Path
    known: dict[str, Digested]
    noted: int
    digested: dict[str, Digested] = field(default_factory=dict)
    obstacle: str | None = None

    def folder(self, place: Path, path: str) -> Iterator[FolderEntry]:
        """A folder and everything in it, but for a repository's own data."""
        children = sorted(os.scandir(place), key=lambda entry: entry.name)
        if path:
            if is_left_out(place.name, (child.name for child in children)):
                return
            yield FolderEntry(kind="folder", path=path)
        for child in children:
            below = f"{path}/{child.name}" if path else child.name
            if child.name == ".git":
                continue  # `repository` tells of it
            yield from self._entry(Path(child.path), below)

    def _entry(self, place: Path, path: str) -> Iterator[FolderEntry]:
        status = place.lstat()
        if stat.S_ISLNK(status.st_mode):
            if not place.resolve().is_relative_to(self.root):
                self.obstacle = f"{path} is a link that leads out of it"
            yield FolderEntry(kind="link", path=path, content=str(place.readlink()))
        elif stat.S_ISDIR(status.st_mode):
            yield from self.folder(place, path)
        elif stat.S_ISREG(status.st_mode):
            yield self._file(place, path, status)
        else:
            self.obstacle = f"{path} is no file, folder or link"

    def _file(self, place: Path, path: str, status: os.stat_result) -> FolderEntry:
        facts = Facts(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        known = self.known.get(path)
        if known is None or not is_unchanged(known, facts, noted=self.noted):
            known = Digested(facts, file_digest(place).value)
        self.digested[path] = known
        return FolderEntry(
            kind="file",
            path=path,
            mode=stat.S_IMODE(status.st_mode),
            content=known.value,
            modified=status.st_mtime_ns,
        )

    def repository(self) -> Iterator[FolderEntry]:
        """The state of the git repository that the folder is in, or that is around it."""
        for place in (self.root, *self.root.parents):
            others = [place / name for name in _OTHER_REPOSITORIES if place != self.root]
            other = next((path for path in others if path.exists()), None)
            if other is not None:
                self.obstacle = f"it lies in a repository whose state nobody knows ({other})"
            git = place / ".git"
            if git.is_dir():
                depth = len(self.root.relative_to(place).parts)
                yield FolderEntry(kind="folder", path=f"/git {depth}")
                yield from self._git_state(git)
                return
            if git.exists():
                self.obstacle = f"{git} is no folder: it is a worktree's or a submodule's"

    def _git_state(self, git: Path) -> Iterator[FolderEntry]:
        names = [name for name in _GIT_STATE if (git / name).is_file()]
        references = sorted(path for path in (git / "refs").rglob("*") if path.is_file())
        for name in (*names, *(path.relative_to(git).as_posix() for path in references)):
            yield self._file(git / name, f"/git/{name}", (git / name).stat())
