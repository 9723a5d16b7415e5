"""Laws of verifying: no bytes are an exception, nothing damaged is missed, and what is repaired is sound."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from freewheel.commands.cache_verify import verify
from freewheel.events import Recorder
from freewheel.model.digest import Digest
from freewheel.store.checksum import seal
from freewheel.store.manifest import bytecode_to_bytes, tree_to_bytes
from freewheel.store.protocol import BytecodeFile, Manifest, TreeFile
from tests.support.clock import FakeClock
from tests.support.kept import OTHER_VARIANT, KeptThings, overwrite
from tests.support.stores import WHEEL

paths = st.text(min_size=1) | st.sampled_from(
    ["../x", "a/../../b", "/etc/passwd", "..", ".", "a//b", "a/\0", "six.py"]
)
numbers = st.integers(min_value=-(2**63), max_value=2**63 - 1)
tree_files = st.builds(
    TreeFile, scheme=st.sampled_from(["purelib", "..", ""]), path=paths, size=numbers, digest=st.text(), mtime=numbers
)
bytecode_files = st.builds(
    BytecodeFile, scheme=paths, path=paths, source=paths, size=numbers, digest=st.text(), mtime=numbers
)
manifests = st.builds(
    Manifest,
    project=st.text(),
    version=st.text(),
    dist_info=st.text(),
    root_scheme=st.text(),
    files=st.lists(tree_files, min_size=1, max_size=4).map(tuple),
)
contents = (
    st.binary()
    | st.binary().map(seal)
    | st.builds(tree_to_bytes, st.just(WHEEL), manifests)
    | st.builds(
        bytecode_to_bytes, st.just(WHEEL), st.just(OTHER_VARIANT), st.lists(bytecode_files, max_size=3).map(tuple)
    )
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(min_value=0), contents), min_size=1, max_size=4))
@example([(0, b""), (1, b""), (2, b""), (3, b"")])
def test_any_bytes_in_any_file_are_found_and_repaired(damages: list[tuple[int, bytes]]) -> None:
    """Behaviour 66."""
    with tempfile.TemporaryDirectory() as folder:
        things = KeptThings(Path(folder))
        things.fill()
        unread = ("build.log", "open", "HEAD", "README", "CACHEDIR.TAG")
        files = sorted(path for path in things.root.path.rglob("*") if path.is_file() and path.name not in unread)
        changed = set()
        for number, data in damages:
            path = files[number % len(files)]
            if path.read_bytes() != data:
                overwrite(path, data)
                changed.add(path)
        verdict = things.verified()
        wrong = {finding.path for finding in verdict.findings}
        for path in changed:
            assert any(path == one or one in path.parents for one in wrong), path
        clock = FakeClock(4e9)
        done = verify(things.root, threads=1, reporter=Recorder(), clock=clock, pause=lambda _: None, repairs=True)
        assert done.is_sound
        assert things.verified().findings == ()


@settings(max_examples=40)
@given(manifests)
def test_no_manifest_leads_out_of_its_tree(manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory() as folder:
        things = KeptThings(Path(folder))
        things.fill()
        path = things.found("trees-v1/*/*/manifest")
        wheel = Digest(algorithm="sha256", value=path.parent.name)
        overwrite(path, tree_to_bytes(wheel, manifest))
        (finding,) = things.verified().findings
        for fault in finding.faults:
            assert fault.file is not None
            assert ".." not in fault.file.split("/")[:-1]
