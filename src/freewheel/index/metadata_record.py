"""Core metadata as it is kept."""

from __future__ import annotations

import msgspec
from msgspec.structs import asdict

from freewheel.model.artifact import CoreMetadata
from freewheel.model.shape import Shape
from freewheel.store.record import Record

_METADATA = Shape(CoreMetadata)


def to_record(metadata: CoreMetadata) -> Record:
    """What is kept of it."""
    return Record(fields=asdict(metadata))


def from_record(record: Record) -> CoreMetadata:
    """What `to_record` made a record of; ValueError when it is shaped otherwise."""
    try:
        return _METADATA.of(record.fields)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def differences(kept: CoreMetadata, made: CoreMetadata) -> tuple[str, ...]:
    """The fields of `made` that differ from `kept`, old against new."""
    old, new = asdict(kept), asdict(made)
    return tuple(f"{name}: {old[name]!r} -> {new[name]!r}" for name in new if old[name] != new[name])
