from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.install.link import Guard, Linker, LinkMode, create
from freewheel.install.plan import PlaceFile
from freewheel.store.protocol import Miss

MTIME = 1_200_000_000


@pytest.fixture
def file(tmp_path: Path) -> PlaceFile:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    source.chmod(0o444)
    os.utime(source, (MTIME, MTIME))
    return place(tmp_path)


def place(folder: Path, *, size: int = 7, may_share: bool = True, is_executable: bool = False) -> PlaceFile:
    return PlaceFile(
        source=str(folder / "source"),
        destination=str(folder / "target"),
        size=size,
        mtime=MTIME,
        is_executable=is_executable,
        may_share=may_share,
    )


def test_a_file_that_may_be_shared_is_one_inode(file: PlaceFile) -> None:
    assert Linker().place(file) is None
    assert Path(file.destination).samefile(file.source)


@pytest.mark.parametrize("mode", list(LinkMode))
def test_a_file_that_may_not_be_shared_is_a_copy_with_its_time(
    file: PlaceFile, tmp_path: Path, mode: LinkMode
) -> None:
    assert Linker(mode).place(place(tmp_path, may_share=False, is_executable=True)) is None
    status = Path(file.destination).stat()
    assert (status.st_nlink, int(status.st_mtime)) == (1, MTIME)
    assert status.st_mode & 0o300 == 0o300
    assert Path(file.destination).read_bytes() == b"content"


def test_a_source_that_is_gone_is_a_miss(file: PlaceFile) -> None:
    Path(file.source).unlink()
    assert isinstance(Linker().place(file), Miss)
    assert not os.path.lexists(file.destination)


def test_a_source_that_was_changed_is_a_miss(file: PlaceFile, tmp_path: Path) -> None:
    assert isinstance(Linker().place(place(tmp_path, size=8)), Miss)
    os.utime(file.source, (MTIME + 1, MTIME + 1))
    assert isinstance(Linker().place(file), Miss)
    assert not os.path.lexists(file.destination)


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither pipes nor such modes, and links need rights")
@pytest.mark.parametrize("mode", list(LinkMode))
@pytest.mark.parametrize("what", ["loop", "link", "pipe", "folder", "below a loop", "unreadable"])
def test_a_source_that_is_no_readable_file_is_a_miss(
    file: PlaceFile, tmp_path: Path, what: str, mode: LinkMode
) -> None:
    source = Path(file.source)
    if what == "unreadable":
        source.chmod(0o000)
    elif what == "below a loop":
        (tmp_path / "loop").symlink_to("loop")
        file = replace(file, source=str(tmp_path / "loop" / "source"))
    else:
        elsewhere = source.rename(tmp_path / "elsewhere")
        make = {"loop": lambda: source.symlink_to("source"), "link": lambda: source.symlink_to(elsewhere)}
        make |= {"pipe": lambda: os.mkfifo(source), "folder": source.mkdir}
        make[what]()
        if what in ("pipe", "folder"):
            os.utime(source, (MTIME, MTIME))
            file = replace(file, size=source.stat().st_size)
    assert isinstance(Linker(mode).place(file), Miss)
    assert not os.path.lexists(file.destination)


@pytest.mark.parametrize("mode", list(LinkMode))
def test_what_is_at_the_destination_is_never_overwritten(file: PlaceFile, mode: LinkMode) -> None:
    Path(file.destination).write_text("mine")
    with pytest.raises(FileExistsError):
        Linker(mode).place(file)
    assert Path(file.destination).read_text() == "mine"


def test_a_missing_folder_is_the_callers_error(file: PlaceFile, tmp_path: Path) -> None:
    lost = PlaceFile(
        source=file.source,
        destination=str(tmp_path / "missing/target"),
        size=file.size,
        mtime=file.mtime,
        is_executable=False,
        may_share=True,
    )
    with pytest.raises(FileNotFoundError):
        Linker().place(lost)


def test_new_files_have_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        create(str(tmp_path / "data"), is_executable=False).close()
        create(str(tmp_path / "program"), is_executable=True).close()
    finally:
        os.umask(previous)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "program").stat().st_mode & 0o777 == 0o750


US = 1000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owners as numbers")
@pytest.mark.parametrize(
    ("user", "owner", "mode", "is_forbidden"),
    [
        (US, 0, 0o444, False),
        (US, 1001, 0o555, False),
        (US, US, 0o444, True),
        (0, US, 0o444, True),
        (0, 0, 0o444, True),
        (US, 0, 0o464, True),
        (US, 0, 0o446, True),
        (US, 0, 0o644, False),
        (None, 0, 0o444, True),
    ],
)
def test_a_guarded_file_is_linked_where_nobody_here_could_change_it(
    user: int | None, owner: int, mode: int, is_forbidden: bool
) -> None:
    status = os.stat_result((0o100000 | mode, 1, 1, 1, owner, 0, 7, MTIME, MTIME, MTIME))
    guard = Guard(folders=("/layer/", "/other/"), user=user)
    assert guard.forbids_links("/layer/trees-v1/six.py", status) is is_forbidden
    assert not guard.forbids_links("/layers/six.py", status)


def test_a_guarded_file_is_a_copy_and_others_are_links(file: PlaceFile, tmp_path: Path) -> None:
    status = Path(file.source).stat()
    (tmp_path / "layer").mkdir()
    guarded = tmp_path / "layer" / "source"
    guarded.write_bytes(b"content")
    guarded.chmod(0o444)
    os.utime(guarded, (MTIME, MTIME))
    linker = Linker(guard=Guard(folders=(f"{tmp_path / 'layer'}{os.sep}",), user=status.st_uid))
    assert linker.place(replace(file, source=str(guarded), destination=str(tmp_path / "copy"))) is None
    assert linker.place(file) is None
    assert not (tmp_path / "copy").samefile(guarded)
    assert int((tmp_path / "copy").stat().st_mtime) == MTIME
    assert (guarded.stat().st_nlink, guarded.stat().st_mode & 0o777) == (1, 0o444)
    assert Path(file.destination).samefile(file.source)
