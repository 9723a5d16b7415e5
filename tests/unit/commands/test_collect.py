"""Files put where a person wants them."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from msgspec.structs import replace

from freewheel.commands.collect import Collector
from freewheel.commands.existing import Existing
from freewheel.commands.wheels import ReadyWheel, Wheels
from freewheel.errors import InTheWay, NotWritable
from freewheel.events import Event, Noted, Recorder, Saved
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.digest import Digest, sha256_of
from freewheel.model.requirement import Requirement, parse
from freewheel.model.resolution import Pin, Resolution
from freewheel.resolve.resolver import Resolver
from tests.unit.commands.pins import artifact, pin

CONTENT = b"the bytes of a wheel"


@dataclass
class FakeResolver:
    """Finds what it was made with."""

    pins: Sequence[Pin]

    def resolve(self, wanted: Sequence[Requirement], *, constraints: Sequence[Requirement]) -> Resolution:
        assert (len(wanted), len(constraints)) == (1, 0)
        return Resolution(pins=tuple(self.pins))


@dataclass(frozen=True)
class FakeDownload:
    artifact: Artifact
    open: Callable[[], BinaryIO]
    digest: Digest = field(default_factory=lambda: sha256_of(CONTENT))


@dataclass
class FakeWheels:
    """Has every file and builds every wheel; `read` gives their bytes."""

    read: Callable[[], BinaryIO] = field(default=lambda: io.BytesIO(CONTENT))

    def fetch(self, artifacts: Sequence[Artifact]) -> list[FakeDownload]:
        return [FakeDownload(artifact, self.read) for artifact in artifacts]

    def ready(self, pins: Sequence[Pin]) -> list[ReadyWheel]:
        return [
            ReadyWheel(
                pin=one,
                artifact=cast("Artifact", one.artifact),
                filename=f"{one.name}-1.0-py3-none-any.whl",
                digest=sha256_of(CONTENT),
                origin=direct_url.of_editable("file:///x"),
                open=self.read,
            )
            for one in pins
        ]


@dataclass
class Collecting:
    folder: Path
    pins: Sequence[Pin]
    wheels: FakeWheels = field(default_factory=FakeWheels)
    reporter: Recorder = field(default_factory=Recorder)
    sources: Path = Path("absent")
    actions: tuple[str, ...] = ()

    def collector(self) -> Collector:
        return Collector(
            resolver=cast("Resolver", FakeResolver(self.pins)),
            wheels=cast("Wheels", self.wheels),
            source_of=lambda artifact: self.sources / artifact.filename,
            existing=Existing(actions=self.actions),
            folder=self.folder,
            shown="./files",
            reporter=self.reporter,
        )

    def download(self) -> list[Event]:
        self.collector().download([parse("any")], [])
        return self.reporter.events


KINDS = (ArtifactKind.WHEEL, ArtifactKind.SDIST, ArtifactKind.DIRECTORY)
ALL_KINDS = [pin(artifact(name, kind)) for name, kind in zip("abc", KINDS, strict=True)]


def test_a_download_is_what_the_index_has_and_a_folder_is_built(tmp_path: Path) -> None:
    """Behaviour 102."""
    names = ["a-1.0-py3-none-any.whl", "b-1.0.tar.gz", "c-1.0-py3-none-any.whl"]
    told = Collecting(tmp_path / "new" / "files", ALL_KINDS).download()
    assert {path.name: path.read_bytes() for path in (tmp_path / "new" / "files").iterdir()} == dict.fromkeys(
        names, CONTENT
    )
    assert told == [Saved(path=f"./files/{name}") for name in names]


def test_a_wheel_is_made_of_everything(tmp_path: Path) -> None:
    Collecting(tmp_path, ALL_KINDS).collector().build([parse("any")], [])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}-1.0-py3-none-any.whl" for name in "abc"]


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    target = tmp_path / "a-1.0-py3-none-any.whl"
    target.write_bytes(CONTENT)
    told = Collecting(tmp_path, ALL_KINDS[:1], FakeWheels(read=lambda: pytest.fail("it was read"))).download()
    assert told == [Noted(message=f"  File was already downloaded {target}", verbosity=0)]


def test_another_file_of_that_name_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a-1.0-py3-none-any.whl"
    target.write_bytes(b"something else")
    Collecting(tmp_path, ALL_KINDS[:1]).download()
    assert target.read_bytes() == CONTENT


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_a_file_has_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        Collecting(tmp_path, ALL_KINDS[:1]).download()
    finally:
        os.umask(before)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


class Breaking(io.BytesIO):
    """Ends in an error after its first bytes."""

    def read(self, _size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(4)


def test_half_a_file_stays_under_no_name(tmp_path: Path) -> None:
    with pytest.raises(NotWritable) as caught:
        Collecting(tmp_path, ALL_KINDS[:1], FakeWheels(read=lambda: Breaking(CONTENT))).download()
    assert caught.value.reason == "Input/output error"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_that_name_stays(tmp_path: Path) -> None:
    (tmp_path / "a-1.0-py3-none-any.whl" / "inside").mkdir(parents=True)
    with pytest.raises(NotWritable):
        Collecting(tmp_path, ALL_KINDS[:1]).download()
    assert [path.name for path in tmp_path.iterdir()] == ["a-1.0-py3-none-any.whl"]


def with_sources(folder: Path) -> Path:
    (folder / "six" / ".git").mkdir(parents=True)
    (folder / "six" / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    (folder / "six" / "six.py").write_bytes(CONTENT)
    (folder / "six" / "leads-nowhere").symlink_to("absent")
    return folder


COMMIT = pin(artifact("six", ArtifactKind.REPOSITORY), "Six")


def test_a_commit_is_archived_under_the_name_that_was_asked_for(tmp_path: Path) -> None:
    collecting = Collecting(tmp_path / "files", [COMMIT], sources=with_sources(tmp_path))
    assert collecting.download() == [Saved(path="./files/Six-1.0.zip")]
    with zipfile.ZipFile(tmp_path / "files" / "Six-1.0.zip") as archive:
        assert sorted(archive.namelist()) == ["Six/.git/", "Six/.git/HEAD", "Six/six.py"]
        assert archive.read("Six/six.py") == CONTENT


def test_what_a_file_has_as_editable_is_archived_as_well(tmp_path: Path) -> None:
    editable = pin(replace(artifact("six", ArtifactKind.DIRECTORY), is_editable=True))
    collecting = Collecting(tmp_path / "files", [editable], sources=with_sources(tmp_path))
    assert collecting.download() == [Saved(path="./files/six-1.0.zip")]


@pytest.mark.parametrize(
    ("action", "names"),
    [
        ("i", {"Six-1.0.zip": False}),
        ("w", {"Six-1.0.zip": True}),
        ("b", {"Six-1.0.zip": True, "Six-1.0.zip.bak": False}),
    ],
)
def test_an_archive_that_is_there_is_dealt_with_as_was_said(
    tmp_path: Path, action: str, names: dict[str, bool]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "Six-1.0.zip").write_bytes(b"before")
    Collecting(files, [COMMIT], sources=with_sources(tmp_path), actions=("s", action)).download()
    assert {path.name: path.read_bytes() != b"before" for path in files.iterdir()} == names


@pytest.mark.parametrize(("actions", "choices"), [((), ("i", "w", "b", "a")), (("a",), ())])
def test_an_archive_that_is_there_stays_where_nobody_says_otherwise(
    tmp_path: Path, actions: tuple[str, ...], choices: tuple[str, ...]
) -> None:
    (tmp_path / "Six-1.0.zip").write_bytes(b"before")
    with pytest.raises(InTheWay) as caught:
        Collecting(tmp_path, [COMMIT], sources=with_sources(tmp_path), actions=actions).download()
    assert caught.value.choices == choices
    assert (tmp_path / "Six-1.0.zip").read_bytes() == b"before"
