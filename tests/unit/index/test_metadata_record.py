"""Core metadata as it is kept, and what tells two readings of it apart."""

from __future__ import annotations

from freewheel.index.metadata_record import differences
from freewheel.model.artifact import CoreMetadata


def test_metadata_counts_field_by_field() -> None:
    old = CoreMetadata(name="six", version="1.0", metadata_version="2.1")
    assert differences(old, old) == ()
    new = CoreMetadata(name="six", version="1.0", metadata_version="2.1", requires_python=">=3.9")
    assert differences(old, new) == ("requires_python: None -> '>=3.9'",)
