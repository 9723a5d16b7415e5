"""Pins to hand to commands."""

from __future__ import annotations

from packaging.version import Version

from freewheel.model import digest as digests
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, normalize
from freewheel.model.resolution import Pin

_SUFFIXES = {
    ArtifactKind.WHEEL: "-1.0-py3-none-any.whl",
    ArtifactKind.SDIST: "-1.0.tar.gz",
    ArtifactKind.DIRECTORY: "",
    ArtifactKind.REPOSITORY: "",
}


def artifact(
    name: str,
    kind: ArtifactKind = ArtifactKind.WHEEL,
    *,
    sha256: str | None = None,
    size: int | None = None,
    is_direct: bool = False,
    subdirectory: str = "",
    yanked: str | None = None,
) -> Artifact:
    """An artifact of version 1.0 on a server; a folder on this machine."""
    place = "file:///src" if kind is ArtifactKind.DIRECTORY else "https://files.example"
    return Artifact(
        kind=kind,
        project=normalize(name),
        version=Version("1.0"),
        filename=f"{name}{_SUFFIXES[kind]}",
        url=f"{place}/{name}{_SUFFIXES[kind]}",
        digests=() if sha256 is None else (digests.parse(f"sha256:{sha256}"),),
        size=size,
        is_direct=is_direct,
        subdirectory=subdirectory,
        yanked=yanked,
    )


def pin(found: Artifact | None, name: str = "", *, is_requested: bool = False, **metadata: object) -> Pin:
    """An artifact pinned; without one, an installed project that stays."""
    project = found.project if found is not None else normalize(name)
    return Pin(
        project=project,
        name=name or project,
        version="1.0",
        artifact=found,
        metadata=CoreMetadata(name=name or project, version="1.0", **metadata),  # type: ignore[arg-type]
        is_requested=is_requested,
    )
