"""What a resolution was made of: the key of its inputs, and the record of all that it looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, Final

import msgspec
import packaging
from msgspec import Struct
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from freewheel.events import AlreadySatisfied, Collecting, Event, Noted, Warned
from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName
from freewheel.model.requirement import Requirement
from freewheel.model.resolution import Resolution
from freewheel.model.shape import Shape
from freewheel.model.target import Target
from freewheel.resolve.candidates import Usable
from freewheel.resolve.hash_checking import HashChecking
from freewheel.resolve.protocol import Installed

FORMAT: Final = 1
"""Which changes with the fields of a memo and with what the resolver does with equal inputs."""

_SAID: Final = {kind.__name__: kind for kind in (Collecting, AlreadySatisfied, Noted, Warned)}
"""What a resolver says that a person is told again; which files it passed over is told by searching alone."""


class ProjectSeen(Struct, frozen=True, kw_only=True):
    """A project whose pages were read.

    `digests` are what the pages said, None where only a look at them tells that; `usable` is a digest of the
    artifacts among theirs that could have been chosen. `has_to_be_read` as `ArtifactSource` tells it.
    """

    project: NormalizedName
    digests: tuple[str, ...] | None
    usable: str
    has_to_be_read: bool = False


class InstalledSeen(Struct, frozen=True, kw_only=True):
    """A project that was looked for in the environment: what was there, None for nothing.

    `metadata` is a digest of its core metadata, where that was read.
    """

    project: NormalizedName
    found: str | None
    metadata: str | None = None


class FileSeen(Struct, frozen=True, kw_only=True):
    """An archive on this machine whose digest nobody states; `state` tells whether it is still the same."""

    url: str
    state: str


class Said(Struct, frozen=True, kw_only=True):
    """An event that the resolver emitted: the name of its class, and its fields."""

    kind: str
    fields: dict[str, Any]


class Memo(Struct, frozen=True, kw_only=True):
    """A resolution, and everything it depends on besides the inputs in its key.

    `unconfirmed` are the chosen artifacts whose metadata was not held against the whole of them.
    """

    resolution: Resolution
    projects: tuple[ProjectSeen, ...] = ()
    installed: tuple[InstalledSeen, ...] = ()
    files: tuple[FileSeen, ...] = ()
    unconfirmed: tuple[Artifact, ...] = ()
    said: tuple[Said, ...] = ()


def _unknown(value: object) -> str:
    if isinstance(value, Version | SpecifierSet | Marker):
        return str(value)
    raise NotImplementedError(type(value))


def _known(kind: type, value: Any) -> Any:
    return kind(value)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_unknown)
_CANONICAL = msgspec.json.Encoder(enc_hook=_unknown, order="deterministic")
_MEMO = Shape(Memo, read=_known)


def key(
    requirements: Sequence[Requirement],
    constraints: Sequence[Requirement],
    *,
    target: Target,
    options: Struct,
    hash_checking: HashChecking,
    there: Sequence[str | None],
    builds: Mapping[str, object],
    program_version: str,
) -> str | None:
    """The digest of everything that is known before anything is looked at; None where that is no text.

    `there` are the identities of what is installed of each requirement's project: an environment that has all and one
    that has nothing do not take one another's place. `builds` is what the metadata of sources may depend on. The
    order of what is asked for counts: it decides among equals, and what is told.
    """
    demanded = (
        hash_checking.is_required,
        hash_checking.spares_locked,
        hash_checking.of_projects,
        hash_checking.of_urls,
    )
    versions = (FORMAT, program_version, packaging.__version__, _search_library())
    inputs = (versions, requirements, constraints, target, options, demanded, there, builds)
    try:
        return hashlib.sha256(_CANONICAL.encode(inputs)).hexdigest()
    except UnicodeEncodeError:  # bytes of a variable or of a file's name that are no UTF-8
        return None


@cache
def _search_library() -> str:
    """What tells one version of resolvelib from another; loading it for that would take ten times as long."""
    spec = find_spec("resolvelib")
    read = getattr(spec and spec.loader, "get_data", None)  # a file's or an archive's loader has it
    if spec is None or read is None:
        from resolvelib import __version__

        return __version__
    return hashlib.sha256(read(spec.origin)).hexdigest()


def to_bytes(memo: Memo) -> bytes:
    """A memo as MessagePack; ValueError where it has what is no text."""
    return _ENCODER.encode(memo)


def from_bytes(data: bytes) -> Memo:
    """What `to_bytes` was given; ValueError for any other bytes."""
    return _MEMO.from_msgpack(data)


def digest_of_usable(usable: Iterable[Usable]) -> str:
    """A digest of artifacts that could be chosen, in their order."""
    return hashlib.sha256(_CANONICAL.encode([one.artifact for one in usable])).hexdigest()


def digest_of_metadata(metadata: CoreMetadata) -> str:
    """A digest of what installing needs of a distribution's metadata."""
    return hashlib.sha256(_CANONICAL.encode(metadata)).hexdigest()


def identity_of(installed: Installed | None) -> str | None:
    """What tells an installed distribution from another; None for none."""
    if installed is None:
        return None
    kind = "editable" if installed.is_editable else ""
    return "\n".join((installed.name, installed.version, installed.location, installed.source, kind))


def said(event: Event) -> Said | None:
    """An event to be told again; None for those that are not."""
    kind = type(event).__name__
    return Said(kind=kind, fields=msgspec.structs.asdict(event)) if kind in _SAID else None


def told_again(one: Said) -> Event | None:
    """The event; None where it is of another version's shape."""
    try:
        return _SAID[one.kind](**one.fields)
    except (KeyError, TypeError):
        return None
