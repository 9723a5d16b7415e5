"""Which folders may be a cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.store.admission import Facts, ReadOnly, Unusable, Usable, examine, judge
from tests.support.disk import small_disk
from tests.support.unprivileged import Person

OWN = Facts(is_root=True, is_folder=True, owner=1000, mode=0o40700, may_read=True, may_write=True)
ROOTS = replace(OWN, owner=0, mode=0o40755)
PARENT = replace(OWN, is_root=False)


@pytest.mark.parametrize(
    ("facts", "uid", "expected"),
    [
        (OWN, 1000, Usable),
        (replace(OWN, owner=1001, mode=0o40770), 1000, Usable),
        (replace(OWN, owner=1001, mode=0o40777), 1000, Unusable),
        (replace(OWN, mode=0o40702), 1000, Unusable),
        (replace(ROOTS, mode=0o41777), 0, Unusable),
        (replace(OWN, mode=0o40775), 1000, Usable),
        (replace(PARENT, mode=0o41777), 1000, Usable),
        (replace(OWN, mode=0o40777), None, Usable),
        (PARENT, 1000, Usable),
        (ROOTS, 0, Usable),
        (OWN, None, Usable),
        (OWN, 0, Unusable),
        (replace(PARENT, owner=1000), 0, Unusable),
        (replace(OWN, is_folder=False), 1000, Unusable),
        (replace(PARENT, is_folder=False), 1000, Unusable),
        (replace(PARENT, may_write=False), 1000, Unusable),
        (replace(OWN, may_write=False, mode=0o40500), 1000, ReadOnly),
        (replace(ROOTS, may_write=False), 1000, ReadOnly),
        (replace(ROOTS, may_write=False), 0, ReadOnly),
        (replace(OWN, may_write=False), None, ReadOnly),
        (replace(ROOTS, may_write=False, may_read=False), 1000, Unusable),
        (replace(OWN, may_write=False, owner=1001, mode=0o40755), 1000, Unusable),
        (replace(ROOTS, may_write=False, mode=0o40775), 1000, Unusable),
        (replace(ROOTS, may_write=False, mode=0o40757), 1000, Unusable),
    ],
)
def test_pips_rule_and_what_is_safe_to_read(facts: Facts, uid: int | None, expected: type[object]) -> None:
    """Behaviours 16, 17 and 18."""
    assert isinstance(judge(facts, uid), expected)


@pytest.mark.parametrize("mode", [0o40777, 0o41777, 0o40775])
def test_who_wants_to_share_may_let_others_write(mode: int) -> None:
    """Behaviour 73."""
    assert isinstance(judge(replace(OWN, mode=mode), 1000, is_shared=True), Usable)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert examine(tmp_path / "a" / "b", uid=os.geteuid() if hasattr(os, "geteuid") else None) == Usable()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_cache_and_no_parent_of_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert isinstance(examine(tmp_path / "file", uid=None), Unusable)
    assert isinstance(examine(tmp_path / "file" / "cache", uid=None), Unusable)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owners as numbers")
def test_the_superuser_leaves_others_folders_alone(tmp_path: Path) -> None:
    """Behaviour 17."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
        assert isinstance(examine(tmp_path / "cache", uid=0), Unusable)
    else:
        assert isinstance(examine(tmp_path / "cache", uid=0), Unusable)


def test_a_read_only_file_system_is_read_only(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=1 << 20, read_only=True) as folder:
        folder_mode = folder.stat().st_mode & 0o777
        expected = Unusable if folder_mode & 0o022 else ReadOnly
        assert isinstance(examine(folder, uid=os.geteuid()), expected)
        assert isinstance(examine(folder / "missing", uid=os.geteuid()), Unusable)


PROGRAM = """\
import os, sys
from pathlib import Path
from freewheel.store.admission import examine
for path in sys.argv[1:]:
    print(type(examine(Path(path), uid=os.geteuid())).__name__)
"""


def test_an_unprivileged_user_is_told_apart_by_what_the_system_allows(unprivileged: Person) -> None:
    """Behaviours 16 and 18."""
    folder = unprivileged.new_folder()
    places = {"own": 0o700, "frozen": 0o500, "closed": 0o300, "sealed": 0o000}
    for name, mode in places.items():
        (folder / name).mkdir()
        (folder / name).chmod(mode)
    unprivileged.give(folder)
    missing = [folder / "own" / "missing", folder / "frozen" / "missing", folder / "sealed" / "missing"]
    told = unprivileged.run(unprivileged.python, "-c", PROGRAM, *(folder / name for name in places), *missing).lines
    for name in places:
        (folder / name).chmod(0o700)
    assert told == ["Usable", "ReadOnly", "Unusable", "Unusable", "Usable", "Unusable", "Unusable"]
