"""Wheel tags of targets that are not the interpreter's own, beside those that pip computes."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from msgspec.structs import replace

from freewheel.events import Recorder
from freewheel.install.environment import interrogate
from freewheel.model.other_target import Restriction, restricted
from freewheel.model.target import Target
from freewheel.store.memory import MemoryEntries
from tests.support.universe import TARGET

RESTRICTIONS = [
    Restriction(platforms=platforms, python_version=version, abis=abis, implementation=implementation)
    for platforms in (
        (),
        ("manylinux2014_x86_64",),
        ("manylinux2010_i686", "linux_aarch64"),
        ("macosx_11_0_arm64", "any"),
        ("macosx_odd", "win_amd64", "win_amd64"),
        ("ios_13_0_arm64_iphoneos",),
        ("android_21_arm64_v8a",),
    )
    for version in (None, "3", "3.12", "3.9.1", "3.7", "2.7")
    for abis in ((), ("cp312",), ("abi3", "none"))
    for implementation in (None, "cp", "pp", "py")
]
COMPUTE = """
import json, sys
from pip._internal.models.target_python import TargetPython
found = []
for platforms, version, abis, implementation in json.loads(sys.argv[1]):
    info = tuple(map(int, version.split("."))) if version else None
    target = TargetPython(platforms or None, info, abis or None, implementation)
    release = ".".join(map(str, target.py_version_info))
    found.append([release, list(dict.fromkeys(map(str, target.get_sorted_tags())))])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def own() -> Target:
    """This interpreter's target."""
    return interrogate(sys.executable, entries=MemoryEntries(clock=time.time), reporter=Recorder()).target


def test_the_tags_are_pips_one_by_one(own: Target) -> None:
    asked = [[one.platforms, one.python_version, one.abis, one.implementation] for one in RESTRICTIONS]
    command = [sys.executable, "-I", "-c", COMPUTE, json.dumps(asked)]
    expected = json.loads(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout)
    for restriction, (release, tags) in zip(RESTRICTIONS, expected, strict=True):
        found = restricted(own, restriction)
        assert (found.python_release, list(found.tags)) == (release, tags), restriction
        assert found.markers == own.markers


def test_nothing_asked_for_changes_nothing(own: Target) -> None:
    assert restricted(own, Restriction()) is own


@pytest.mark.parametrize(
    ("flags", "version", "abis"),
    [
        ("t", "3.13", ["cp313t"]),
        ("t", "3.12", ["cp312"]),
        ("d", "3.12", ["cp312d", "cp312"]),
        ("d", "3.7", ["cp37dm"]),
    ],
)
def test_abis_are_those_of_an_interpreter_built_like_this_one(flags: str, version: str, abis: list[str]) -> None:
    found = restricted(replace(TARGET, abi_flags=flags), Restriction(python_version=version))
    tags = (tag.split("-") for tag in found.tags)
    own = dict.fromkeys(abi for _, abi, _ in tags if abi.startswith("cp"))
    assert list(own) == abis
