"""Wheels and sdists as tests make them are what the specifications say, and wrong only where asked."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path
from typing import get_args

import pytest
from installer.sources import WheelFile
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from tests.support.archives import Damage, make_sdist, make_wheel, wheel_metadata
from tests.support.sources import SdistDamage, make_project_dir


def test_a_wheel_with_everything_in_it_is_valid(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        "Foo.Bar",
        "1.2",
        requires=["demo>=1"],
        requires_python=">=3.8",
        extras={"quick": ["fast; python_version > '3'", "faster"]},
        files={"foo/__init__.py": "", "foo/data.bin": b"\x00\xff"},
        entry_points={"console_scripts": {"foo": "foo:main"}},
        scripts={"tool": "#!python\n"},
        headers={"foo.h": ""},
        data={"data/share/foo.txt": "text", "platlib/bar.py": ""},
        build="3",
        tag="py2.py3-none-any",
    )
    name, version, build, tags = parse_wheel_filename(wheel.name)
    assert (name, str(version), build, len(tags)) == ("foo-bar", "1.2", (3, ""), 2)
    with WheelFile.open(wheel) as source:
        source.validate_record()
        assert source.dist_info_filenames == ["METADATA", "WHEEL", "entry_points.txt", "RECORD"]
    metadata = Metadata.from_email(wheel_metadata(wheel))
    assert (metadata.name, str(metadata.version), str(metadata.requires_python)) == ("Foo.Bar", "1.2", ">=3.8")
    assert [str(requirement) for requirement in metadata.requires_dist or ()] == [
        "demo>=1",
        'fast; python_version > "3" and extra == "quick"',
        'faster; extra == "quick"',
    ]


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    pairs = [(make_wheel(tmp_path / side, "demo"), make_sdist(tmp_path / side, "demo")) for side in ("a", "b")]
    assert [path.read_bytes() for path in pairs[0]] == [path.read_bytes() for path in pairs[1]]


@pytest.mark.parametrize("broken", get_args(Damage))
def test_each_damage_makes_another_wheel_under_the_same_name(tmp_path: Path, broken: Damage) -> None:
    sound, damaged = make_wheel(tmp_path / "sound", "demo"), make_wheel(tmp_path / "bad", "demo", broken=broken)
    assert damaged.name == sound.name
    assert damaged.read_bytes() != sound.read_bytes()


@pytest.mark.parametrize("broken", ["wrong-digest", "not-in-record", "no-record"])
def test_damage_to_the_record_is_found_by_a_validator(tmp_path: Path, broken: Damage) -> None:
    with (
        WheelFile.open(make_wheel(tmp_path, "demo", broken=broken)) as source,
        pytest.raises(Exception, match=r"RECORD|hash"),
    ):
        source.validate_record()


@pytest.mark.parametrize("broken", ["truncated", "not-a-zip"])
def test_damage_to_the_file_makes_it_unreadable(tmp_path: Path, broken: Damage) -> None:
    wheel = make_wheel(tmp_path, "demo", broken=broken)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(wheel)


def test_an_sdist_has_one_root_with_metadata(tmp_path: Path) -> None:
    sdist = make_sdist(tmp_path, "Foo.Bar", "1.2", requires=["demo"], static_metadata=True)
    assert parse_sdist_filename(sdist.name)[0] == "foo-bar"
    with tarfile.open(sdist) as archive:
        assert {name.partition("/")[0] for name in archive.getnames()} == {"foo_bar-1.2"}
        member = archive.extractfile("foo_bar-1.2/PKG-INFO")
        assert member is not None
        metadata = Metadata.from_email(member.read())
    assert (metadata.metadata_version, [str(each) for each in metadata.requires_dist or ()]) == ("2.2", ["demo"])


@pytest.mark.parametrize("broken", get_args(SdistDamage))
def test_each_damage_makes_another_sdist_under_the_same_name(tmp_path: Path, broken: SdistDamage) -> None:
    sound, damaged = make_sdist(tmp_path / "sound", "demo"), make_sdist(tmp_path / "bad", "demo", broken=broken)
    assert damaged.name == sound.name
    assert damaged.read_bytes() != sound.read_bytes()


def test_a_zip_sdist_and_a_folder_hold_the_same_source(tmp_path: Path) -> None:
    folder = make_project_dir(tmp_path / "demo", "demo", more_files={"notes/read.txt": "me"})
    sdist = make_sdist(tmp_path, "demo", suffix=".zip", more_files={"notes/read.txt": "me"})
    with zipfile.ZipFile(sdist) as archive:
        packed = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    del packed["PKG-INFO"]
    unpacked = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert packed == unpacked
