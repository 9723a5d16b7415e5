from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.errors import BrokenArchive, DigestMismatch, InconsistentMetadata, InvalidWheel, UnexpectedStatus
from freewheel.events import (
    DownloadFinished,
    DownloadStarted,
    Event,
    FileReused,
    Healed,
    Missed,
    Noted,
    Recorder,
    Reused,
)
from freewheel.index.metadata import WheelMetadata
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import sha256_of
from freewheel.net.download import LARGEST_METADATA, Downloads
from freewheel.store.memory import MemoryEntries
from freewheel.store.record import Record
from tests.support.archives import Damage, make_wheel, wheel_metadata
from tests.support.clock import FakeClock
from tests.support.transport import FakeTransport, Script, canned

FILES = "https://files.example/"


@dataclass
class World:
    """An index with one wheel, and a cache that outlives runs."""

    folder: Path
    table: dict[str, Script] = field(default_factory=dict)
    entries: MemoryEntries = field(default_factory=lambda: MemoryEntries(clock=FakeClock()))
    reporter: Recorder = field(default_factory=Recorder)

    def __post_init__(self) -> None:
        self.transport = FakeTransport(self.table)
        self.metadata = self.new_run()

    def new_run(self) -> WheelMetadata:
        downloads = Downloads(transport=self.transport, scratch=lambda: self.folder, reporter=Recorder())
        return WheelMetadata(downloads=downloads, entries=self.entries, reporter=self.reporter)

    def offer(self, wheel: Path, *, has_metadata_file: bool, states_digests: bool = True) -> Artifact:
        url = FILES + wheel.name
        content = wheel.read_bytes()
        self.table[url] = canned(content)
        beside = None
        if has_metadata_file:
            self.table[f"{url}.metadata"] = canned(wheel_metadata(wheel))
            beside = (sha256_of(wheel_metadata(wheel)),) if states_digests else ()
        return Artifact(
            kind=ArtifactKind.WHEEL,
            project=normalize("six"),
            version=Version("1.0"),
            filename=wheel.name,
            url=url,
            digests=(sha256_of(content),) if states_digests else (),
            metadata_digests=beside,
        )

    def asked(self) -> list[str]:
        return [request.url.removeprefix(FILES) for request in self.transport.log]

    def events(self) -> list[Event]:
        events, self.reporter.events = self.reporter.events, []
        return events


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


NAME = "six-1.0-py3-none-any.whl"
REUSED = [FileReused(filename=f"{NAME}.metadata", size=None), Reused(kind="metadata", subject=NAME)]


def wheel_in(folder: Path, *, requires: Sequence[str] = ("a>=1",), broken: Damage | None = None) -> Path:
    return make_wheel(folder, "six", "1.0", requires=requires, broken=broken)


def test_the_file_beside_the_wheel_is_read_and_kept_for_ever(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True)
    metadata = world.metadata.metadata(artifact)
    assert (metadata.name, metadata.version, metadata.requires_dist) == ("six", "1.0", ("a>=1",))
    assert world.asked() == [f"{NAME}.metadata"]
    assert world.new_run().metadata(artifact) == metadata
    assert world.asked() == [f"{NAME}.metadata"]
    url, size = f"{FILES}{NAME}.metadata", len(wheel_metadata(tmp_path / NAME))
    assert world.events() == [
        DownloadStarted(filename=f"{NAME}.metadata", url=url, size=size),
        DownloadFinished(url=url),
        *REUSED,
    ]


def test_without_such_a_file_the_wheel_is_read_and_its_metadata_kept_for_ever(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=False)
    metadata = world.metadata.metadata(artifact)
    assert metadata.requires_dist == ("a>=1",)
    assert world.events() == [Missed(kind="metadata", subject=NAME, reason="nothing is stored for it")]
    assert world.new_run().metadata(artifact) == metadata
    assert world.asked() == [NAME]
    assert world.events() == REUSED


def test_within_a_run_it_is_read_once(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True, states_digests=False)
    assert world.metadata.metadata(artifact) is world.metadata.metadata(artifact)
    assert len(world.asked()) == 1


@pytest.mark.parametrize("has_metadata_file", [True, False])
def test_what_has_no_stated_digest_is_not_kept(world: World, tmp_path: Path, has_metadata_file: bool):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=has_metadata_file, states_digests=False)
    world.metadata.metadata(artifact)
    assert list(world.entries.scan("metadata")) == []


def test_an_index_cannot_foist_metadata_on_another_indexes_wheel(world: World, tmp_path: Path):
    honest = world.offer(wheel_in(tmp_path / "honest"), has_metadata_file=False)
    forged = world.offer(wheel_in(tmp_path / "forged", requires=("evil",)), has_metadata_file=True)
    forged = replace(forged, digests=honest.digests, url=f"{FILES}mirror/{NAME}")
    world.table[f"{FILES}mirror/{NAME}.metadata"] = world.table[f"{FILES}{NAME}.metadata"]
    world.table[honest.url] = canned((tmp_path / "honest" / NAME).read_bytes())
    assert world.metadata.metadata(forged).requires_dist == ("evil",)
    assert world.metadata.metadata(honest).requires_dist == ("a>=1",)
    assert world.new_run().metadata(honest).requires_dist == ("a>=1",)


def test_a_metadata_file_with_another_digest_is_refused_and_not_kept(world: World, tmp_path: Path):
    """Behaviour 51."""
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True)
    world.table[f"{artifact.url}.metadata"] = canned("Name: six\nVersion: 1.0\n")
    with pytest.raises(DigestMismatch):
        world.metadata.metadata(artifact)
    assert list(world.entries.scan("metadata")) == []


def test_a_promised_metadata_file_that_is_absent_is_read_from_the_wheel(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True)
    del world.table[f"{artifact.url}.metadata"]
    assert world.metadata.metadata(artifact).requires_dist == ("a>=1",)
    noted = world.events()[0]
    assert isinstance(noted, Noted)
    assert noted.message == f"{artifact.url}.metadata is promised but absent; the wheel itself is read."


def test_a_server_that_fails_is_an_error(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True)
    world.table[f"{artifact.url}.metadata"] = canned(status=500)
    with pytest.raises(UnexpectedStatus):
        world.metadata.metadata(artifact)
    assert world.asked() == [f"{NAME}.metadata"]


def test_a_damaged_record_is_healed(world: World, tmp_path: Path):
    """Behaviour 65."""
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=False)
    key = artifact.digests[0].value
    world.entries.put("metadata", "six", key, Record(fields={"name": ["six"]}))
    metadata = world.metadata.metadata(artifact)
    assert metadata.requires_dist == ("a>=1",)
    healed, missed = world.events()
    assert isinstance(healed, Healed)
    assert isinstance(missed, Missed)
    assert healed.reason == missed.reason
    assert "damaged" in healed.reason
    assert world.new_run().metadata(artifact) == metadata
    assert world.events() == REUSED


@pytest.mark.parametrize("has_metadata_file", [True, False])
@pytest.mark.parametrize(
    ("broken", "wrong"),
    [("other-name", ("name", "six", "six-other")), ("other-version", ("version", "1.0", "1.0.1"))],
)
def test_metadata_of_another_project_or_version_is_refused_and_not_kept(
    world: World, tmp_path: Path, broken: Damage, wrong: tuple[str, str, str], has_metadata_file: bool
):
    artifact = world.offer(wheel_in(tmp_path, broken=broken), has_metadata_file=has_metadata_file)
    with pytest.raises(InconsistentMetadata) as caught:
        world.metadata.metadata(artifact)
    assert caught.value.subject == NAME
    assert (caught.value.field, caught.value.expected, caught.value.found) == wrong
    assert list(world.entries.scan("metadata")) == []


def test_a_version_that_is_none_is_inconsistent(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True, states_digests=False)
    world.table[f"{artifact.url}.metadata"] = canned("Name: six\nVersion: one\n")
    with pytest.raises(InconsistentMetadata):
        world.metadata.metadata(artifact)


@pytest.mark.parametrize("version", ["1", "v1.0.0"])
def test_versions_are_compared_as_versions(world: World, tmp_path: Path, version: str):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True, states_digests=False)
    world.table[f"{artifact.url}.metadata"] = canned(f"Name: Six\nVersion: {version}\n")
    assert world.metadata.metadata(artifact).version == version


def test_metadata_without_a_name_is_an_invalid_wheel(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path), has_metadata_file=True, states_digests=False)
    world.table[f"{artifact.url}.metadata"] = canned("Version: 1.0\n")
    with pytest.raises(InvalidWheel) as caught:
        world.metadata.metadata(artifact)
    assert caught.value.problems == ("METADATA: it has no Name",)


@pytest.mark.parametrize("broken", ["truncated", "not-a-zip"])
def test_a_wheel_that_is_no_zip_file_is_a_broken_archive(world: World, tmp_path: Path, broken: Damage):
    artifact = world.offer(wheel_in(tmp_path, broken=broken), has_metadata_file=False)
    with pytest.raises(BrokenArchive) as caught:
        world.metadata.metadata(artifact)
    assert caught.value.subject == NAME


def test_a_member_that_cannot_be_unpacked_is_a_broken_archive(world: World, tmp_path: Path):
    wheel = tmp_path / NAME
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("six-1.0.dist-info/METADATA", "Name: six\nVersion: 1.0\n")
    wheel.write_bytes(wheel.read_bytes().replace(b"Version: 1.0", b"Version: 9.9"))
    artifact = world.offer(wheel, has_metadata_file=False)
    with pytest.raises(BrokenArchive):
        world.metadata.metadata(artifact)


@pytest.mark.parametrize("has_metadata_file", [True, False])
def test_metadata_that_is_far_too_long_is_not_read(world: World, tmp_path: Path, has_metadata_file: bool):
    wheel = tmp_path / NAME
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("six-1.0.dist-info/METADATA", "Name: six\nVersion: 1.0\n\n" + " " * LARGEST_METADATA)
    artifact = world.offer(wheel, has_metadata_file=has_metadata_file, states_digests=False)
    with pytest.raises(BrokenArchive) as caught:
        world.metadata.metadata(artifact)
    assert str(LARGEST_METADATA) in caught.value.reason


WITHOUT_LZMA = """\
import sys
sys.modules["lzma"] = None
from freewheel.index.metadata import read_from_wheel
with open(sys.argv[1], "rb") as stream:
    sys.stdout.write(read_from_wheel(stream, filename="six", project="six").decode())
"""


def test_a_python_without_lzma_reads_wheels_too(tmp_path: Path):
    command = [sys.executable, "-c", WITHOUT_LZMA, wheel_in(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Name: six" in done.stdout


def test_a_wheel_without_metadata_is_invalid(world: World, tmp_path: Path):
    artifact = world.offer(wheel_in(tmp_path, broken="no-metadata"), has_metadata_file=False)
    with pytest.raises(InvalidWheel) as caught:
        world.metadata.metadata(artifact)
    assert "0 files" in caught.value.problems[0]


def test_vendored_metadata_is_not_the_wheels_own(world: World, tmp_path: Path):
    files = {
        "six/_vendor/other-1.0.dist-info/METADATA": "Name: other\n",
        "other-1.0.dist-info/METADATA": "Name: other\n",
    }
    wheel = make_wheel(tmp_path, "six", "1.0", files=files)
    assert world.metadata.metadata(world.offer(wheel, has_metadata_file=False)).name == "six"


def test_the_whole_file_is_that_beside_the_wheel_or_in_it(world: World, tmp_path: Path) -> None:
    wheel = wheel_in(tmp_path)
    assert world.metadata.text(world.offer(wheel, has_metadata_file=True)) == wheel_metadata(wheel)
    assert world.asked() == [f"{NAME}.metadata"]
    assert world.new_run().text(world.offer(wheel, has_metadata_file=False)) == wheel_metadata(wheel)
    assert world.asked() == [f"{NAME}.metadata", NAME]


def test_the_whole_file_is_read_from_the_wheel_where_an_index_promises_too_much(world: World, tmp_path: Path) -> None:
    wheel = wheel_in(tmp_path)
    artifact = world.offer(wheel, has_metadata_file=True)
    world.table[f"{artifact.url}.metadata"] = canned(b"", status=404)
    assert world.metadata.text(artifact) == wheel_metadata(wheel)
