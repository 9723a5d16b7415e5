"""Laws of installing: whatever a wheel holds, whatever happens to its bytes, whatever is undone."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from freewheel.errors import BrokenArchive, InvalidWheel
from freewheel.install.journal import Journal
from freewheel.install.plan import Destination, Unpacked, plan, stays_below
from freewheel.install.unpack import WheelFile, unpack
from freewheel.model.digest import sha256_of
from freewheel.store.protocol import Manifest, Tree, TreeFile
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from tests.support.archives import make_wheel

SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")
names = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..") and name[1:2] != ":"
)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


def sound_wheel() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        files = {"one/__init__.py": "x = 1\n" * 50, "one/data.bin": bytes(range(256))}
        scripts = {"entry": "#!python\n"}
        points = {"console_scripts": {"one": "one:main"}}
        return make_wheel(Path(folder), "one", files=files, scripts=scripts, entry_points=points).read_bytes()


WHEEL = sound_wheel()


def contents(data: bytes) -> dict[str, bytes]:
    """What unpacking gives: the tree's files by scheme and path."""
    with tempfile.TemporaryDirectory() as folder:
        trees = LocalTrees(root=CacheRoot(path=Path(folder)), clock=lambda: 0.0)
        wheel = WheelFile(filename="one-1.0-py3-none-any.whl", digest=sha256_of(data), open=lambda: io.BytesIO(data))
        tree = unpack(wheel.open(), wheel, trees)
        return {
            f"{file.scheme}/{file.path}": (tree.root / file.scheme / file.path).read_bytes()
            for file in tree.manifest.files
        }


INTACT = contents(WHEEL)


@given(changes=st.lists(st.tuples(st.integers(0, len(WHEEL) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=300)
def test_changed_bytes_of_a_wheel_are_an_error_of_the_wheel_or_change_nothing(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHEEL)
    for position, value in changes:
        data[position] = value
    try:
        found = contents(bytes(data))
    except (BrokenArchive, InvalidWheel):
        return
    recorded = {path: content for path, content in found.items() if "dist-info/RECORD" not in path}
    assert recorded == INTACT


@given(cut=st.integers(0, len(WHEEL) - 1))
def test_a_wheel_that_was_cut_is_never_unpacked(cut: int) -> None:
    try:
        contents(WHEEL[:cut])
    except BrokenArchive:
        return
    raise AssertionError(cut)


@given(data=st.binary(max_size=200))
def test_any_bytes_after_a_zip_signature_are_an_error_of_the_wheel(data: bytes) -> None:
    try:
        contents(b"PK\x05\x06" + data)
    except (BrokenArchive, InvalidWheel):
        return
    raise AssertionError(data)


@given(name=st.text(max_size=20))
def test_a_member_of_any_name_stays_inside(name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name.replace("\0", "") or "x", b"")
    try:
        contents(buffer.getvalue())
    except (BrokenArchive, InvalidWheel):
        return
    raise AssertionError(name)


@given(path=st.text(alphabet="ab./\\:C", max_size=12))
def test_a_path_below_its_start_stays_below_it(path: str) -> None:
    if stays_below(path):
        joined = os.path.normpath(f"/start/{path}")
        assert joined == "/start" or joined.startswith("/start/")
        assert not PurePosixPath(path).is_absolute()


@given(
    roots=st.lists(paths, min_size=5, max_size=5, unique=True),
    files=st.lists(st.tuples(st.sampled_from(SCHEMES), paths), max_size=12, unique=True),
)
def test_record_names_each_file_by_its_way_from_the_site_folder(
    roots: list[str], files: list[tuple[str, str]]
) -> None:
    schemes = {scheme: f"/{root}" for scheme, root in zip(SCHEMES, roots, strict=True)}
    listed = tuple(
        TreeFile(scheme=scheme, path=path, size=1, digest="d", mtime=1)
        for scheme, path in files
        if scheme != "scripts"
    )
    manifest = Manifest(project="a", version="1", dist_info="a-1.dist-info", root_scheme="purelib", files=listed)
    tree = Tree(wheel=sha256_of(b""), root=Path("/store"), manifest=manifest)
    destination = Destination(schemes=schemes, executable="/python", python_version="3.12", platform="linux-x86_64")
    (single,) = plan([Unpacked(tree=tree, scripts={})], destination).distributions
    record = single.operations[-1]
    rows = [row[0] for row in csv.reader(io.StringIO(record.content.decode(), newline=""))]  # type: ignore[union-attr]
    expected = {operation.destination for operation in single.operations}
    assert {os.path.normpath(f"{schemes['purelib']}/{row}") for row in rows} == {
        os.path.normpath(path) for path in expected
    }
    assert all(any(path.startswith(f"{root}/") for root in schemes.values()) for path in expected)


steps = st.lists(
    st.tuples(
        st.sampled_from(["write", "remove", "clear", "clean"]),
        st.lists(st.sampled_from("abc"), min_size=1, max_size=3),
    ),
    max_size=12,
)


@given(before=steps, during=steps)
def test_what_a_journal_takes_back_was_never_done(
    before: list[tuple[str, list[str]]], during: list[tuple[str, list[str]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        first = Journal([folder])
        perform(first, root, before)
        first.commit()
        expected = state_of(root)
        second = Journal([folder])
        perform(second, root, during)
        assert second.roll_back() == []
        assert state_of(root) == expected


def perform(journal: Journal, root: Path, actions: list[tuple[str, list[str]]]) -> None:
    for action, parts in actions:
        path = root.joinpath(*parts)
        try:
            if action == "write":
                journal.make_way([str(path)])
                with path.open("x") as file:
                    file.write("".join(parts))
            elif action == "remove":
                journal.set_aside(str(path))
            elif action == "clear":
                journal.set_folder_aside(str(path))
            else:
                journal.remove_empty_folders([str(path)], keep=frozenset([str(root)]))
        except OSError:
            continue


def state_of(root: Path) -> dict[str, str | None]:
    return {
        path.relative_to(root).as_posix(): path.read_text() if path.is_file() else None for path in root.rglob("*")
    }
