"""Room for one run: temporary folders that are gone when it ends."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from freewheel.errors import NotWritable


class Scratch:
    """Makes new folders in one temporary folder, which the first call makes and the end of the `with` removes."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lock = threading.Lock()

    def __call__(self, purpose: str) -> Path:
        """A new, empty folder whose name begins with `purpose`; raises NotWritable."""
        try:
            with self._lock:
                if self._root is None:
                    self._root = Path(tempfile.mkdtemp(prefix="freewheel-"))
            return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=self._root))
        except OSError as error:
            raise NotWritable(
                path=error.filename or tempfile.gettempdir(), reason=error.strerror or str(error)
            ) from error

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._root is not None:
            shutil.rmtree(self._root, onerror=_made_writable)


def _made_writable(remove: Callable[[str], object], path: str, _error: object) -> None:
    """Trees are read-only, which keeps their files from being removed by others than the superuser."""
    for place in (Path(path).parent, Path(path)):
        try:
            place.chmod(0o700)
        except OSError:
            continue
    try:
        remove(path)
    except OSError:
        return  # the system's own cleaning of temporary folders comes by
