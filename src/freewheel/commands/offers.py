"""What indexes offer of a project as it is, whatever anybody requires: for those who only look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from freewheel.errors import NoVersions
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import ArtifactKind, NormalizedName, is_project_name, normalize
from freewheel.resolve.candidates import Assessment, Assessor, Usable, best
from freewheel.resolve.protocol import ArtifactSource


class Latest(Struct, frozen=True, kw_only=True):
    """The newest release that would be chosen; `filetype` is `wheel` or `sdist`."""

    version: Version
    filetype: str


class Versions(Struct, frozen=True, kw_only=True):
    """The versions of a project that may be chosen, the newest first; `name` as somebody wrote it."""

    name: str
    versions: tuple[Version, ...]
    installed: str | None

    @property
    def latest(self) -> Version:
        """The newest."""
        return self.versions[0]


def versions_of(
    name: str,
    source: ArtifactSource,
    assessor: Assessor,
    *,
    installed: Mapping[NormalizedName, InstalledDistribution],
) -> Versions:
    """All versions of a project; raises NoVersions, NetworkError, IndexPageError.

    As in pip, pre-releases count only where somebody said so, and yanked releases never do.
    """
    project = normalize(name)
    artifacts = source.artifacts(project) if is_project_name(name) else ()
    assessment = assessor.assess(artifacts)
    found = {one.artifact.version for one in _that_count(project, assessment, assessor)}
    if not found:
        rejected = tuple((one.artifact.filename, one.reason) for one in assessment.rejected)
        raise NoVersions(name=name, exists=bool(artifacts), rejected=rejected, consulted=source.consulted())
    present = installed.get(project)
    return Versions(
        name=name,
        versions=tuple(sorted(found, reverse=True)),
        installed=None if present is None else present.version,
    )


def held_against_index(
    distributions: Sequence[InstalledDistribution], source: ArtifactSource, assessor: Assessor, *, is_outdated: bool
) -> Sequence[tuple[InstalledDistribution, Latest]]:
    """The distributions of which there is a newer release, or else those that are the newest, each with the newest.

    What no index has, and what is newer than all that indexes have, is neither. All pages are read at once; raises
    NetworkError, IndexPageError.
    """
    source.prefetch([one.project for one in distributions])
    found = []
    for one in distributions:
        latest = _latest(one.project, source, assessor)
        installed = _version(one.version)
        if latest is None or installed is None:
            continue
        if latest.version > installed if is_outdated else latest.version == installed:
            found.append((one, latest))
    return found


def _latest(project: NormalizedName, source: ArtifactSource, assessor: Assessor) -> Latest | None:
    counting = _that_count(project, assessor.assess(source.artifacts(project)), assessor)
    chosen = best(counting, selection=assessor.selection)
    if chosen is None:
        return None
    filetype = "wheel" if chosen.artifact.kind is ArtifactKind.WHEEL else "sdist"
    return Latest(version=chosen.artifact.version, filetype=filetype)


def _that_count(project: NormalizedName, assessment: Assessment, assessor: Assessor) -> list[Usable]:
    takes_prereleases = assessor.selection.releases.takes_prereleases(project) is True
    return [
        one
        for one in assessment.usable
        if one.artifact.yanked is None and (takes_prereleases or not one.artifact.version.is_prerelease)
    ]


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
