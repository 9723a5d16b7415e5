"""An installed distribution, as its dist-info or egg-info records it, whatever installed it."""

from __future__ import annotations

import csv
import os
import zipfile
from collections.abc import Sequence
from enum import StrEnum
from io import StringIO
from pathlib import Path, PurePath

from msgspec import Struct
from msgspec.structs import replace
from packaging.direct_url import DirectUrl

from freewheel.model import core_metadata, direct_url, egg_requires
from freewheel.model.artifact import CoreMetadata, NormalizedName
from freewheel.model.url import to_path


class InfoKind(StrEnum):
    """How a distribution was recorded when it was installed; all but the first are of the time before wheels."""

    DIST_INFO = "dist-info"  # a wheel (PEP 376)
    EGG_INFO = "egg-info"  # setuptools, a folder beside the modules; or beside a source that is linked to
    DISTUTILS = "distutils"  # a single file, which says nothing of what was installed
    EGG = "egg"  # easy_install, a folder or zip file of its own


class InstalledDistribution(Struct, frozen=True, kw_only=True):
    """A project that an environment has; `location` is the folder it lies in, `info` its metadata folder (or file).

    `direct_url` is the text of `direct_url.json` (PEP 610), None where there is none. `egg_link` is the file that
    stands for a source folder, which `location` is then. `damage` says why its METADATA cannot be used: name and
    version are then those in the folder's name. `beside` are further dist-info folders of the project in the same
    place, which an installer left that saw one of them alone.
    """

    project: NormalizedName
    name: str
    version: str
    location: str
    info: Path
    direct_url: str | None = None
    egg_link: Path | None = None
    damage: str | None = None
    beside: tuple[InstalledDistribution, ...] = ()

    @property
    def fault(self) -> str | None:
        """What is wrong with how it is recorded, and what to do; None where all is well."""
        again = "freewheel install --force-reinstall --no-deps"
        if self.beside:
            names = sorted(one.info.name for one in (self, *self.beside))
            return (
                f"{self.name} stands several times in {self.location}: {', '.join(names)}. "
                f"`{again} {self.name}` leaves one of them."
            )
        if self.damage is None:
            return None
        return f"{metadata_file(self.info)}: {self.damage}. `{again} {self.name}=={self.version}` writes it anew."

    @property
    def kind(self) -> InfoKind:
        """How it is recorded."""
        if self.info.suffix == ".dist-info":
            return InfoKind.DIST_INFO
        if self.info.name.upper() == "EGG-INFO":
            return InfoKind.EGG
        return InfoKind.EGG_INFO if os.path.isdir(self.info) else InfoKind.DISTUTILS  # noqa: PTH112

    @property
    def home(self) -> str:
        """The folder that it is installed in: not that of a source that is linked to, nor an egg's own."""
        if self.egg_link is not None:
            return str(self.egg_link.parent)
        return str(Path(self.location).parent) if self.kind is InfoKind.EGG else self.location

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
        lines = (line.strip() for line in (self.text_of("INSTALLER") or "").splitlines())
        return next(filter(None, lines), "")

    @property
    def is_editable(self) -> bool:
        """Whether it is a link to a source folder (PEP 660, and setuptools' before that)."""
        return self.editable_project is not None

    @property
    def editable_project(self) -> str | None:
        """The source folder it is a link to, if it is one."""
        if self.egg_link is not None:
            return self.location
        origin = self.origin
        if origin is None or origin.dir_info is None or not origin.dir_info.editable:
            return None
        try:
            return to_path(origin.url, windows=os.name == "nt")
        except ValueError:
            return None

    @property
    def origin(self) -> DirectUrl | None:
        """What `direct_url.json` says (PEP 610); None where there is none, or one that cannot be read."""
        return None if self.direct_url is None else direct_url.parse(self.direct_url)

    @property
    def source(self) -> str:
        """The URL that somebody named for it, with the commit of a repository's; empty where an index had it.

        >>> vcs = '{"url": "file:///six", "vcs_info": {"vcs": "git", "commit_id": "f00d"}}'
        >>> InstalledDistribution(
        ...     project="six", name="six", version="1", location="/", info=Path("/six"), direct_url=vcs
        ... ).source
        'file:///six@f00d'
        """
        origin = self.origin
        if origin is None:
            return ""
        return origin.url if origin.vcs_info is None else f"{origin.url}@{origin.vcs_info.commit_id}"

    def metadata(self) -> CoreMetadata:
        """Its core metadata; reads one file, for what setuptools recorded two."""
        try:
            found = core_metadata.parse(self.metadata_bytes())
        except ValueError:  # it was there when the environment was looked at, and is gone or broken since
            return CoreMetadata(name=self.name, version=self.version)
        legacy = None if self.kind is InfoKind.DIST_INFO else self.text_of("requires.txt")
        if legacy is None:
            return found
        return replace(
            found,
            requires_dist=found.requires_dist or egg_requires.requirements(legacy),
            provides_extra=found.provides_extra or egg_requires.extras(legacy),
        )

    def metadata_bytes(self) -> bytes:
        """The METADATA or PKG-INFO file as it is; where that is damaged, what is known. Empty where it is gone."""
        if self.damage is not None:
            return f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n".encode()
        return read_bytes(metadata_file(self.info))

    def text_of(self, name: str) -> str | None:
        """The text of a file in its metadata folder; None where there is none."""
        data = read_bytes(self.info / name)
        return data.decode("utf-8", "replace") if data or os.path.isfile(self.info / name) else None  # noqa: PTH113

    def entries(self) -> Sequence[str] | None:
        """The paths of its files, from `location` on, as RECORD or setuptools' `installed-files.txt` has them.

        None where neither can be read.
        """
        record = self._raw_text("RECORD")
        if record is not None:
            try:
                return [str(PurePath(row[0])) for row in csv.reader(StringIO(record, newline="")) if row and row[0]]
            except csv.Error:
                return None
        legacy = self._raw_text("installed-files.txt")
        if legacy is None:
            return None
        folder = PurePath(self.info.name)  # what that file's paths begin in
        return [os.path.normpath(folder / line) for line in legacy.splitlines() if line]

    def _raw_text(self, name: str) -> str | None:
        try:
            return (self.info / name).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None


def metadata_file(info: Path) -> Path:
    """Where the core metadata of a dist-info or egg-info stands."""
    if info.suffix == ".dist-info":
        return info / "METADATA"
    is_file = os.path.isfile(info)  # noqa: PTH113
    return info if is_file else info / "PKG-INFO"


def read_bytes(path: Path, size: int = -1) -> bytes:
    """What a file begins with, `size` bytes or all; empty where there is none. It may lie in a zipped egg."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except NotADirectoryError:
        return _zipped_bytes(path)[: size if size >= 0 else None]
    except OSError:
        return b""


def _zipped_bytes(path: Path) -> bytes:
    egg = next((folder for folder in path.parents if folder.suffix == ".egg"), None)
    if egg is None:
        return b""
    try:
        with zipfile.ZipFile(egg) as archive:
            return archive.read(path.relative_to(egg).as_posix())
    except (OSError, KeyError, zipfile.BadZipFile):
        return b""
