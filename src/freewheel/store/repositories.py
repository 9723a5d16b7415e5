"""Clones of repositories: bare, one for each repository and kind of access, fetched into again and again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from freewheel.errors import StoreError
from freewheel.store import last_use
from freewheel.store.atomic import miss_of, write_new
from freewheel.store.layout import RepositoryLayout
from freewheel.store.protocol import Clone, Miss
from freewheel.store.removal import remove
from freewheel.store.root import CacheRoot


class LocalNewClone(Struct, frozen=True, kw_only=True):
    """A clone in `tmp/`; whoever makes it lets git write to `path`, which is not there yet."""

    root: CacheRoot
    target: RepositoryLayout
    folder: Path

    @property
    def path(self) -> Path:
        """Where the bare repository belongs."""
        return RepositoryLayout(folder=self.folder).clone

    def commit(self, *, is_open: bool) -> Clone:
        """Make it visible in place of what was there; raises StoreError."""
        try:
            with self.root.storing(self.target.folder):
                if is_open:
                    write_new(RepositoryLayout(folder=self.folder).open_to_all, b"")
            self.root.adopt(self.folder)
            self.root.take_away(self.target.folder)
            self.root.publish_folder(self.folder, self.target.folder, existing=lambda: None)
        finally:
            self.discard()
        return Clone(path=self.target.clone, is_open=is_open)

    def discard(self) -> None:
        """Leave nothing behind; harmless after a commit."""
        remove([self.folder])


class LocalRepositories(Struct, frozen=True, kw_only=True):
    """Clones as folders; `Repositories` says what the methods do. `clock` gives seconds since the epoch."""

    root: CacheRoot
    clock: Callable[[], float]

    def get(self, name: str, key: str) -> Clone | Miss:
        """The clone, if it is one at first sight: git's `HEAD` is there. Its last use is noted."""
        layout = self.root.layout.repository(name, key)
        head = layout.clone / "HEAD"
        try:
            noted = head.stat().st_mtime
            is_open = layout.open_to_all.exists()
        except OSError as error:
            is_damage = layout.folder.exists()
            return Miss(reason="its clone has no HEAD", is_damage=True) if is_damage else miss_of(error, _ABSENT)
        if self.root.is_writable:
            last_use.note(head, noted, self.clock())
        return Clone(path=layout.clone, is_open=is_open, may_change=self.root.is_writable)

    def create(self, name: str, key: str) -> LocalNewClone:
        """Begin a clone; raises StoreError."""
        target = self.root.layout.repository(name, key)
        return LocalNewClone(root=self.root, target=target, folder=self.root.new_folder())

    def remove(self, name: str, key: str) -> bool:
        """Forget; whether it was there and could be removed."""
        try:
            return self.root.take_away(self.root.layout.repository(name, key).folder)
        except StoreError:
            return False


_ABSENT = "it has not been cloned yet"
