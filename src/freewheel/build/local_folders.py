"""Source folders of this machine, known by their content; a file that did not change is not read again."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

from freewheel.build.folder_identity import Digested, Facts, FolderEntry, identity, is_left_out, is_unchanged
from freewheel.build.git import Git
from freewheel.build.git_state import StateUnknown, repository_states
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
_IGNORING = (".gitignore", ".hgignore", ".gitattributes")
"""Files above a folder that say what of it is no part of a distribution: hatchling looks for them."""

_OTHER_REPOSITORIES = (".hg", ".svn", ".bzr")


class _Kept(Struct, frozen=True, kw_only=True):
    """What is known of a folder's files; `noted` is when the look began (nanoseconds since the epoch)."""

    noted: int
    files: dict[str, Digested]


_KEPT = Shape(_Kept)


class LocalFolders(Struct, frozen=True, kw_only=True):
    """Tells what folders are. `clock` gives nanoseconds since the epoch, by the clock that file systems use.

    Everything in the folder counts, and what `git` says of it: backends make versions of commits and tags, and lists
    of files of what is tracked. What a build reads elsewhere nobody can know of.
    """

    entries: Entries
    clock: Callable[[], int]
    git: Callable[[], Git]

    def identify(self, folder: Path) -> Digest | Miss:
        """What a folder is now; a miss where something in it cannot be known by its content."""
        root = folder.resolve()
        noted, known = self._recall(root)
        look = _Look(root=root, known=known, noted=noted)
        begun = self.clock()
        try:
            found = identity([*look.everything(), *self._states(root, look)])
        except StateUnknown as error:
            return Miss(reason=error.reason)
        except OSError as error:
            return Miss(reason=f"{error.filename or folder} cannot be read: {error.strerror}")
        if look.obstacle is not None:
            return Miss(reason=look.obstacle)
        self._keep(root, begun, look.digested)
        return found

    def _states(self, root: Path, look: _Look) -> Iterator[FolderEntry]:
        """What git says of the repositories in the folder, and of the one that it lies in."""
        others = [place / name for place in root.parents for name in _OTHER_REPOSITORIES]
        other = next((path for path in others if path.exists()), None)
        if other is not None:
            raise StateUnknown(f"it lies in a repository whose state nobody knows ({other})")
        # Backends ask for the name: versions are made of it where nothing else tells them.
        yield FolderEntry(kind="folder", path="/", content=root.name)
        for height, place in enumerate(root.parents):
            for name in _IGNORING:
                if (place / name).is_file():
                    yield FolderEntry(kind="file", path=f"/{height}/{name}", content=file_digest(place / name).value)
            if (place / ".git").exists():
                break
        for number, state in enumerate(repository_states(self.git(), root, look.repositories)):
            yield FolderEntry(kind="folder", path=f"/git {number}", content=state)

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
    """One look at a folder; `digested` is what is known of its files afterwards, `repositories` are folders of git's.

    `obstacle` is why the folder cannot be known by its content, as a clause.
    """

    root: Path
    known: dict[str, Digested]
    noted: int
    digested: dict[str, Digested] = field(default_factory=dict)
    repositories: list[Path] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    obstacle: str | None = None

    def everything(self) -> Iterator[FolderEntry]:
        """All that lies in the folder, but for repositories' own data and what is left out."""
        waiting = [(self.root, "")]
        while waiting:
            place, path = waiting.pop()
            children = sorted(os.scandir(place), key=lambda entry: entry.name)
            if path:
                if is_left_out(path, (child.name for child in children)):
                    self.left_out.append(path)
                    continue
                yield FolderEntry(kind="folder", path=path)
            for child in children:
                below = f"{path}/{child.name}" if path else child.name
                if child.name == ".git":
                    self.repositories.append(place)
                    self.left_out.append(below)
                elif child.is_dir(follow_symlinks=False):
                    waiting.append((Path(child.path), below))
                else:
                    yield self._entry(Path(child.path), below)
        self._check_links()

    def _entry(self, place: Path, path: str) -> FolderEntry:
        status = place.lstat()
        if stat.S_ISLNK(status.st_mode):
            target = os.path.relpath(os.path.realpath(place), self.root).replace(os.sep, "/")
            self.links[path] = target
            return FolderEntry(kind="link", path=path, content=f"{place.readlink()} {target}")
        if not stat.S_ISREG(status.st_mode):
            self.obstacle = f"{path} is no file, folder or link"
        return self._file(place, path, status)

    def _check_links(self) -> None:
        for path, target in self.links.items():
            if target == ".." or target.startswith("../"):
                self.obstacle = f"{path} is a link that leads out of it"
            elif any(target == left or target.startswith(f"{left}/") for left in self.left_out):
                self.obstacle = f"{path} is a link to what is left out ({target})"

    def _file(self, place: Path, path: str, status: os.stat_result) -> FolderEntry:
        facts = Facts(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        if self.obstacle is not None:
            return FolderEntry(kind="file", path=path)  # a pipe would be waited for
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
