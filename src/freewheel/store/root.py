"""The cache root as a place to write to: made at the first write, private unless it is shared on purpose."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from freewheel.errors import ReadOnlyStore, StoreError
from freewheel.store.atomic import Storing, rename_file, rename_folder, write_all
from freewheel.store.layout import README, TAG, Layout
from freewheel.store.obstacles import SIGNATURE, Done, cleared
from freewheel.store.removal import remove
from freewheel.store.renaming import exchanged, moved

_TAG_TEXT = f"""\
{SIGNATURE.decode()}
# This file marks the folder as a cache: backup programs may leave it out.
# For information about cache directory tags see https://bford.info/cachedir/
"""

_README_TEXT = """\
This folder is the cache of freewheel, a package installer.

It holds what was downloaded, built and unpacked once, so that it need not be done again. Nothing in it is
needed: whatever is removed is fetched or built again when it is next asked for.

    freewheel cache info            how big it is, and what is in it
    freewheel cache remove NAME     removes what belongs to one project
    freewheel cache purge           removes everything
"""

# Only writers that replace or remove one thing at the same moment need a third attempt.
_ATTEMPTS = 20

_REPLACED = "others replace it all the time"

_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EXDEV, errno.ELOOP})
"""Numbers of errors that a file, a link or a closed folder where a folder belongs can be the reason of."""

_Found = TypeVar("_Found")
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRoot:
    """The folder that holds the cache. Making this value touches nothing.

    `is_writable` false makes every write a ReadOnlyStore at once. In the private mode files are 0600 and folders
    0700; with `is_shared` they have the group's and others' bits that `path` itself has. All methods but `forget`
    raise StoreError, which `on_failure` hears of first where it means that something is not kept.

    What is in the way of a folder is put right (`obstacles`).
    """

    path: Path
    is_writable: bool = True
    is_shared: bool = False
    on_failure: Callable[[StoreError], None] = field(default=lambda _: None, repr=False, compare=False)

    @property
    def layout(self) -> Layout:
        """Where things lie in it."""
        return _layout(self.path)

    def new_file(self) -> tuple[int, Path]:
        """A new empty file in `tmp/`: its descriptor, open for writing, and its path."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        path = self._new_path()
        with self.storing(path):
            descriptor = self.making_room(path, lambda: os.open(path, flags, 0o600))
            self.share_file(path)
        return descriptor, path

    def new_folder(self) -> Path:
        """A new empty folder in `tmp/`."""
        path = self._new_path()
        with self.storing(path):
            self.making_room(path, lambda: self._make_folders(path))
        return path

    def publish(self, source: Path, target: Path) -> None:
        """Move a finished file out of `tmp/` to its place, replacing what was there, be it a folder.

        Nobody waits for the disk. The caller tells `on_failure`, if that matters.
        """
        if exchanged(source, target):
            _discard(source)
            return
        with Storing(target):
            for _ in range(_ATTEMPTS):
                try:
                    self.making_room(target, lambda: rename_file(source, target))
                except (IsADirectoryError, PermissionError):
                    if not target.is_dir() or not self.take_away(target):
                        raise
                else:
                    return
        raise StoreError(path=str(target), reason=_REPLACED)

    def publish_folder(self, source: Path, target: Path, *, existing: Callable[[], _Found | None]) -> _Found | None:
        """Move a finished folder out of `tmp/` to its place; None, or what stays there instead.

        `existing` is asked when something is there already. Where it has no answer, that is taken away.
        """
        with self.storing(target):
            for _ in range(_ATTEMPTS):
                if self.making_room(target, lambda: rename_folder(source, target)):
                    return None
                if (found := existing()) is not None:
                    return found
                self.take_away(target)
        raise StoreError(path=str(target), reason=_REPLACED)

    def write(self, target: Path, data: bytes) -> None:
        """Write a small file aside, and move it to its place.

        It is not flushed: what a power cut leaves of it is a miss, by its checksum (decision 6).
        """
        self._write(target, data, self.publish)

    def write_new(self, target: Path, data: bytes) -> bool:
        """The same where nothing is yet; False, and nothing is changed, where something is."""

        def publish(source: Path, target: Path) -> bool:
            with Storing(target):
                is_new = self.making_room(target, lambda: moved(source, target))
            if not is_new:
                source.unlink()
            return is_new

        return self._write(target, data, publish)

    def forget(self, target: Path) -> bool:
        """Remove a file, or a folder in its place; whether it was there and could be removed.

        A read-only root does not allow that.
        """
        if not self.is_writable:
            return False
        try:
            target.unlink()
        except (IsADirectoryError, PermissionError):  # some systems say the one of a folder, some the other
            with suppress(StoreError):
                return target.is_dir() and self.take_away(target)
            return False
        except OSError:
            return False
        return True

    def take_away(self, target: Path) -> bool:
        """Remove a file or folder so that nobody sees it half gone; whether it was there."""
        aside = self.set_aside(target)
        if aside is not None:
            remove([aside])
        return aside is not None

    def set_aside(self, target: Path) -> Path | None:
        """Move a file or folder into `tmp/`, out of sight; None where there was none. Raises StoreError."""
        aside = self._new_path()
        with Storing(target):
            for _ in range(_ATTEMPTS):
                try:
                    target.rename(aside)
                except FileNotFoundError:
                    if not os.path.lexists(target):
                        return None
                    self._make_folders(aside.parent)
                except PermissionError:
                    if not cleared(target, self.path):
                        raise
                else:
                    return aside
        return None

    def adopt(self, folder: Path) -> None:
        """Give what is in a finished folder the modes that this root asks for; read-only files keep theirs."""
        if not self.is_shared:
            return
        with self.storing(folder):
            for place, _, names in os.walk(folder):
                self._share_folder(Path(place))
                for path in (Path(place, name) for name in names):
                    if path.stat().st_mode & stat.S_IWUSR:
                        _set_mode(path, self.file_mode())

    def file_mode(self) -> int:
        """The mode of a new file; raises OSError where a shared root is gone."""
        return 0o600 | (self.path.stat().st_mode & 0o066) if self.is_shared else 0o600

    def making_room(self, target: Path, act: Callable[[], _Done]) -> _Done:
        """Act where `target` belongs; its folder is made where it is missing or somebody removes it meanwhile.

        What is in its way is taken away. Raises OSError.
        """
        was_obstructed = False
        for _ in range(_ATTEMPTS):
            try:
                return act()
            except FileNotFoundError:
                self.clear_way(target.parent)  # a link that leads nowhere
                with suppress(FileNotFoundError):
                    self._make_folders(target.parent)
            except OSError as error:
                if error.errno not in _IN_THE_WAY or (self.clear_way(target.parent) is None and was_obstructed):
                    raise
                was_obstructed = True  # where nothing is in the way, another thread may just have cleared it
        return act()

    def make_parent(self, target: Path) -> None:
        """Have the folder that `target` shall lie in, without telling `on_failure`."""
        with Storing(target):
            self.clear_way(target.parent)
            self._make_folders(target.parent)

    def clear_way(self, folder: Path) -> Done | None:
        """Put right what is in the way of a folder in the root; what was done last. Raises OSError."""
        chain = (folder, *folder.parents)
        # Each, from the top down: what lies below a link is not looked at before the link is gone.
        found = [cleared(place, self.path) for place in reversed(chain[: chain.index(self.path)])]
        return next((done for done in reversed(found) if done is not None), None)

    def storing(self, path: Path) -> Storing:
        """Within it, errors mean that `path` is not kept; `on_failure` hears of them."""
        return Storing(path, self.on_failure)

    def share_file(self, path: Path) -> None:
        """Give a file the mode that this root asks for, if it is ours to give; raises OSError."""
        if self.is_shared:
            _set_mode(path, self.file_mode())

    def _write(self, target: Path, data: bytes, publish: Callable[[Path, Path], _Done]) -> _Done:
        descriptor, path = self.new_file()
        try:
            with self.storing(target):
                try:
                    write_all(descriptor, data)
                finally:
                    os.close(descriptor)
                return publish(path, target)
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise

    def _new_path(self) -> Path:
        if not self.is_writable:
            raise ReadOnlyStore(path=str(self.path), reason="the cache is read-only")
        return self.layout.tmp / f"{os.getpid()}-{os.urandom(8).hex()}"

    def _make_folders(self, folder: Path) -> None:
        if folder == self.path:
            self._make_root()
            return
        if folder.parent == self.path and not folder.exists():
            self._make_root()
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return
        except FileNotFoundError:
            self._make_folders(folder.parent)
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
        if self.is_shared:
            self._share_folder(folder)

    def _make_root(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path.mkdir(mode=0o777 if self.is_shared else 0o700)
        except FileExistsError:
            # Someone else's folder is not declared a cache: a backup would leave out what it holds.
            if any(self.path.iterdir()):
                return
        for name, text in ((TAG, _TAG_TEXT), (README, _README_TEXT)):
            with suppress(FileExistsError), (self.path / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)

    def _share_folder(self, folder: Path) -> None:
        _set_mode(folder, 0o700 | (self.path.stat().st_mode & (0o077 | stat.S_ISGID)))


@lru_cache(maxsize=16)
def _layout(path: Path) -> Layout:
    return Layout(root=path)


def _discard(path: Path) -> None:
    """Remove what was replaced, be it a folder."""
    try:
        path.unlink()
    except OSError:
        remove([path])


def _set_mode(path: Path, mode: int) -> None:
    # Another user's folder, made a moment ago, has its modes from that user.
    with suppress(PermissionError):
        path.chmod(mode)
