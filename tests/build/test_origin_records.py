"""The record of where a built wheel came from: held against the source that the wheel is kept for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freewheel.events import Healed
from freewheel.model import direct_url
from tests.build.workshop import Workshop, sdist_artifact
from tests.support.archives import make_sdist

OTHER = json.dumps({"url": "https://x.example/six-1.0.tar.gz", "archive_info": {"hashes": {"sha256": "0" * 64}}})
WITHOUT = json.dumps({"url": "https://x.example/six-1.0.tar.gz", "archive_info": {}})


@pytest.mark.parametrize("text", [OTHER, WITHOUT, "[]", "no json", '{"url": 1}', "\udcff"])
def test_a_wheel_with_another_record_is_built_again_once(workshop: Workshop, archives: Path, text: str) -> None:
    """Behaviours 108 and 110."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    origin = workshop.run().builder.wheel(artifact).origin
    (record,) = workshop.cache.glob("wheels-v1/*/*/origin.json")
    record.write_text(text, encoding="utf-8", errors="surrogateescape")
    healing = workshop.run()
    assert not healing.builder.wheel(artifact).was_reused
    (healed,) = healing.events(Healed)
    assert isinstance(healed, Healed)
    assert "origin.json" in healed.reason
    assert record.read_text(encoding="utf-8") == direct_url.as_text(origin)
    assert workshop.run().builder.wheel(artifact).was_reused


def test_a_wheel_without_record_is_built_again_once(workshop: Workshop, archives: Path) -> None:
    """Behaviour 108."""
    artifact = sdist_artifact(make_sdist(archives, "six"))
    workshop.run().builder.wheel(artifact)
    (record,) = workshop.cache.glob("wheels-v1/*/*/origin.json")
    record.unlink()
    assert not workshop.run().builder.wheel(artifact).was_reused
    assert record.exists()
    assert workshop.run().builder.wheel(artifact).was_reused
