"""Whatever has happened to a wheel in pip's cache: it is found with every member as it was, or not used."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from freewheel.build.elsewhere import OtherWheel
from freewheel.build.key import BuildInputs
from freewheel.build.pip_wheels import FOLDER, PipWheels, places
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import sha256_of
from freewheel.model.target import Target
from freewheel.store.foreign import ForeignFolder
from tests.support.archives import make_wheel

SOURCE = sha256_of(b"six")
SIX = Artifact(
    kind=ArtifactKind.SDIST,
    project=normalize("six"),
    version=Version("1.0"),
    filename="six-1.0.tar.gz",
    url="https://files.example/six-1.0.tar.gz",
    digests=(SOURCE,),
)
INPUTS = BuildInputs(
    source=SOURCE,
    target=Target(
        implementation="cpython",
        python_version="3.12",
        full_version="3.12.1",
        abi="cp312",
        abi_flags="",
        platform="linux-x86_64",
        libc="glibc 2.36",
        tags=("py3-none-any",),
        markers={},
    ),
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """pip's folder for the wheels of one source, with its record."""
    _, path = next(places(SIX, INPUTS.target))
    folder = tmp_path.joinpath("pip", FOLDER, *path)
    folder.mkdir(parents=True)
    origin = {"url": SIX.url, "archive_info": {"hashes": {SOURCE.algorithm: SOURCE.value}}}
    (folder / "origin.json").write_text(json.dumps(origin))
    return folder


def members(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_wheel_is_never_taken_for_whole(place: Path, tmp_path: Path, data: st.DataObject) -> None:
    wheel = make_wheel(place, "six")
    good, content = wheel.read_bytes(), members(wheel)
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(0, len(damaged)) | st.just(len(damaged))) :]
    wheel.write_bytes(bytes(damaged))
    found = PipWheels(folder=ForeignFolder(root=tmp_path / "pip"), is_wanted=lambda _: True).find(SIX, INPUTS)
    if isinstance(found, OtherWheel):
        assert members(wheel) == content
    else:
        assert damaged != good


@given(
    record=st.binary()
    | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(
        lambda value: json.dumps(value).encode()
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_is_read_or_not_used(place: Path, tmp_path: Path, record: bytes) -> None:
    make_wheel(place, "six")
    (place / "origin.json").write_bytes(record)
    found = PipWheels(folder=ForeignFolder(root=tmp_path / "pip"), is_wanted=lambda _: True).find(SIX, INPUTS)
    assert not isinstance(found, OtherWheel)
