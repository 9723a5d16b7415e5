"""What people demand of artifacts' bytes, and hash-checking mode, in which they must demand something of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from freewheel.errors import HashesRequired
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName, Place
from freewheel.model.demand import Demand, expected
from freewheel.model.digest import Digest
from freewheel.model.requirement import COMMAND_LINE, Requirement, SourceRequirement, allowed_digests

Asked = Requirement | SourceRequirement


def _unknown(artifact: Artifact) -> Digest:
    raise LookupError(artifact.url)


class _Lack(Struct, frozen=True, kw_only=True):
    """An artifact that nobody demands anything of; `wanted` is who asks for it, `is_pinned` at one version."""

    artifact: Artifact
    wanted: Asked
    is_pinned: bool


class HashChecking(Struct, kw_only=True):
    """The demands of one run, and whether everything needs one; used from one thread.

    `spares_locked` lets be what a lock file has without a digest: repositories and folders. `of_projects` are by
    project, `of_urls` by URL without fragment. `digest_of` fetches an artifact, and tells the SHA-256 digest of its
    bytes; nothing of it is run.
    """

    is_required: bool = False
    spares_locked: bool = True
    of_projects: Mapping[NormalizedName, tuple[Demand, ...]] = field(default_factory=dict)
    of_urls: Mapping[str, tuple[Demand, ...]] = field(default_factory=dict)
    digest_of: Callable[[Artifact], Digest] = _unknown
    _lacks: dict[Place, _Lack] = field(default_factory=dict)

    def demands(self, project: NormalizedName) -> tuple[Demand, ...]:
        """What is demanded of a project's artifacts, whichever is chosen."""
        return self.of_projects.get(project, ())

    def admit(self, artifact: Artifact, wanted: Asked, *, is_pinned: bool = True) -> Artifact:
        """An artifact, before anything of it is read or run, with what is demanded of it.

        In hash-checking mode one that nobody demands anything of is taken note of: a wheel may still be asked what it
        needs, so that everything that lacks a digest can be told at once. Raises HashesRequired for a source.
        """
        demands = dict.fromkeys((*artifact.demands, *self.demands(artifact.project)))
        if artifact.is_direct:
            demands |= dict.fromkeys(self.of_urls.get(artifact.url, ()))
        if demands:
            stated = () if artifact.is_direct else artifact.digests
            digests = expected(tuple(demands), stated)
            return replace(artifact, digests=digests, demands=tuple(demands))
        if self.is_required and not (self.spares_locked and _is_locked(wanted)):
            self._lacks[artifact.place] = _Lack(artifact=artifact, wanted=wanted, is_pinned=is_pinned)
            if artifact.kind is not ArtifactKind.WHEEL:
                self._complain(self._lacks)
        return artifact

    def check(self, chosen: Iterable[Artifact]) -> None:
        """Raises HashesRequired where an artifact that was chosen has no digest to be held against."""
        places = {artifact.place for artifact in chosen}
        self._complain(self._lacks.keys() & places)

    def _complain(self, places: Collection[Place]) -> None:
        lacks = [lack for place, lack in self._lacks.items() if place in places]
        if not lacks:
            return
        repositories = [lack for lack in lacks if urls.is_vcs(lack.artifact.url)]
        files = [lack for lack in lacks if not urls.is_vcs(lack.artifact.url)]
        folders = [lack for lack in files if lack.artifact.kind is ArtifactKind.DIRECTORY]
        archives = [lack for lack in files if lack.artifact.kind is not ArtifactKind.DIRECTORY]
        unpinned = [lack for lack in archives if not lack.is_pinned]
        raise HashesRequired(
            repositories=tuple(_shown(lack.wanted) for lack in repositories),
            folders=tuple(_shown(lack.wanted) for lack in folders),
            lacking=tuple(self._line(lack) for lack in archives if lack.is_pinned),
            unpinned=tuple(_shown(lack.wanted) for lack in unpinned),
            pins=tuple(self._line(lack) for lack in unpinned),
        )

    def _line(self, lack: _Lack) -> str:
        """What would have to stand in a requirements file."""
        artifact, wanted = lack.artifact, lack.wanted
        if artifact.is_direct:
            named = str(wanted) if isinstance(wanted, Requirement) else wanted.url
            asked = urls.redacted(named)
        else:
            name = wanted.without_versions() if isinstance(wanted, Requirement) else artifact.project
            asked = f"{name}=={artifact.version}"
        return f"{asked} --hash={self.digest_of(artifact)}"


def hash_checking(
    requirements: Iterable[Asked],
    constraints: Iterable[Requirement],
    *,
    wanted: bool | None,
    digest_of: Callable[[Artifact], Digest],
) -> HashChecking:
    """The demands of what was asked for; `wanted` says whether everything needs one, None leaves it to a `--hash`.

    As in pip, a digest in a URL is demanded, but demands nothing of others; one in a constraint's URL is not
    demanded. Raises HashesRequired, in hash-checking mode, for what has no bytes to be held against a digest.
    """
    asked, limits = tuple(requirements), tuple(constraints)
    of_projects: dict[NormalizedName, tuple[Demand, ...]] = {}
    of_urls: dict[str, tuple[Demand, ...]] = {}
    for one in asked:
        allowed = allowed_digests(one)
        demand = Demand(allowed=allowed, origin=_shown(one))
        if allowed and one.url is not None:
            url = urls.without_fragment(one.url)
            of_urls[url] = (*of_urls.get(url, ()), demand)
        elif allowed and isinstance(one, Requirement):
            of_projects[one.name] = (*of_projects.get(one.name, ()), demand)
    for one in limits:
        if one.digests:
            demand = Demand(allowed=frozenset(one.digests), origin=_shown(one))
            of_projects[one.name] = (*of_projects.get(one.name, ()), demand)
    is_implied = wanted is None and any(map(_has_digest, (*asked, *limits)))
    if wanted or is_implied:
        _refuse_unhashable(one for one in asked if wanted or not _is_locked(one))
    return HashChecking(
        is_required=bool(wanted or is_implied),
        spares_locked=not wanted,
        of_projects=of_projects,
        of_urls=of_urls,
        digest_of=digest_of,
    )


def _refuse_unhashable(asked: Iterable[Asked]) -> None:
    """What a person named that has no file of its own is known before anything is fetched: all of it at once."""
    named = tuple(asked)
    editables = [one for one in named if one.is_editable]
    repositories = [one for one in named if not one.is_editable and urls.is_vcs(one.url or "")]
    if editables or repositories:
        raise HashesRequired(editables=tuple(map(_shown, editables)), repositories=tuple(map(_shown, repositories)))


def _is_locked(asked: Asked) -> bool:
    return isinstance(asked, Requirement) and asked.is_locked


def _has_digest(asked: Asked) -> bool:
    return bool(asked.digests) or (isinstance(asked, Requirement) and asked.artifact is not None)


def _shown(asked: Asked) -> str:
    text = str(asked) if isinstance(asked, Requirement) else asked.given
    origin = "" if asked.origin == COMMAND_LINE else f" (from {asked.origin})"
    return f"{urls.redacted(text)}{origin}"
