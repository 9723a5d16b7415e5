"""What `Trees` promise."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from freewheel.errors import StoreError
from freewheel.model.digest import Digest
from freewheel.store.protocol import Bytecode, Miss, Tree, Trees
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees, tree_mtime
from tests.support.clock import FakeClock
from tests.support.stores import (
    OTHER_WHEEL,
    SOME_FILES,
    WHEEL,
    keep_bytecode,
    keep_tree,
    manifest_of,
    with_empty_layers,
)

VARIANT = "cpython-311-3495-timestamp"


@pytest.fixture(params=["local", "layered"])
def trees(request: pytest.FixtureRequest, tmp_path: Path) -> Trees:
    if request.param == "layered":
        return with_empty_layers(tmp_path, FakeClock()).trees
    return LocalTrees(root=CacheRoot(path=tmp_path / "cache"), clock=FakeClock())


def files_of(tree: Tree) -> dict[str, bytes]:
    return {file.path: (tree.root / file.scheme / file.path).read_bytes() for file in tree.manifest.files}


def test_a_tree_comes_back_with_its_manifest_and_files(trees: Trees) -> None:
    kept = keep_tree(trees)
    assert trees.get(WHEEL) == kept
    assert kept.manifest == manifest_of(SOME_FILES)
    assert files_of(kept) == dict(SOME_FILES)


def test_what_was_never_kept_is_a_miss_without_damage(trees: Trees) -> None:
    found = trees.get(WHEEL)
    assert isinstance(found, Miss)
    assert not found.is_damage


def test_nothing_is_visible_before_the_commit(trees: Trees) -> None:
    new = trees.create(WHEEL)
    assert list(new.root.iterdir()) == []
    (new.root / "purelib").mkdir()
    assert isinstance(trees.get(WHEEL), Miss)
    new.discard()
    assert not new.root.exists()
    assert isinstance(trees.get(WHEEL), Miss)


def test_a_discard_after_the_commit_takes_nothing_away(trees: Trees) -> None:
    new = trees.create(WHEEL)
    (new.root / "purelib").mkdir()
    (new.root / "purelib" / "six.py").write_bytes(b"x")
    tree = new.commit(manifest_of({"six.py": b"x"}))
    new.discard()
    assert files_of(tree) == {"six.py": b"x"}


def test_files_have_the_times_of_the_manifest_and_cannot_be_written(trees: Trees) -> None:
    tree = keep_tree(trees, files={"six.py": b"x", "bin/six": b"#!"})
    statuses = {file.path: (tree.root / file.scheme / file.path).stat() for file in tree.manifest.files}
    assert {status.st_mtime for status in statuses.values()} == {float(tree_mtime(WHEEL))}
    if os.name != "nt":
        modes = {path: stat.S_IMODE(status.st_mode) for path, status in statuses.items()}
        assert modes == {"six.py": 0o444, "bin/six": 0o555}


def test_of_two_equal_trees_the_first_stays(trees: Trees) -> None:
    first = keep_tree(trees)
    inode = (first.root / "purelib" / "six.py").stat().st_ino
    assert keep_tree(trees) == first
    assert (first.root / "purelib" / "six.py").stat().st_ino == inode


@pytest.mark.parametrize("damage", ["edited", "missing", "touched", "replaced by a link", "manifest", "folder"])
def test_a_damaged_tree_is_replaced_by_the_next(trees: Trees, damage: str) -> None:
    """Behaviour 132."""
    tree = keep_tree(trees)
    path = tree.root / "purelib" / "six.py"
    if damage == "edited":
        path.chmod(0o644)
        path.write_bytes(b"import os  # longer\n")
        os.utime(path, (tree_mtime(WHEEL), tree_mtime(WHEEL)))
    elif damage == "missing":
        path.unlink()
    elif damage == "touched":
        os.utime(path)
    elif damage == "replaced by a link":
        path.rename(path.with_name("target"))
        path.symlink_to("target")
    elif damage == "manifest":
        (tree.root.parent / "manifest").write_bytes(b"")
    else:
        trees.remove(WHEEL)
        tree.root.parent.write_bytes(b"a file where the folder was")
    assert files_of(keep_tree(trees)) == dict(SOME_FILES)
    assert trees.get(WHEEL) == tree
    assert not path.is_symlink()


def test_a_file_that_the_manifest_promises_must_be_there(trees: Trees) -> None:
    new = trees.create(WHEEL)
    with pytest.raises(StoreError):
        new.commit(manifest_of(SOME_FILES))
    assert isinstance(trees.get(WHEEL), Miss)
    assert not new.root.exists()


@pytest.mark.parametrize("path", ["\ud800.py", "nul\0.py"])
def test_a_path_that_no_system_or_format_takes_is_refused(trees: Trees, path: str) -> None:
    new = trees.create(WHEEL)
    with pytest.raises(StoreError):
        new.commit(manifest_of({path: b""}))
    assert not new.root.exists()


def test_bytecode_comes_back_for_its_variant_and_tree_alone(trees: Trees) -> None:
    tree, other = keep_tree(trees), keep_tree(trees, wheel=OTHER_WHEEL)
    kept = keep_bytecode(trees, tree, VARIANT)
    assert trees.bytecode(tree, VARIANT) == kept
    (file,) = kept.files
    compiled = kept.root / file.scheme / file.path
    assert compiled.read_bytes() == b"compiled"
    assert compiled.stat().st_mtime == file.mtime
    for found in (trees.bytecode(tree, "cpython-312-3531-timestamp"), trees.bytecode(other, VARIANT)):
        assert isinstance(found, Miss)
        assert not found.is_damage


def test_of_two_equal_bytecodes_the_first_stays(trees: Trees) -> None:
    tree = keep_tree(trees)
    first = keep_bytecode(trees, tree, VARIANT)
    assert keep_bytecode(trees, tree, VARIANT, data=b"later") == first


def test_a_damaged_bytecode_is_replaced_by_the_next(trees: Trees) -> None:
    tree = keep_tree(trees)
    first = keep_bytecode(trees, tree, VARIANT)
    (first.root / first.files[0].scheme / first.files[0].path).unlink()
    again = keep_bytecode(trees, tree, VARIANT, data=b"later")
    assert (again.root / again.files[0].scheme / again.files[0].path).read_bytes() == b"later"


def test_bytecode_without_a_tree_is_refused(trees: Trees) -> None:
    tree = keep_tree(trees)
    trees.remove(WHEEL)
    with pytest.raises(StoreError):
        keep_bytecode(trees, tree, VARIANT)
    assert not tree.root.parent.exists()


def test_removing_a_tree_takes_its_bytecode_along(trees: Trees) -> None:
    tree = keep_tree(trees)
    assert isinstance(keep_bytecode(trees, tree, VARIANT), Bytecode)
    assert trees.remove(WHEEL)
    assert not trees.remove(WHEEL)
    assert isinstance(trees.get(WHEEL), Miss)
    assert isinstance(trees.bytecode(tree, VARIANT), Miss)


def test_what_is_linked_outlives_the_tree(trees: Trees, tmp_path: Path) -> None:
    tree = keep_tree(trees)
    (tmp_path / "six.py").hardlink_to(tree.root / "purelib" / "six.py")
    trees.remove(WHEEL)
    assert (tmp_path / "six.py").read_bytes() == SOME_FILES["six.py"]


def test_what_is_no_sha256_digest_is_a_miss(trees: Trees) -> None:
    digest = Digest(algorithm="sha256", value="../../elsewhere")
    assert isinstance(trees.get(digest), Miss)
    assert not trees.remove(digest)
