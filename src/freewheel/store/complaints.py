"""What cannot be kept is told, once for each reason."""

from __future__ import annotations

import threading
from pathlib import Path

from freewheel.errors import NoSpace, StoreError
from freewheel.events import Reporter, Warned


class Complaints:
    """Says what the cache cannot keep: once for each of its folders, and once that the disk is full.

    Safe from many threads.
    """

    def __init__(self, *, root: Path, reporter: Reporter) -> None:
        self._root = root
        self._reporter = reporter
        self._lock = threading.Lock()
        self._told: set[Path | None] = set()

    def hear_of(self, error: StoreError) -> None:
        """Warn, unless somebody is just removing what is in the cache, or this was said before."""
        if isinstance(error.__cause__, FileNotFoundError) and self._root.is_dir():
            return
        folder = None if isinstance(error, NoSpace) else self._folder_of(Path(error.path))
        with self._lock:
            is_new = folder not in self._told
            self._told.add(folder)
        if is_new:
            hint = "" if folder in (None, self._root) else f" If that stays so, remove {folder}."
            message = f"The cache cannot keep something: {error.path}: {error.reason}. Going on without.{hint}"
            self._reporter.emit(Warned(message=message))

    def _folder_of(self, path: Path) -> Path:
        """The folder in the root that something should have gone to."""
        return next((place for place in (path, *path.parents) if place.parent == self._root), self._root)
