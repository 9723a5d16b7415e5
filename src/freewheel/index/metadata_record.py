"""Core metadata as it is kept."""

from __future__ import annotations

from dataclasses import asdict

import msgspec

from freewheel.model.artifact import CoreMetadata
from freewheel.store.record import Record


def to_record(metadata: CoreMetadata) -> Record:
    """What is kept of it."""
    return Record(fields=asdict(metadata))


def from_record(record: Record) -> CoreMetadata:
    """What `to_record` made a record of; ValueError when it is shaped otherwise."""
    try:
        return msgspec.convert(record.fields, CoreMetadata)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
