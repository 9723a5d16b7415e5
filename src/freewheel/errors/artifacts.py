"""The bytes of an artifact are not what they should be."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class ArtifactError(FreewheelError):
    """The bytes of a distribution archive are not what they should be."""

    subject: str


class DigestMismatch(ArtifactError):
    """A file has another digest than the one stated for it; hexadecimal."""

    url: str
    algorithm: str
    expected: str
    found: str


class DigestNotAllowed(ArtifactError):
    """A file has none of the digests that `wanted_by` demands; each as algorithm, colon and hexadecimal digits."""

    url: str
    wanted_by: str
    allowed: tuple[str, ...]
    found: tuple[str, ...]


class BrokenArchive(ArtifactError):
    """A zip or tar file cannot be read, or holds a path that leads out of it."""

    reason: str


class InvalidWheel(ArtifactError):
    """A wheel breaks the binary distribution format; every problem found is listed."""

    problems: tuple[str, ...]


class InvalidWheelName(ArtifactError):
    """A file that somebody named has a wheel's suffix, and no wheel's name; `reason` is a sentence of pip's."""

    reason: str


class PartsDiffer(ArtifactError):
    """A server sent parts of a wheel that are not the wheel's, of which the metadata was read; URL of the wheel."""

    url: str


class UnsupportedWheel(ArtifactError):
    """A wheel is for another interpreter or platform."""

    wheel_tags: tuple[str, ...]
    target: str


class InconsistentMetadata(ArtifactError):
    """The metadata names another project or version than the file name."""

    field: str
    expected: str
    found: str


class OtherProject(InconsistentMetadata):
    """What somebody named by URL or path is another project than was asked for; `origin` says by whom."""

    origin: str
