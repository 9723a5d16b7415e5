"""What tells two wheels of one source apart."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from freewheel.build.comparison import wheel_differences

ELF = b"\x7fELF"
FILES = {"six.py": b"x = 1", "_six.so": ELF + b"1", "six-1.0.dist-info/RECORD": b"six.py,,\n"}


def made(folder: Path, files: Mapping[str, bytes], name: str = "six-1.0-py3-none-any.whl") -> Path:
    folder.mkdir()
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return folder / name


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"six.py": b"x = 2"}, ("six.py has another content",)),
        ({"_six.so": ELF + b"2"}, ()),
        ({"_six.so": b"text"}, ("_six.so has another content",)),
        ({"six-1.0.dist-info/RECORD": b""}, ()),
        ({"six.py": None}, ("six.py is missing",)),
        ({"new.py": b""}, ("new.py is new",)),
    ],
)
def test_files_count_by_name_and_content(
    tmp_path: Path, changes: dict[str, bytes | None], found: tuple[str, ...]
) -> None:
    files = {name: content for name, content in (FILES | changes).items() if content is not None}
    assert wheel_differences(made(tmp_path / "kept", FILES), made(tmp_path / "made", files)) == found


def test_the_name_counts_and_many_differences_are_summed_up(tmp_path: Path) -> None:
    many = {f"m{number:02}.py": b"" for number in range(30)}
    other = made(tmp_path / "made", FILES | many, "six-1.0-cp311-cp311-linux_x86_64.whl")
    found = wheel_differences(made(tmp_path / "kept", FILES), other)
    assert found[:2] == ("it is called six-1.0-cp311-cp311-linux_x86_64.whl", "m00.py is new")
    assert (len(found), found[-1]) == (21, "and 11 more")
