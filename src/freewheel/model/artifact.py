"""Distribution archives, as an index or a person names them."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias

from msgspec import Struct
from packaging.version import Version

from freewheel.model.demand import Demand
from freewheel.model.digest import Digest

NormalizedName = NewType("NormalizedName", str)
"""A project's name in lower case with single hyphens (PEP 503)."""

Place: TypeAlias = tuple[str, str, bool]
"""An artifact's URL, its subdirectory, and whether it is editable."""

Identity: TypeAlias = tuple[Place, tuple[Digest, ...], tuple[Demand, ...]]
"""An artifact's place, and the digests stated and demanded for it."""

SDIST_SUFFIXES = (
    *(".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar"),
    *(".tbz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"),
)
"""What an sdist's file name may end with; the standard one first."""


def normalize(name: str) -> NormalizedName:
    """The normalized form of a project's name (PEP 503).

    >>> normalize("Foo.Bar__baz")
    'foo-bar-baz'
    """
    return NormalizedName(re.sub(r"[-_.]+", "-", name).lower())


def is_project_name(name: str) -> bool:
    """Whether a project may be called so (PEP 508).

    >>> is_project_name("Foo.Bar"), is_project_name("six==1.0")
    (True, False)
    """
    return re.fullmatch(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", name, re.IGNORECASE | re.ASCII) is not None


class ArtifactKind(StrEnum):
    """What an artifact is: a built distribution, a source archive, a source folder, or a commit of a repository."""

    WHEEL = "wheel"
    SDIST = "sdist"
    DIRECTORY = "directory"
    REPOSITORY = "repository"


class Artifact(Struct, frozen=True, kw_only=True):
    """One file (or source folder, or commit of a repository) of one release.

    `url` is absolute, without fragment and without credentials; those belong to the transport. A repository's is as
    it was asked for, such as `git+https://host/path@main`, and `commit` the full hash of what that is. `digests` are
    those that the index, or the user, states. `metadata_digests` is None where no metadata file is offered beside the
    wheel (PEP 658), and may be empty where one is offered without digest. `size` is in bytes. `yanked` is None, or
    the reason, which may be empty (PEP 592). `listed_at` is the page that offers it, empty where none does.
    `is_direct` tells a file or folder that the user named from one that an index offered (PEP 610). `subdirectory` is
    where in a source archive or repository the project lies, with forward slashes; empty at its root. `is_editable`
    asks for a link to a source folder in place of its files (PEP 660). `demands` are the user's own: bytes
    that do not meet all of them are not the artifact's.
    """

    kind: ArtifactKind
    project: NormalizedName
    version: Version
    filename: str
    url: str
    digests: tuple[Digest, ...] = ()
    requires_python: str | None = None
    yanked: str | None = None
    metadata_digests: tuple[Digest, ...] | None = None
    size: int | None = None
    upload_time: datetime | None = None
    listed_at: str = ""
    is_direct: bool = False
    subdirectory: str = ""
    commit: str = ""
    is_editable: bool = False
    demands: tuple[Demand, ...] = ()

    @property
    def place(self) -> Place:
        """What tells artifacts apart within a run."""
        return self.url, self.subdirectory, self.is_editable

    @property
    def identity(self) -> Identity:
        """Place and digests: where these differ, one may be refused and the other not."""
        return self.place, self.digests, self.demands


class CoreMetadata(Struct, frozen=True, kw_only=True):
    """The part of a distribution's core metadata that installing needs; strings as they stand in the file.

    `dynamic` holds the field names, in lower case, that an sdist does not fix (PEP 643).
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()
    metadata_version: str = "2.1"
    dynamic: tuple[str, ...] = ()


def sdist_stem(filename: str) -> str | None:
    """An sdist's file name without its suffix; None when it is no sdist.

    >>> sdist_stem("six-1.0.tar.gz"), sdist_stem("six-1.0-py3-none-any.whl")
    ('six-1.0', None)
    """
    lowered = filename.lower()
    for suffix in SDIST_SUFFIXES:
        if lowered.endswith(suffix.lower()):
            return filename[: -len(suffix)]
    return None
