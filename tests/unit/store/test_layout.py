"""Where things lie."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from freewheel.model.digest import Digest
from freewheel.store.layout import Layout, file_name, is_ours
from tests.support.stores import WHEEL

GOLDEN = Path(__file__).parents[2] / "golden"

LAYOUT = Layout(root=Path("root"))


def test_the_paths_are_those_of_this_version() -> None:
    """A change here is a change of `layout.VERSIONS`."""
    tree = LAYOUT.tree(WHEEL)
    paths = [
        LAYOUT.entry("http", "six", "https://index.example/simple/six/"),
        LAYOUT.entry("http", "../up", ""),
        LAYOUT.entry("metadata", "con", "k"),
        LAYOUT.blob(WHEEL),
        LAYOUT.built_wheel("six", "abc123"),
        LAYOUT.built_wheel("six", "Not plain"),
        LAYOUT.failed_log("six"),
        tree.manifest,
        tree.files,
        tree.bytecode("cpython-311-3495-timestamp").manifest,
        tree.bytecode("cpython-311-3495-timestamp").files,
        LAYOUT.repository("six", "abc123").clone,
        LAYOUT.repository("Six!", "abc123").open_to_all,
        LAYOUT.lock("build six"),
        LAYOUT.tmp,
    ]
    listed = "".join(f"{path.as_posix()}\n" for path in paths)
    assert listed == (GOLDEN / "layout.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["", ".", "..", "/", "a/b", "a\\b", "..\\x", "NUL", "nul", "aux.h", "a.", "\0", "A", " "]
)
def test_no_text_leads_out_of_its_folder_or_to_a_device(text: str) -> None:
    name = file_name(text)
    assert PurePosixPath(name).parts == (name,)
    assert name.startswith("=")


def test_different_texts_have_different_names() -> None:
    texts = ["six", "SIX", "six.", "", ".", "..", "=six", file_name("SIX")]
    assert len({file_name(text) for text in texts}) == len(texts)


@pytest.mark.parametrize("text", ["six", "zope.interface", "a", "_", "cpython-311", "x" * 100])
def test_plain_names_stay_as_they_are(text: str) -> None:
    assert file_name(text) == text


@pytest.mark.parametrize("value", ["", "../x", "0" * 63, "0" * 65, "g" * 64, "A" * 64, "0" * 63 + "\n"])
def test_only_sha256_digests_name_blobs_and_trees(value: str) -> None:
    digest = Digest(algorithm="sha256", value=value)
    with pytest.raises(ValueError, match="names no blob"):
        LAYOUT.blob(digest)
    with pytest.raises(ValueError, match="names no blob"):
        LAYOUT.tree(digest)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("entries-v1", True),
        ("trees-v1", True),
        ("repositories-v1", True),
        ("locks", True),
        ("tmp", True),
        ("entries-v2", False),
        ("entries-v0", False),
        ("entries-v01", False),
        ("entries-v", False),
        ("photos-v1", False),
        ("http-v2", False),
        ("README", False),
        ("CACHEDIR.TAG", False),
    ],
)
def test_ours_are_folders_of_this_format_and_older_ones(name: str, expected: bool) -> None:
    """Behaviour 75."""
    assert is_ours(name) is expected
