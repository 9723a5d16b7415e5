"""`lock`: what is resolved, as a lock file (PEP 751) in pip's shape."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from packaging.direct_url import DirectUrl, VcsInfo
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
)
from packaging.utils import NormalizedName as PylockName
from packaging.version import Version

from freewheel.commands.lock_places import path_below
from freewheel.model import direct_url
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.requirement import Requirement
from freewheel.model.resolution import Pin
from freewheel.net.download import Download
from freewheel.resolve.remembering import Resolves

_CREATED_BY = "freewheel"
_LOCK_VERSION = Version("1.0")


def lock(
    requirements: Sequence[Requirement],
    constraints: Sequence[Requirement],
    *,
    resolver: Resolves,
    fetch: Callable[[Artifact], Download],
    folder: Path | None,
) -> str:
    """The text of a lock file that will lie in `folder`, None for anywhere: the same pins give the same text.

    What lies in `folder` is named by its path from there, so that both can be moved; what lies elsewhere on this
    machine by its absolute path, or URL. `fetch` is called for what has no strong digest stated. Raises what
    resolving and fetching raise.
    """
    import tomli_w

    pins = resolver.resolve(requirements, constraints=constraints).pins
    packages = [_package(pin, pin.artifact, fetch, folder) for pin in pins if pin.artifact is not None]
    packages.sort(key=lambda package: package.name)
    document = Pylock(lock_version=_LOCK_VERSION, created_by=_CREATED_BY, packages=packages)
    document.validate()
    return tomli_w.dumps(document.to_dict())


def _package(pin: Pin, artifact: Artifact, fetch: Callable[[Artifact], Download], folder: Path | None) -> Package:
    name = cast("PylockName", pin.project)
    if not artifact.is_direct:
        # As in pip, what was named by path or URL has no version: that is what the place says when it is read.
        return _release(name, Version(pin.version), artifact, fetch, folder)
    origin = direct_url.of_artifact(artifact, None)
    if origin.dir_info is not None:
        lies_in = path_below(artifact.url, folder) or urls.to_path(artifact.url, windows=os.name == "nt")
        directory = PackageDirectory(
            path=lies_in, editable=origin.dir_info.editable, subdirectory=artifact.subdirectory or None
        )
        return Package(name=name, directory=directory)
    if origin.vcs_info is not None:
        return Package(name=name, vcs=_repository(origin, origin.vcs_info))
    path, url = _place(artifact, folder)
    size, hashes = _size_and_hashes(artifact, fetch)
    archive = PackageArchive(path=path, url=url, size=size, hashes=hashes, subdirectory=artifact.subdirectory or None)
    return Package(name=name, archive=archive)


def _release(
    name: PylockName, version: Version, artifact: Artifact, fetch: Callable[[Artifact], Download], folder: Path | None
) -> Package:
    path, url = _place(artifact, folder)
    size, hashes = _size_and_hashes(artifact, fetch)
    if artifact.kind is ArtifactKind.WHEEL:
        wheel = PackageWheel(
            name=artifact.filename,
            upload_time=artifact.upload_time,
            path=path,
            url=url,
            size=size,
            hashes=hashes,
        )
        return Package(name=name, version=version, wheels=[wheel])
    sdist = PackageSdist(
        name=artifact.filename,
        upload_time=artifact.upload_time,
        path=path,
        url=url,
        size=size,
        hashes=hashes,
    )
    return Package(name=name, version=version, sdist=sdist)


def _repository(origin: DirectUrl, commit: VcsInfo) -> PackageVcs:
    """A commit as PEP 610 describes it."""
    return PackageVcs(
        type=commit.vcs,
        url=origin.url,
        requested_revision=commit.requested_revision,
        commit_id=commit.commit_id,
        subdirectory=origin.subdirectory,
    )


def _place(artifact: Artifact, folder: Path | None) -> tuple[str | None, str | None]:
    """The path of what lies below the lock file's folder, or the URL of what does not."""
    path = path_below(artifact.url, folder)
    return (path, None) if path is not None else (None, artifact.url)


def _size_and_hashes(artifact: Artifact, fetch: Callable[[Artifact], Download]) -> tuple[int | None, dict[str, str]]:
    """What the index states, or what the file has: always a digest that identifies it."""
    stated = {digest.algorithm: digest.value for digest in artifact.digests if digest.is_strong}
    if stated and not urls.is_local(artifact.url):
        return artifact.size, dict(sorted(stated.items()))
    download = fetch(artifact)
    return download.size, {download.digest.algorithm: download.digest.value}
