"""Built wheels under their real file names, each with its provenance beside it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from freewheel.errors import StoreError
from freewheel.store import last_use
from freewheel.store.atomic import children, miss_of, read, write_new
from freewheel.store.layout import BUILD, BUILD_LOG, ORIGIN
from freewheel.store.protocol import BuiltWheel, Miss
from freewheel.store.removal import remove
from freewheel.store.root import CacheRoot

_ATTEMPTS = 20


class LocalBuiltWheels(Struct, frozen=True, kw_only=True):
    """Built wheels as folders; `BuiltWheels` says what the methods do. `clock` gives seconds since the epoch."""

    root: CacheRoot
    clock: Callable[[], float]

    def get(self, project: str, key: str) -> BuiltWheel | Miss:
        """The wheel kept under a key; whoever uses it checks the wheel itself. Its last use is noted."""
        found = _read(self.root.layout.built_wheel(project, key))
        if isinstance(found, Miss):
            return found
        wheel, noted = found
        if self.root.is_writable:
            last_use.note(wheel.path.with_name(BUILD), noted, self.clock())
        return wheel

    def put(self, project: str, key: str, wheel: Path, *, origin: bytes, build: bytes, log: bytes) -> BuiltWheel:
        """Keep a copy of `wheel`, on the disk before it is visible, replacing what was there; raises StoreError."""
        target = self.root.layout.built_wheel(project, key)
        folder = self.root.new_folder()
        try:
            with self.root.storing(target):
                _copy(wheel, folder / wheel.name)
                for name, data in ((ORIGIN, origin), (BUILD, build), (BUILD_LOG, log)):
                    write_new(folder / name, data, is_durable=True)
            self.root.adopt(folder)
            self.root.publish_folder(folder, target, existing=lambda: None)
        finally:
            remove([folder])
        with suppress(OSError):
            self.root.layout.failed_log(project).unlink()
        return BuiltWheel(path=target / wheel.name, origin=origin, build=build)

    def put_failure(self, project: str, log: bytes) -> Path:
        """Keep the log of a build that failed, until the project's next one; where it lies. Raises StoreError."""
        path = self.root.layout.failed_log(project)
        self.root.write(path, log)
        return path

    def remove(self, project: str, key: str) -> bool:
        """Forget; whether it was there and could be removed."""
        try:
            return self.root.take_away(self.root.layout.built_wheel(project, key))
        except StoreError:
            return False

    def scan(self, project: str | None = None) -> Iterator[BuiltWheel]:
        """Every built wheel; what is damaged is passed over."""
        layout = self.root.layout
        for folder in children(layout.wheels) if project is None else [layout.project_wheels(project)]:
            for found in map(_read, children(folder)):
                if not isinstance(found, Miss):
                    yield found[0]


def _read(folder: Path) -> tuple[BuiltWheel, float] | Miss:
    try:
        for _ in range(_ATTEMPTS):
            before = _identity(folder)
            found = _read_once(folder)
            # Otherwise one part is of the folder that was, another of that which replaced it.
            if _identity(folder) == before:
                return found
    except OSError as error:
        return miss_of(error, "no wheel has been built from it yet")
    return Miss(reason="others replace it all the time")


def _read_once(folder: Path) -> tuple[BuiltWheel, float] | Miss:
    names = sorted(path.name for path in folder.iterdir() if path.suffix == ".whl")
    if len(names) != 1 or not stat.S_ISREG((folder / names[0]).lstat().st_mode):
        return Miss(reason=f"its folder holds {len(names)} wheels", is_damage=True)
    origin, _ = read(folder / ORIGIN)
    build, noted = read(folder / BUILD)
    return BuiltWheel(path=folder / names[0], origin=origin, build=build), noted


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_ino, status.st_mtime_ns


def _copy(source: Path, target: Path) -> None:
    write_new(target, b"")
    with source.open("rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())
