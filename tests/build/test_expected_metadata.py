"""What other machines know of sdists is looked for ahead: what will be asked for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.build.metadata import SharedEntries, SourceMetadata
from freewheel.build.sharing import Sharing
from freewheel.events import Recorder
from freewheel.index import metadata_record
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata
from freewheel.store.memory import MemoryEntries
from freewheel.store.shared import Address
from tests.build.workshop import Run, Workshop, sdist_artifact
from tests.support.archives import make_sdist


@pytest.fixture
def run(workshop: Workshop) -> Run:
    return workshop.run()


@pytest.fixture
def artifact(archives: Path) -> Artifact:
    return replace(sdist_artifact(make_sdist(archives, "six")), url="https://files.example/six-1.0.tar.gz")


def metadata_of(run: Run, entries: MemoryEntries, asked: list[Address], *, private: str = "") -> SourceMetadata:
    sharing = Sharing(is_private=lambda artifact: artifact.project == private)
    shared = SharedEntries(entries=entries, sharing=sharing, expect=asked.extend)
    return SourceMetadata(
        sources=run.sources, builder=run.builder, entries=entries, reporter=Recorder(), shared=shared
    )


def test_what_is_looked_for_is_what_is_asked_for(run: Run, artifact: Artifact) -> None:
    asked: list[Address] = []
    entries = MemoryEntries(clock=lambda: 0.0)
    metadata = metadata_of(run, entries, asked)
    metadata.expect([artifact])
    (address,) = asked
    told = CoreMetadata(name="six", version="1.0", requires_dist=("attrs",))
    entries.put(*address, metadata_record.to_record(told))
    assert metadata.metadata(artifact) == told
    assert run.archives.fetched == []


def test_what_others_cannot_have_is_not_looked_for(run: Run, artifact: Artifact, archives: Path) -> None:
    asked: list[Address] = []
    metadata = metadata_of(run, MemoryEntries(clock=lambda: 0.0), asked, private="six")
    local = sdist_artifact(make_sdist(archives, "seven"))
    unidentified = replace(artifact, digests=())
    wheel = replace(artifact, kind=ArtifactKind.WHEEL, filename="six-1.0-py3-none-any.whl")
    metadata.expect([artifact, local, unidentified, wheel])
    assert asked == []
    assert run.archives.fetched == []


def test_without_other_machines_nothing_is_even_chosen(run: Run) -> None:
    def choosing() -> Iterator[Artifact]:
        raise AssertionError
        yield

    run.metadata.expect(choosing())
