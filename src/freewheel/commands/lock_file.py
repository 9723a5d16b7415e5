"""Lock files (PEP 751) read: what they have for an environment, as requirements that leave nothing to choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
    PylockValidationError,
)
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from freewheel.commands.lock_names import LockRequest
from freewheel.commands.lock_places import LockPlace
from freewheel.commands.naming import parse_specifier
from freewheel.errors import LockFileError
from freewheel.events import Reporter, Warned
from freewheel.index.page import in_zone, stated_digests
from freewheel.model import digest as digests
from freewheel.model import toml
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.demand import Demand
from freewheel.model.digest import Digest
from freewheel.model.formats import FormatControl
from freewheel.model.requirement import Origin, Requirement
from freewheel.model.target import Target

if TYPE_CHECKING:
    from packaging.markers import Environment

Source: TypeAlias = PackageVcs | PackageDirectory | PackageArchive | PackageWheel | PackageSdist

_NEWEST = Version("1.0")
"""The newest version of the format that is understood in full; later ones of the same major version are readable."""


class LockFiles(Struct, frozen=True, kw_only=True):
    """Reads lock files for a target; `read` gives the text of one (raises RequirementsFileError, NetworkError)."""

    read: Callable[[str, Origin], str]
    place: Callable[[str], LockPlace]
    target: Target
    formats: FormatControl
    reporter: Reporter

    def requirements(self, request: LockRequest) -> list[Requirement]:
        """What a lock file has for the target, each with the file, folder or commit that it names.

        Raises LockFileError, MalformedToml, RequirementsFileError, NetworkError, MalformedRequirement.
        """
        shown = urls.redacted(request.path)
        origin = Origin(text=f"-r {shown}", is_user=True)
        reading = _Reading(shown=shown, origin=origin, place=self.place(request.path))
        lock = self._parsed(self.read(request.path, origin), reading)
        try:
            return [reading.requirement(package, source) for package, source in self._selected(lock, request)]
        except (PylockSelectError, UndefinedComparison, UndefinedEnvironmentName) as error:
            raise reading.unusable(str(error)) from error

    def _parsed(self, text: str, reading: _Reading) -> Pylock:
        try:
            data = toml.parse(text, path=reading.shown, origin=str(reading.origin))
            version = data.get("lock-version")
            if _is_of_other_format(version):
                raise reading.unusable(
                    f"pylock version {version} is not supported; {_NEWEST} is",
                    hint="Take a newer freewheel, or lock again with this one: freewheel lock.",
                )
            if _is_later(version):
                message = f"{reading.shown} is of version {version}, of which only {_NEWEST} is understood in full."
                self.reporter.emit(Warned(message=message))
                data["lock-version"] = str(_NEWEST)
            return Pylock.from_dict(data)
        except PylockValidationError as error:
            raise reading.unusable(str(error)) from error

    def _selected(self, lock: Pylock, request: LockRequest) -> Iterator[tuple[Package, Source]]:
        groups = {*request.groups, *((lock.default_groups or ()) if request.with_default_groups else ())}
        return lock.select(
            environment=cast("Environment", dict(self.target.markers)),
            tags=[Tag(*tag.split("-", 2)) for tag in self.target.tags],
            extras=request.extras,
            dependency_groups=groups,
            prefer_sdist_predicate=lambda name: not self.formats.may_use(ArtifactKind.WHEEL, normalize(name)),
        )


class _Reading(Struct, frozen=True, kw_only=True):
    """One lock file, as it may be shown, and where it is."""

    shown: str
    origin: Origin
    place: LockPlace

    def unusable(self, reason: str, *, hint: str | None = None) -> LockFileError:
        return LockFileError(origin=str(self.origin), path=self.shown, reason=reason, hint=hint)

    def requirement(self, package: Package, source: Source) -> Requirement:
        """A package of the lock file; raises LockFileError, MalformedRequirement."""
        try:
            if isinstance(source, PackageWheel | PackageSdist):
                return self._of_distribution(package, source)
            if isinstance(source, PackageVcs):
                return self._of_repository(package, source)
            if isinstance(source, PackageArchive):
                url = self.place.url(path=source.path, url=source.url)
                allowed = digests.strongest(self._digests(source.hashes))
                return self._direct(package, _with_subdirectory(url, source.subdirectory), allowed)
            folder = self.place.folder(source.path, source.subdirectory)
            return replace(self._direct(package, folder, None), is_editable=bool(source.editable))
        except ValueError as error:
            raise self.unusable(f"{package.name}: {error}") from error

    def _of_distribution(self, package: Package, source: PackageWheel | PackageSdist) -> Requirement:
        is_wheel = isinstance(source, PackageWheel)
        named = parse_wheel_filename(source.filename)[1] if is_wheel else parse_sdist_filename(source.filename)[1]
        stated = self._digests(source.hashes)
        strongest = digests.strongest(stated)
        allowed = frozenset(filter(None, (strongest,)))
        artifact = Artifact(
            kind=ArtifactKind.WHEEL if is_wheel else ArtifactKind.SDIST,
            project=normalize(package.name),
            version=package.version or named,
            filename=source.filename,
            url=self.place.url(path=source.path, url=source.url),
            digests=stated,
            size=source.size,
            upload_time=in_zone(source.upload_time),
            demands=(Demand(allowed=allowed, origin=str(self.origin)),),
        )
        return Requirement(
            name=artifact.project,
            given_name=package.name,
            specifier=SpecifierSet(f"=={artifact.version}"),
            origin=self.origin,
            is_locked=True,
            artifact=artifact,
        )

    def _of_repository(self, package: Package, source: PackageVcs) -> Requirement:
        url = f"{source.type}+{self.place.url(path=source.path, url=source.url)}@{source.commit_id}"
        text = f"{package.name} @ {_with_subdirectory(url, source.subdirectory)}"
        return replace(parse_specifier(text, origin=self.origin), is_locked=True)

    def _direct(self, package: Package, url: str, digest: Digest | None) -> Requirement:
        return Requirement(
            name=normalize(package.name),
            given_name=package.name,
            url=url,
            origin=self.origin,
            digests=() if digest is None else (digest,),
            is_locked=True,
        )

    def _digests(self, hashes: Mapping[str, str]) -> tuple[Digest, ...]:
        """Those that can be computed; ValueError where there is none."""
        found = stated_digests(hashes)
        if not found:
            raise ValueError(f"none of its hashes can be computed: {', '.join(sorted(hashes))}")
        return found


def _with_subdirectory(url: str, subdirectory: str | None) -> str:
    bare = urls.without_fragment(url)
    if not subdirectory:
        return bare
    if PurePosixPath(subdirectory).is_absolute() or ".." in PurePosixPath(subdirectory).parts:
        raise ValueError(f"its subdirectory leads out of it: {subdirectory}")
    return f"{bare}#subdirectory={subdirectory}"


def _is_later(version: object) -> bool:
    try:
        found = Version(str(version))
    except InvalidVersion:
        return False
    return found > _NEWEST and found.major == _NEWEST.major and not found.is_prerelease


def _is_of_other_format(version: object) -> bool:
    """Whether files of this version have other keys, in which there is no use in looking for faults."""
    try:
        return Version(str(version)).major != _NEWEST.major
    except InvalidVersion:
        return False
