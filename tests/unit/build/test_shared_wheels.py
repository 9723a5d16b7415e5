"""Built wheels in the shared store: nothing there is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.build import inspection
from freewheel.build.build_record import BuildRecord, WheelRecord
from freewheel.build.elsewhere import SharedWheel
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import BuildInputs, build_key, described
from freewheel.build.shared_wheels import KIND, WheelsInStore, from_record, to_record
from freewheel.build.sharing import Sharing
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName
from freewheel.model.digest import sha256_of
from freewheel.store.object_storage import ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.shared import SharedStore
from tests.support.archives import make_wheel
from tests.support.object_stores import in_memory, shared
from tests.support.universe import TARGET

DIGEST = sha256_of(b"an sdist")
SIX = Artifact(
    kind=ArtifactKind.SDIST,
    project=NormalizedName("six"),
    version=Version("1.0"),
    filename="six-1.0.tar.gz",
    url="https://files.example/six-1.0.tar.gz",
    digests=(DIGEST,),
)
INPUTS = BuildInputs(source=DIGEST, target=TARGET)


@pytest.fixture
def storage() -> Storage:
    return in_memory()


@pytest.fixture
def sound(tmp_path: Path) -> SoundWheel:
    path = make_wheel(tmp_path, "six")
    return SoundWheel(path=path, digest=inspection.file_digest(path), size=path.stat().st_size, is_compiled=False)


def record_of(wheel: SoundWheel, inputs: BuildInputs = INPUTS) -> BuildRecord:
    return BuildRecord(
        key=dict(described(inputs)),
        wheel=WheelRecord(filename=wheel.path.name, sha256=wheel.digest.value, size=wheel.size),
        backend="tests",
        build_requirements=[],
        seconds=3.0,
        built_at="2026-01-01T00:00:00+00:00",
        freewheel="1.2.3",
    )


class Machine(WheelsInStore):
    """A run of another machine."""

    def __init__(self, store: SharedStore, scratch: Callable[[str], Path]) -> None:
        super().__init__(store=store, sharing=Sharing(is_private=lambda _: False), scratch=scratch)
        self.store = store

    def give(self, wheel: SoundWheel, inputs: BuildInputs = INPUTS) -> None:
        """Offer a wheel, and wait until it is there."""
        self.offer(SIX, inputs, wheel, record_of(wheel, inputs), replaces=False)
        self.store.finish()


@pytest.fixture
def machine(storage: Storage, tmp_path: Path) -> Callable[[], Machine]:
    """Makes such runs."""

    def scratch(purpose: str) -> Path:
        folder = tmp_path / f"{purpose}-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return folder

    return lambda: Machine(shared(storage), scratch)


def put(storage: Storage, record: Record, inputs: BuildInputs = INPUTS) -> None:
    ObjectEntries(storage=storage).put(KIND, "six", build_key(inputs), record)


def reason(found: SharedWheel | Miss | None) -> str:
    assert isinstance(found, Miss)
    return found.reason.removeprefix("the shared wheel is not used: ")


def test_what_one_gives_another_finds_with_where_it_came_from(
    machine: Callable[[], Machine], sound: SoundWheel
) -> None:
    machine().give(sound)
    found = machine().find(SIX, INPUTS)
    assert isinstance(found, SharedWheel)
    assert found.wheel.path.read_bytes() == sound.path.read_bytes()
    assert found.record == replace(record_of(sound), shared_from="memory://")


def test_what_is_not_there_is_said_not_to_be(machine: Callable[[], Machine]) -> None:
    assert machine().find(SIX, INPUTS) == Miss(reason="nothing is shared of it")


def test_what_may_not_be_shared_is_not_even_asked_for(machine: Callable[[], Machine], sound: SoundWheel) -> None:
    inputs = replace(INPUTS, variables=(("CFLAGS", "-I/opt/include"),))
    one = machine()
    one.give(sound, inputs)
    reason = "it is not shared: it depends on a place on this machine (CFLAGS)"
    assert one.find(SIX, inputs) == Miss(reason=reason)
    assert (one.store.tally.misses, one.store.tally.written) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"libc": "glibc 2.99"},
        {"libc": "musl 1.2"},
        {"platform": "linux-aarch64"},
        {"platform": "macosx-14.0-arm64"},
        {"python_version": "3.99"},
        {"abi": "cp399"},
    ],
)
def test_a_wheel_of_another_kind_of_machine_is_never_offered(
    machine: Callable[[], Machine], sound: SoundWheel, change: dict[str, str]
) -> None:
    machine().give(sound, replace(INPUTS, target=replace(TARGET, **change)))
    assert machine().find(SIX, INPUTS) == Miss(reason="nothing is shared of it")


@pytest.mark.parametrize(
    "name",
    [
        "../six-1.0-py3-none-any.whl",
        "six-1.0-py3-none-any./../../six.whl",
        "..\\six-1.0-py3-none-any.whl",
        "/six-1.0-py3-none-any.whl",
        "",
        ".",
        "six-1.0-py3-none-any.whl/",
        "six-1.0-py3-none-any.\0.whl",
        f"six-1.0-py3-none-any.{'x' * 300}.whl",
    ],
)
def test_no_file_name_leads_anywhere_else(
    machine: Callable[[], Machine], storage: Storage, sound: SoundWheel, tmp_path: Path, name: str
) -> None:
    machine().give(sound)
    record = record_of(sound)
    put(storage, to_record(replace(record, wheel=replace(record.wheel, filename=name)), origin=""))
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert isinstance(machine().find(SIX, INPUTS), Miss)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_record_of_another_key_is_none_of_this(
    machine: Callable[[], Machine], storage: Storage, sound: SoundWheel
) -> None:
    machine().give(sound)
    put(storage, to_record(record_of(sound, replace(INPUTS, variables=(("CFLAGS", "-O3"),))), origin=""))
    assert reason(machine().find(SIX, INPUTS)) == "it says that it was built under other conditions"


def test_another_project_is_not_this_one(
    machine: Callable[[], Machine], storage: Storage, tmp_path: Path, sound: SoundWheel
) -> None:
    path = make_wheel(tmp_path, "evil")
    evil = SoundWheel(path=path, digest=inspection.file_digest(path), size=path.stat().st_size, is_compiled=False)
    machine().give(sound)
    with path.open("rb") as stream:
        ObjectBlobs(storage=storage).add(evil.digest, stream)
    put(storage, to_record(record_of(evil), origin=""))
    assert "it is for the project evil, not six" in reason(machine().find(SIX, INPUTS))


def test_bytes_that_are_no_wheel_are_none(machine: Callable[[], Machine], tmp_path: Path) -> None:
    path = tmp_path / "six-1.0-py3-none-any.whl"
    path.write_bytes(b"no archive")
    wheel = SoundWheel(path=path, digest=inspection.file_digest(path), size=10, is_compiled=False)
    machine().give(wheel)
    assert isinstance(machine().find(SIX, INPUTS), Miss)


def test_a_record_without_its_bytes_is_replaced_by_the_next_build(
    machine: Callable[[], Machine], storage: Storage, sound: SoundWheel
) -> None:
    machine().give(sound)
    ObjectBlobs(storage=storage).remove(sound.digest)
    second = machine()
    assert reason(second.find(SIX, INPUTS)) == "its file is not there"
    second.give(sound)
    assert isinstance(machine().find(SIX, INPUTS), SharedWheel)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"build": b"{}"},
        {"build": "text"},
        {"build": b"\xff"},
        {"build": 1, "filename": "six-1.0-py3-none-any.whl", "size": 1},
    ],
)
def test_a_record_that_cannot_be_read_is_none(fields: dict[str, object]) -> None:
    found = from_record(Record(fields=fields, blobs=(DIGEST,)))  # type: ignore[arg-type]
    assert found == Miss(reason="its record cannot be read", is_damage=True)


@pytest.mark.parametrize("change", [{"filename": "other.whl"}, {"size": 1}])
def test_a_record_that_contradicts_itself_is_none(sound: SoundWheel, change: dict[str, object]) -> None:
    record = to_record(record_of(sound), origin="")
    changed = Record(fields={**record.fields, **change}, blobs=record.blobs)  # type: ignore[dict-item]
    assert from_record(changed) == Miss(reason="its record contradicts itself", is_damage=True)
    other = Record(fields=record.fields, blobs=(DIGEST,))
    assert from_record(other) == Miss(reason="its record contradicts itself", is_damage=True)


def test_fields_of_later_versions_are_passed_over(sound: SoundWheel) -> None:
    record = to_record(record_of(sound), origin="https://files.example/six-1.0.tar.gz")
    build = json.dumps({**msgspec.to_builtins(record_of(sound)), "later": 1}).encode()
    found = from_record(Record(fields={**record.fields, "later": 1, "build": build}, blobs=record.blobs))
    assert not isinstance(found, Miss)
    assert found.origin == "https://files.example/six-1.0.tar.gz"
