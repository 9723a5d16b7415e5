"""Which artifacts of a project may be chosen for a target, and which first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct, field
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from freewheel.errors import UploadTimeUnknown
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.demand import Demand, are_met
from freewheel.model.formats import FormatControl
from freewheel.model.releases import ReleaseControl
from freewheel.model.target import Target

BuildTag = tuple[int, str] | tuple[()]
"""A wheel's build number and what follows it; empty where there is none, which comes before any."""

_BUILD_NUMBER = re.compile(r"(\d+)(.*)")

RejectionKind = Literal["format", "tags", "python", "uploaded", "invalid"]


class Rejection(Struct, frozen=True, kw_only=True):
    """An artifact that cannot be chosen; `reason` is a clause that a person can read."""

    artifact: Artifact
    kind: RejectionKind
    reason: str


class Selection(Struct, frozen=True, kw_only=True):
    """How artifacts are chosen among those that fit; with `uploaded_before` only what is older than that."""

    formats: FormatControl = field(default_factory=FormatControl)
    releases: ReleaseControl = field(default_factory=ReleaseControl)
    prefer_binary: bool = False
    ignore_requires_python: bool = False
    uploaded_before: datetime | None = None


class Usable(Struct, frozen=True, kw_only=True):
    """An artifact that fits the target. `tag_rank` is 0 for the most specific wheel tag, larger for others, and the
    number of tags for an sdist; `build_tag` as in the wheel's name."""

    artifact: Artifact
    tag_rank: int
    build_tag: BuildTag = ()


class Assessment(Struct, frozen=True, kw_only=True):
    """All that indexes offer of a project, in their order, parted into what fits the target and what does not."""

    usable: tuple[Usable, ...]
    rejected: tuple[Rejection, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """Versions that fit and are not yanked, ascending."""
        return _versions(usable.artifact for usable in self.usable if usable.artifact.yanked is None)

    @property
    def yanked_versions(self) -> tuple[str, ...]:
        """Versions that fit and of which a file is yanked, ascending."""
        return _versions(usable.artifact for usable in self.usable if usable.artifact.yanked is not None)


def _versions(artifacts: Iterable[Artifact]) -> tuple[str, ...]:
    return tuple(str(version) for version in sorted({artifact.version for artifact in artifacts}))


class Assessor(Struct, frozen=True):
    """Holds artifacts against a target; made once a run, because ranking tags costs a table."""

    target: Target
    selection: Selection
    _ranks: Mapping[str, int]
    _pythons: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def create(cls, *, target: Target, selection: Selection) -> Assessor:
        """An assessor with the table of the target's tags."""
        ranks: dict[str, int] = {}
        for rank, tag in enumerate(target.tags):
            ranks.setdefault(tag, rank)
        return cls(target=target, selection=selection, _ranks=ranks)

    def assess(self, artifacts: Iterable[Artifact]) -> Assessment:
        """Part artifacts into usable and rejected; each costs microseconds.

        Raises UploadTimeUnknown where the time of upload decides and is not stated.
        """
        usable: list[Usable] = []
        rejected: list[Rejection] = []
        for artifact in artifacts:
            verdict = self._assess_one(artifact)
            if isinstance(verdict, Usable):
                usable.append(verdict)
            else:
                rejected.append(verdict)
        return Assessment(usable=tuple(usable), rejected=tuple(rejected))

    def _assess_one(self, artifact: Artifact) -> Usable | Rejection:
        if not self.selection.formats.may_use(artifact.kind, artifact.project):
            unwanted = "wheels" if artifact.kind is ArtifactKind.WHEEL else "sdists"
            return Rejection(artifact=artifact, kind="format", reason=f"{unwanted} are not wanted for it")
        rank: int | None = len(self._ranks)
        build_tag: BuildTag = ()
        if artifact.kind is ArtifactKind.WHEEL:
            parsed = wheel_tags(artifact.filename)
            if parsed is None:
                return Rejection(artifact=artifact, kind="invalid", reason="its file name is no wheel's")
            tags, build_tag = parsed
            rank = min((self._ranks[tag] for tag in tags if tag in self._ranks), default=None)
        if rank is None:
            return Rejection(artifact=artifact, kind="tags", reason="it is for another interpreter or platform")
        if not self._is_old_enough(artifact):
            return Rejection(artifact=artifact, kind="uploaded", reason=f"it was uploaded at {artifact.upload_time}")
        if not self._python_fits(artifact.requires_python):
            return Rejection(
                artifact=artifact, kind="python", reason=f"it requires Python {artifact.requires_python}"
            )
        return Usable(artifact=artifact, tag_rank=rank, build_tag=build_tag)

    def _is_old_enough(self, artifact: Artifact) -> bool:
        """As in pip, what lies here or was named by URL always is, and an index that states no times fails."""
        limit = self.selection.uploaded_before
        if limit is None or artifact.is_direct or urls.is_local(artifact.url):
            return True
        if artifact.upload_time is None:
            raise UploadTimeUnknown(filename=artifact.filename, page=artifact.listed_at)
        return artifact.upload_time < limit

    def _python_fits(self, requires_python: str | None) -> bool:
        if self.selection.ignore_requires_python or not requires_python:
            return True
        known = self._pythons.get(requires_python)
        if known is None:
            known = self._pythons[requires_python] = self._is_inside(requires_python)
        return known

    def _is_inside(self, requires_python: str) -> bool:
        try:
            return SpecifierSet(requires_python).contains(self.target.python_release, prereleases=True)
        except InvalidSpecifier:
            return True  # an index's typing error excludes nobody; the file's own metadata decides


def wheel_tags(filename: str) -> tuple[list[str], BuildTag] | None:
    """The tags and the build number of a wheel's file name (PEP 425, 427); None when it is no wheel's.

    A page has thousands of names, so they are not parsed further: `packaging` takes five times as long.

    >>> wheel_tags("six-1.0-1b-py2.py3-none-any.whl")
    (['py2-none-any', 'py3-none-any'], (1, 'b'))
    """
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) not in (5, 6):
        return None
    build_tag: BuildTag = ()
    if len(parts) == 6:
        number = _BUILD_NUMBER.match(parts[2])
        if number is None:
            return None
        build_tag = (int(number[1]), number[2])
    pythons, abis, platforms = (part.lower().split(".") for part in parts[-3:])
    return [f"{python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms], build_tag


def order(
    usable: Sequence[Usable],
    specifier: SpecifierSet,
    *,
    selection: Selection,
    demands: Sequence[Demand] = (),
) -> Iterator[Usable]:
    """Those of a project that fulfil `specifier`, the best first.

    The higher version first; within a version wheels by tag and build number, then the sdist; of equals the one that
    was offered last. Pre-releases count where the specifier names one or nothing else is there, unless somebody said
    of the project that they do, or do not. A yanked release counts only when a pin (`==`, `===`) leaves nothing else
    (PEP 592). What is stated to have a digest that is demanded comes before everything else.
    """
    if not usable:
        return
    prereleases = selection.releases.takes_prereleases(usable[0].artifact.project)
    fitting = list(specifier.filter(usable, prereleases=prereleases, key=lambda one: one.artifact.version))
    fitting = _not_excluded_by_digest(fitting, demands)
    yanked_only = all(one.artifact.yanked is not None for one in fitting)
    fitting.reverse()
    fitting.sort(key=lambda one: _rank(one, selection))
    if demands:
        fitting.sort(key=lambda one: not are_met(demands, one.artifact.digests))
    for one in fitting:
        if one.artifact.yanked is None or (yanked_only and is_pinned(specifier)):
            yield one


def _not_excluded_by_digest(fitting: list[Usable], demands: Sequence[Demand]) -> list[Usable]:
    """What may still be chosen, by pip's rule.

    Where something states the digests that are demanded, what states others is out of the question. Where nothing
    does, nothing is: then the bytes decide, and the error can say what they were.
    """
    if not any(are_met(demands, one.artifact.digests) for one in fitting):
        return fitting
    return [one for one in fitting if not one.artifact.digests or are_met(demands, one.artifact.digests)]


def best(usable: Sequence[Usable], *, selection: Selection) -> Usable | None:
    """The first by the order that `order` gives, of all; None of none."""
    return min(reversed(usable), key=lambda one: _rank(one, selection), default=None)


def is_pinned(specifier: SpecifierSet) -> bool:
    """Whether a specifier names one version: `===`, or `==` without wildcard.

    >>> is_pinned(SpecifierSet("==1.0")), is_pinned(SpecifierSet("==1.*"))
    (True, False)
    """
    return any(
        one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*")) for one in specifier
    )


class _Descending(Struct, frozen=True):
    """Turns an order round, for sorts that must stay stable."""

    version: Version
    tag_rank: int
    build_tag: BuildTag

    def __lt__(self, other: _Descending) -> bool:
        if self.version != other.version:
            return self.version > other.version
        if self.tag_rank != other.tag_rank:
            return self.tag_rank < other.tag_rank
        return self.build_tag > other.build_tag


def _rank(one: Usable, selection: Selection) -> tuple[bool, bool, _Descending]:
    is_source = selection.prefer_binary and one.artifact.kind is not ArtifactKind.WHEEL
    best_first = _Descending(version=one.artifact.version, tag_rank=one.tag_rank, build_tag=one.build_tag)
    return (one.artifact.yanked is not None, is_source, best_first)
