"""What somebody asks for, and who."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from msgspec import Struct, field
from msgspec.structs import replace
from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as ParsedRequirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from freewheel.errors import MalformedRequirement
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, NormalizedName, normalize
from freewheel.model.config_settings import ConfigSettings
from freewheel.model.digest import Digest, strongest

_UNFINISHED = re.compile(r"(===|[=<>!~]=|[<>])\s*(?=[,;)]|$)")

NO_URL = "its URL cannot be taken apart"
"""What is wrong with a URL such as `https://[example.org/`."""


class Origin(Struct, frozen=True, kw_only=True):
    """Who asked: the command line, a line of a file, or a project that depends on something.

    `is_user` tells what a person asked for (it gets a REQUESTED file) from a dependency.
    """

    text: str
    is_user: bool = False

    def __str__(self) -> str:
        return self.text


COMMAND_LINE = Origin(text="the command line", is_user=True)


def file_origin(path: str, line: int, *, option: str = "-r") -> Origin:
    """The origin of what stands on a line of a requirements (`-r`) or constraints (`-c`) file."""
    return Origin(text=f"{option} {path} (line {line})", is_user=True)


class Requirement(Struct, frozen=True, kw_only=True):
    """A project, and which versions of it, asked for by somebody (PEP 508). As text it is without passwords.

    `url` is a direct reference (an absolute URL); `digests` are those of `--hash`, one of which the artifact shall
    have. `config_settings` are for this project's build alone. `is_editable` asks for an editable installation (PEP
    660). `is_locked` says that a lock file (PEP 751) asks for it, and so for everything that it needs; `artifact` is
    then the wheel or sdist that stands there.
    """

    name: NormalizedName
    given_name: str
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    extras: frozenset[NormalizedName] = frozenset()
    marker: Marker | None = None
    url: str | None = None
    origin: Origin = COMMAND_LINE
    digests: tuple[Digest, ...] = ()
    config_settings: ConfigSettings = ()
    is_editable: bool = False
    is_locked: bool = False
    artifact: Artifact | None = None

    def __str__(self) -> str:
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        if self.url is not None:
            return f"{self.given_name}{extras} @ {urls.redacted(self.url)}"
        return f"{self.given_name}{extras}{self.specifier}"

    def is_met_by(self, version: str) -> bool:
        """Whether a version that is there fits, pre-release or not; what is no version fits where any does.

        >>> [parse("six>=1").is_met_by(version) for version in ("2.0rc1", "0.9", "today")]
        [True, False, False]
        """
        try:
            return self.specifier.contains(Version(version), prereleases=True)
        except InvalidVersion:
            return not self.specifier

    def without_extras(self) -> Requirement:
        """The same without extras: what the project itself must fulfil."""
        return replace(self, extras=frozenset())

    def without_versions(self) -> str:
        """The project with its extras, as text."""
        return str(replace(self, specifier=SpecifierSet(), url=None))


class SourceRequirement(Struct, frozen=True, kw_only=True):
    """A file or folder asked for by path or URL, whose project's name may not be known yet."""

    url: str
    given: str
    extras: frozenset[NormalizedName] = frozenset()
    marker: Marker | None = None
    origin: Origin = COMMAND_LINE
    digests: tuple[Digest, ...] = ()
    config_settings: ConfigSettings = ()
    is_editable: bool = False


def in_full(requirement: Requirement) -> str:
    """Everything that a requirement says of what may be chosen, as text without passwords: for a key."""
    marker = "" if requirement.marker is None else f"; {requirement.marker}"
    return " ".join((f"{requirement}{marker}", *sorted(f"--hash={digest}" for digest in requirement.digests)))


def allowed_digests(requirement: Requirement | SourceRequirement) -> frozenset[Digest]:
    """What the artifact of a requirement may have for a digest; empty where nothing is demanded.

    One in the URL's fragment counts like those of `--hash` where a person wrote the URL, as in pip.
    """
    written = strongest(urls.fragment_digests(requirement.url or "")) if requirement.origin.is_user else None
    return frozenset((*requirement.digests, *filter(None, (written,))))


def applies(
    requirement: Requirement | SourceRequirement,
    environment: Mapping[str, str],
    *,
    extras: Collection[NormalizedName] = (),
) -> bool:
    """Whether a requirement counts in a marker environment (PEP 508), for a project with any of `extras`.

    Raises MalformedRequirement for a marker that compares what cannot be compared.
    """
    marker = requirement.marker
    if marker is None:
        return True
    try:
        return any(marker.evaluate({**environment, "extra": extra}) for extra in sorted(extras) or ("",))
    except (UndefinedComparison, UndefinedEnvironmentName) as error:
        shown = requirement if isinstance(requirement, Requirement) else requirement.given
        raise MalformedRequirement(
            origin=str(requirement.origin), text=f"{shown}; {marker}", reason=f"its marker makes no sense: {error}"
        ) from error


def parse(text: str, *, origin: Origin = COMMAND_LINE) -> Requirement:
    """Read a dependency specifier (PEP 508); raises MalformedRequirement.

    >>> str(parse("Rich[jupyter]>=13"))
    'Rich[jupyter]>=13'
    """
    try:
        parsed = ParsedRequirement(text)
    except InvalidRequirement as error:
        raise MalformedRequirement(
            origin=str(origin), text=text, reason=str(error).partition("\n")[0], hint=_hint(text)
        ) from error
    if parsed.url is not None and not urls.is_well_formed(parsed.url):
        raise MalformedRequirement(origin=str(origin), text=text, reason=NO_URL)
    return Requirement(
        name=normalize(parsed.name),
        given_name=parsed.name,
        specifier=parsed.specifier,
        extras=frozenset(normalize(extra) for extra in parsed.extras),
        marker=parsed.marker,
        url=parsed.url,
        origin=origin,
    )


def _hint(text: str) -> str | None:
    if text.startswith(".") or "/" in text.partition("=")[0]:
        return "If this is a path, it does not exist; check the spelling and the current folder."
    if "=" in text and not any(operator in text for operator in ("==", ">=", "<=", "!=", "~=")):
        return "= is not a valid operator. Did you mean == ?"
    unfinished = _UNFINISHED.search(text)
    if unfinished is not None:
        return f"A version has to follow {unfinished[1]}; without the operator any version will do."
    return None
