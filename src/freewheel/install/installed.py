"""What an environment has: the distributions that its dist-info and egg-info folders record."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from freewheel.model import core_metadata
from freewheel.model.artifact import CoreMetadata, NormalizedName, normalize
from freewheel.model.target import Interpreter
from freewheel.model.url import to_path

_SUFFIXES = (".dist-info", ".egg-info")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDistribution:
    """A project that an environment has; `location` is the folder it lies in, `info` its metadata folder (or file).

    `direct_url` is the text of `direct_url.json` (PEP 610), None where there is none.
    """

    project: NormalizedName
    name: str
    version: str
    location: str
    info: Path
    direct_url: str | None = None

    @property
    def has_record(self) -> bool:
        """Whether its files are recorded, so that it can be uninstalled."""
        return os.path.isfile(self.info / "RECORD")  # noqa: PTH113 - Path.is_file raises where it may not look

    @property
    def is_requested(self) -> bool:
        """Whether a person asked for it, rather than another project (PEP 376)."""
        return os.path.exists(self.info / "REQUESTED")  # noqa: PTH110

    @property
    def installer(self) -> str:
        """What installed it, empty where that is not said (PEP 376)."""
        return (_read(self.info / "INSTALLER") or "").strip()

    @property
    def is_editable(self) -> bool:
        """Whether it is a link to a source folder (PEP 660)."""
        return self.editable_project is not None

    @property
    def editable_project(self) -> str | None:
        """The source folder it is a link to, if it is one."""
        origin = self.origin
        if not isinstance(folder := origin.get("dir_info"), dict) or folder.get("editable") is not True:
            return None
        try:
            return to_path(str(origin["url"]), windows=os.name == "nt")
        except (KeyError, ValueError):
            return None

    @property
    def origin(self) -> Mapping[str, object]:
        """What `direct_url.json` says (PEP 610); empty where there is none, or one that cannot be read."""
        try:
            origin = json.loads(self.direct_url or "{}")
        except (ValueError, RecursionError):
            return {}
        return origin if isinstance(origin, dict) else {}

    def metadata(self) -> CoreMetadata:
        """Its core metadata; reads one file."""
        try:
            return core_metadata.parse(_bytes(_metadata_file(self.info)))
        except ValueError:  # it was there when the environment was looked at, and is gone or broken since
            return CoreMetadata(name=self.name, version=self.version)


def installed(interpreter: Interpreter) -> Mapping[NormalizedName, InstalledDistribution]:
    """What `interpreter` finds, by project; of several the first on its search path."""
    return installed_in(interpreter.search_paths)


def installed_in(folders: Iterable[str]) -> Mapping[NormalizedName, InstalledDistribution]:
    """What these folders hold, by project; the first folder wins. Reads the head of one file for each project."""
    found: dict[NormalizedName, InstalledDistribution] = {}
    for folder in folders:
        for distribution in _in_folder(folder):
            found.setdefault(distribution.project, distribution)
    return found


def _in_folder(folder: str) -> Iterator[InstalledDistribution]:
    try:
        with os.scandir(folder) as entries:
            # What begins with ~ or . was set aside by an installer that did not come to its end.
            names = sorted(e.name for e in entries if e.name.endswith(_SUFFIXES) and e.name[0] not in "~.")
    except OSError:
        return
    for name in names:
        info = Path(folder, name)
        try:
            metadata = core_metadata.parse(_head(_metadata_file(info)))
        except ValueError:
            continue
        yield InstalledDistribution(
            project=normalize(metadata.name),
            name=metadata.name,
            version=metadata.version,
            location=folder,
            info=info,
            direct_url=_read(info / "direct_url.json"),
        )


def _metadata_file(info: Path) -> Path:
    if info.suffix == ".dist-info":
        return info / "METADATA"
    return info / "PKG-INFO" if os.path.isdir(info) else info  # noqa: PTH112


def _head(path: Path) -> bytes:
    """The beginning of a file, where name and version stand."""
    return _bytes(path, 4096)


def _bytes(path: Path, size: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError:
        return b""


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
