"""Room for one run: temporary folders that are gone when it ends."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from freewheel.errors import NotWritable
from freewheel.store import removal


class Scratch:
    """Makes new folders in one temporary folder, which the first call makes and the end of the `with` removes.

    Folders made for a purpose in `keeps` stay, and with them the one that they lie in.
    """

    def __init__(self, *, keeps: Collection[str] = ()) -> None:
        self._root: Path | None = None
        self._lock = threading.Lock()
        self._keeps = keeps
        self._kept: set[Path] = set()

    def __call__(self, purpose: str) -> Path:
        """A new, empty folder whose name begins with `purpose`; raises NotWritable."""
        try:
            with self._lock:
                if self._root is None:
                    self._root = Path(tempfile.mkdtemp(prefix="freewheel-"))
            made = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=self._root))
        except OSError as error:
            raise NotWritable(
                path=error.filename or tempfile.gettempdir(), reason=error.strerror or str(error)
            ) from error
        if purpose in self._keeps:
            self._kept.add(made)
        return made

    @property
    def left(self) -> Path | None:
        """The folder that stays, with what is kept in it; None where everything goes."""
        return self._root if self._kept else None

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._root is None:
            return
        doomed = [one for one in self._root.iterdir() if one not in self._kept] if self._kept else [self._root]
        for folder in doomed:
            # Two thirds of the time of `removal`, which tells of each file; a build environment has hundreds.
            shutil.rmtree(folder, ignore_errors=True)
        left = [one for one in doomed if one.exists()]
        for folder in left:
            _open_up(folder)
        removal.remove(left)  # what is left then, the system's own cleaning comes by


def _open_up(root: Path) -> None:
    """Let everything be removed: builds may leave folders that nobody may write to, or on Windows such files.

    Files elsewhere keep their modes, because their inode may be an environment's too.
    """
    for folder, folders, names in os.walk(root):  # which enters a folder only after this had its turn
        for name in (*folders, *(names if os.name == "nt" else ())):
            place = Path(folder, name)
            with suppress(OSError):
                if not place.is_symlink():
                    place.chmod(stat.S_IRWXU)
