"""Wheels that come from elsewhere: from other machines that share theirs, or from another program's cache."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from freewheel.build.build_record import BuildRecord
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import BuildInputs
from freewheel.model.artifact import Artifact
from freewheel.store.protocol import Miss


class OtherWheel(Struct, frozen=True, kw_only=True):
    """A wheel in the folder `place` of another cache that could be ours.

    `backend` is what the wheel says made it, `built_at` is in seconds since the epoch.
    """

    wheel: SoundWheel
    backend: str
    built_at: float
    place: str


class SharedWheel(Struct, frozen=True, kw_only=True):
    """A wheel that another machine built, in the scratch of this run, and what it says of that."""

    wheel: SoundWheel
    record: BuildRecord


class SharedWheels(Protocol):
    """Wheels that several machines build for one another."""

    def expect(self, sources: Iterable[tuple[Artifact, BuildInputs]]) -> None:
        """Begin to look for the wheels of sources that will be asked for; returns at once."""

    def find(self, artifact: Artifact, inputs: BuildInputs) -> SharedWheel | Miss:
        """The wheel of a source, or why none came."""

    def offer(
        self, artifact: Artifact, inputs: BuildInputs, wheel: SoundWheel, record: BuildRecord, *, replaces: bool
    ) -> None:
        """Give a wheel that was built here to the others; returns at once."""


class OtherWheels(Protocol):
    """Another program's cache of built wheels."""

    def find(self, artifact: Artifact, inputs: BuildInputs) -> OtherWheel | Miss | None:
        """The wheel of a source, or why it is not used; None where there is none."""
