"""Times in trees."""

from __future__ import annotations

import hashlib

from freewheel.model.digest import Digest
from freewheel.store.trees import tree_mtime

BEGIN_OF_ZIP_TIME = 315_532_800 + 86_400
FIRST_SUPPORTED_PYTHON = 1_600_000_000


def test_the_time_comes_from_the_digest_alone() -> None:
    """Bytecode in environments depends on it: another number needs another version of the format."""
    assert tree_mtime(Digest(algorithm="sha256", value="0123456" + "f" * 57)) == 1_073_741_824 + 0x0123456


def test_every_time_lies_between_the_first_that_zip_knows_and_the_past() -> None:
    for value in ("0" * 64, "f" * 64):
        assert BEGIN_OF_ZIP_TIME < tree_mtime(Digest(algorithm="sha256", value=value)) < FIRST_SUPPORTED_PYTHON


def test_different_wheels_have_different_times() -> None:
    wheels = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(2000)]
    assert len({tree_mtime(Digest(algorithm="sha256", value=value)) for value in wheels}) == len(wheels)
