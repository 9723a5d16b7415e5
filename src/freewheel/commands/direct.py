"""Files, folders and repositories that somebody named by path or URL, found out about."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from freewheel.build.checkout import Revision
from freewheel.errors import (
    FileGone,
    InconsistentMetadata,
    InvalidWheelName,
    MalformedRequirement,
    OtherProject,
    UnusablePath,
)
from freewheel.events import Collecting, Reporter
from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName, normalize
from freewheel.model.repository import RepositoryUrl
from freewheel.model.requirement import COMMAND_LINE, Requirement, SourceRequirement
from freewheel.model.url import Credentials
from freewheel.resolve.protocol import MetadataSource

UNKNOWN = NormalizedName("")
"""The project of a source that has not been asked for its metadata yet."""


class Revisions(Protocol):
    """What revisions of repositories are."""

    def resolve(self, reference: RepositoryUrl) -> Revision:
        """The commit; found out once a run. Raises RepositoryError."""


class EditableSources(Protocol):
    """Repositories in folders where a person works on them."""

    def obtain(self, reference: RepositoryUrl, project: str) -> Path:
        """The folder of a project's checkout, made or brought up to date; raises RepositoryError, InTheWay."""


class DirectArtifacts(Struct, kw_only=True):
    """A `DirectSource`; what it finds out stays for the run. Used from one thread.

    `note_credentials` is told the credentials that a URL carries, with the URL: artifacts never do. `admit` is asked
    for each artifact before anything of it is read or run: it adds what is demanded of it, or raises HashesRequired.
    """

    metadata: MetadataSource
    reporter: Reporter
    note_credentials: Callable[[str, Credentials], None]
    revisions: Callable[[], Revisions]
    editables: Callable[[], EditableSources]
    admit: Callable[[Artifact, Requirement | SourceRequirement], Artifact] = lambda artifact, _: artifact
    _known: dict[tuple[str, bool], Artifact] = field(default_factory=dict)

    def artifact(self, url: str, wanted: Requirement | SourceRequirement) -> Artifact:
        """What a URL names, with project and version from its file name or its metadata."""
        key = url, wanted.is_editable
        known = self._known.get(key)
        if known is None:
            bare, credentials = urls.split_credentials(url)
            if credentials is not None:
                self.note_credentials(bare, credentials)
            known = self._known[key] = self._found_out(bare, wanted)
        if isinstance(wanted, Requirement) and known.project != wanted.name:
            raise OtherProject(
                subject=urls.redacted(url),
                field="name",
                expected=wanted.name,
                found=known.project,
                origin=str(wanted.origin),
            )
        return known

    def named(self, wanted: SourceRequirement) -> Requirement:
        """A requirement by path or URL alone, with the project's name; raises as `artifact`."""
        artifact = self.artifact(wanted.url, wanted)
        return Requirement(
            name=artifact.project,
            given_name=artifact.project,
            extras=wanted.extras,
            marker=wanted.marker,
            url=wanted.url,
            origin=wanted.origin,
            digests=wanted.digests,
            config_settings=wanted.config_settings,
            is_editable=wanted.is_editable,
        )

    def _found_out(self, url: str, wanted: Requirement | SourceRequirement) -> Artifact:
        self.reporter.emit(
            Collecting(
                requirement=_shown(url, wanted),
                wanted_by=None if wanted.origin == COMMAND_LINE else str(wanted.origin),
                is_path=urls.is_local(url),
                is_editable=wanted.is_editable,
            )
        )
        found = self._of_repository(url, wanted) if urls.is_vcs(url) else _named_by(url, wanted)
        artifact = self.admit(found, wanted)
        if artifact.kind is ArtifactKind.WHEEL:
            return artifact
        metadata = self.metadata.metadata(artifact)
        try:
            version = Version(metadata.version)
        except InvalidVersion as error:
            raise InconsistentMetadata(
                subject=artifact.filename, field="version", expected="a version (PEP 440)", found=metadata.version
            ) from error
        return replace(artifact, project=normalize(metadata.name), version=version)

    def _of_repository(self, url: str, wanted: Requirement | SourceRequirement) -> Artifact:
        refused = repository.refusal(url)
        if refused is not None:
            reason, hint = refused
            raise MalformedRequirement(origin=str(wanted.origin), text=urls.redacted(url), reason=reason, hint=hint)
        reference = repository.parse(url)
        if isinstance(wanted, Requirement) and wanted.is_editable:
            folder = self.editables().obtain(reference, wanted.name)
            source = _source(ArtifactKind.DIRECTORY, folder.name, urls.from_path(folder), url)
            return replace(source, is_editable=True)
        commit = self.revisions().resolve(reference).commit
        source = _source(ArtifactKind.REPOSITORY, reference.name, urls.without_fragment(url), url)
        return replace(source, commit=commit)


def _shown(url: str, wanted: Requirement | SourceRequirement) -> str:
    if urls.is_local(url):
        return url
    if isinstance(wanted, SourceRequirement):
        return urls.redacted(url)
    return f"{wanted.given_name} from {urls.redacted(url)}" if wanted.is_editable else str(wanted)


def _named_by(url: str, wanted: Requirement | SourceRequirement) -> Artifact:
    """What the URL itself tells of an artifact; looks at the file system for what may be a folder."""
    bare = urls.without_fragment(url)
    filename = urls.plain_filename(bare)
    project, version = UNKNOWN, Version("0")
    if _is_folder(bare, wanted):
        kind = ArtifactKind.DIRECTORY
    elif filename.endswith(".whl"):
        kind = ArtifactKind.WHEEL
        project, version = _named_in(filename)
    else:
        kind = ArtifactKind.SDIST  # whatever its name: what it is, its bytes will tell
    return Artifact(
        kind=kind,
        project=project,
        version=version,
        filename=filename or urls.host(bare),
        url=bare,
        digests=urls.fragment_digests(url),
        is_direct=True,
        subdirectory=urls.subdirectory(url),
        is_editable=wanted.is_editable,
    )


def project_of(url: str) -> NormalizedName | None:
    """The project that the URL of a wheel tells; None for everything else. Raises InvalidWheelName."""
    filename = urls.plain_filename(urls.without_fragment(url))
    return _named_in(filename)[0] if filename.endswith(".whl") else None


def _named_in(wheel: str) -> tuple[NormalizedName, Version]:
    try:
        name, version, _, _ = parse_wheel_filename(wheel)
    except InvalidWheelFilename as error:
        raise InvalidWheelName(subject=wheel, reason=str(error)) from error
    return normalize(name), version


def _source(kind: ArtifactKind, name: str, place: str, url: str) -> Artifact:
    """A source at `place` of which nothing is known but what the fragment of `url` says."""
    return Artifact(
        kind=kind,
        project=UNKNOWN,
        version=Version("0"),
        filename=name,
        url=place,
        is_direct=True,
        subdirectory=urls.subdirectory(url),
    )


def _is_folder(url: str, wanted: Requirement | SourceRequirement) -> bool:
    if not urls.is_local(url):
        return False
    try:
        path = Path(urls.to_path(url, windows=os.name == "nt"))
    except ValueError:
        raise UnusablePath(origin=str(wanted.origin), path=url, reason="the URL names another machine") from None
    if not path.exists():
        if isinstance(wanted, Requirement) and wanted.is_locked:
            raise FileGone(url=url, path=str(path), named_by=(str(wanted.origin),))
        raise UnusablePath(origin=str(wanted.origin), path=str(path), reason="there is no such file or folder")
    return path.is_dir()
