"""Which folders may be layers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.store.admission import Facts, ReadOnly, Unusable, judge_layer
from freewheel.store.layers import fault_of_format, fault_of_layer
from tests.support.unprivileged import Person

NAMED = Facts(is_root=True, is_folder=True, owner=1000, mode=0o40755, may_read=True, may_write=False)


@pytest.mark.parametrize(
    ("facts", "uid", "expected"),
    [
        (NAMED, 1000, None),
        (replace(NAMED, may_write=True), 1000, None),
        (replace(NAMED, owner=0), 1000, None),
        (replace(NAMED, owner=1001), 1000, None),
        (replace(NAMED, owner=1001), 0, None),
        (replace(NAMED, owner=1001, mode=0o40775), 1000, None),
        (replace(NAMED, mode=0o40757), 1000, "open to all"),
        (replace(NAMED, mode=0o41777), 0, "open to all"),
        (replace(NAMED, mode=0o40777), None, None),
        (replace(NAMED, may_read=False), 1000, "access"),
        (replace(NAMED, is_folder=False), 1000, "place"),
        (replace(NAMED, is_root=False), 1000, "place"),
        (replace(NAMED, is_root=False, is_folder=False), 1000, "place"),
        (replace(NAMED, is_root=False, mode=0o41777), 1000, "place"),
    ],
)
def test_who_names_a_folder_trusts_all_but_everybody(facts: Facts, uid: int | None, expected: str | None) -> None:
    found = judge_layer(facts, uid)
    assert (found.trouble if isinstance(found, Unusable) else None) == expected
    assert isinstance(found, Unusable | ReadOnly)


def layer(path: Path) -> Path:
    (path / "blobs-v1").mkdir(parents=True)
    path.chmod(0o755)
    return path


@pytest.fixture
def uid() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else None


def test_a_cache_elsewhere_is_a_layer_and_nothing_is_made(tmp_path: Path, uid: int | None) -> None:
    folder = layer(tmp_path / "layer")
    assert fault_of_layer(folder, cache=tmp_path / "cache", uid=uid) is None
    assert fault_of_layer(folder, cache=None, uid=uid) is None
    assert [path.name for path in tmp_path.iterdir()] == ["layer"]


def test_the_cache_is_no_layer_of_itself(tmp_path: Path, uid: int | None) -> None:
    cache = layer(tmp_path / "cache")
    (tmp_path / "other name").symlink_to(cache)
    for folder in (cache, tmp_path / "other name", layer(cache / "inside"), tmp_path):
        found = fault_of_layer(folder, cache=cache, uid=uid)
        assert found is not None, folder
        assert found.trouble == "place"
    assert fault_of_layer(layer(tmp_path / "cache-2"), cache=cache, uid=uid) is None


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["trees-v2", "tmp"], "it has the format of another freewheel (trees-v2)"),
        (["http-v2", "wheels"], "it is no cache of freewheel"),
        (["tmp", "locks"], "it is no cache of freewheel"),
        ([], "it is empty"),
    ],
)
def test_what_holds_no_table_is_told_by_what_it_holds(names: list[str], fault: str) -> None:
    assert fault_of_format(names) == fault


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links by default")
def test_a_link_in_a_circle_cannot_be_looked_at(tmp_path: Path, uid: int | None) -> None:
    (tmp_path / "loop").symlink_to("loop")
    found = fault_of_layer(tmp_path / "loop", cache=tmp_path / "cache", uid=uid)
    assert found is not None
    assert "cannot be looked at" in found.reason


PROGRAM = """\
import os, sys
from pathlib import Path
from freewheel.store.layers import fault_of_layer
for path in sys.argv[1:]:
    found = fault_of_layer(Path(path), cache=None, uid=os.geteuid())
    print(found.reason if found else "usable")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_an_unprivileged_user_is_told_what_the_system_does_not_allow(unprivileged: Person) -> None:
    folder = unprivileged.new_folder()
    for name, mode in {"own": 0o700, "frozen": 0o500, "closed": 0o300, "open": 0o777}.items():
        (folder / name / "blobs-v1").mkdir(parents=True)
        (folder / name).chmod(mode)
    unprivileged.give(folder)
    (folder / "shut" / "blobs-v1").mkdir(parents=True)
    (folder / "shut" / "blobs-v1").chmod(0o000)
    (folder / "shut").chmod(0o755)
    root_owned = [folder / "shut", layer(folder / "theirs")]
    places = [
        *(folder / name for name in ("own", "frozen", "closed", "open")),
        *root_owned,
        folder / "own" / "x" / "y",
    ]
    told = unprivileged.run(unprivileged.python, "-c", PROGRAM, *places).lines
    (folder / "closed").chmod(0o700)
    assert told == [
        "usable",
        "usable",
        "it cannot be read",
        "everybody may write to it",
        "the folders in it cannot be read",
        "usable",
        "it does not exist",
    ]
