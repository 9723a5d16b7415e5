"""pip's HTTP cache behind the caching loop: what is taken over, and what becomes of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest

from freewheel import errors
from freewheel.events import Adopted, Event, Missed, Noted, Recorder, Reused
from freewheel.httpcache.message import Headers, Request
from freewheel.httpcache.policy import Policy
from freewheel.model.digest import Digest, sha256_of
from freewheel.model.url import Credentials
from freewheel.net.bodies import read_all
from freewheel.net.caching import CachingTransport
from freewheel.net.pip_responses import PipResponses
from freewheel.net.purpose import FILE_FIELDS
from freewheel.store.foreign import ForeignFile, ForeignFolder
from freewheel.store.memory import MemoryBlobs, MemoryEntries
from freewheel.store.protocol import Miss
from tests.support.clock import FakeClock
from tests.support.folders import snapshot
from tests.support.pips_cache import Entry, put, record_path
from tests.unit.net.doubles import Answer, FakeTransport

PAGE = "https://index.example/simple/six/"
FILE = "https://files.example/six-1.0-py3-none-any.whl"
CONTENT = b"content " * 2000
SHA256 = sha256_of(CONTENT)
SHA512 = Digest(algorithm="sha512", value=hashlib.sha512(CONTENT).hexdigest())
FROM_THE_ORIGIN = b"from the origin"


def unreachable(_: Request) -> errors.Unreachable:
    return errors.Unreachable(url=PAGE, reason="down")


@dataclass(slots=True)
class Machine:
    """A cache of ours beside one of pip's, and an origin that cannot be reached unless a test says otherwise."""

    pips: Path
    scope: str = ""
    origin: FakeTransport = field(default_factory=lambda: FakeTransport(unreachable))
    clock: FakeClock = field(default_factory=FakeClock)
    recorder: Recorder = field(default_factory=Recorder)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    entries: MemoryEntries = field(init=False)
    folder: ForeignFolder = field(init=False)

    def __post_init__(self) -> None:
        self.entries = MemoryEntries(clock=self.clock)
        self.folder = ForeignFolder(root=self.pips)

    def transport(self) -> CachingTransport:
        other = PipResponses(
            folder=self.folder,
            entries=self.entries,
            blobs=self.blobs,
            clock=self.clock,
            policy=Policy(),
            reporter=self.recorder,
        )
        return CachingTransport(
            inner=self.origin,
            entries=self.entries,
            blobs=self.blobs,
            clock=self.clock,
            reporter=self.recorder,
            scope=lambda _: self.scope,
            others=() if other is None else (other,),
        )

    def put(self, url: str, content: bytes = CONTENT, *, control: str = "public, max-age=600", **more: str) -> Path:
        fields = {
            "Date": formatdate(self.clock() - 100, usegmt=True),
            "Content-Length": str(len(content)),
            "Cache-Control": control,
        }
        entry = Entry(
            fields=fields | {name.replace("_", "-"): value for name, value in more.items()}, content=content
        )
        return put(self.pips, url, entry, at=self.clock() - 99)

    def answers(self) -> None:
        """From now on the origin answers."""
        self.origin.respond = lambda _: Answer(content=FROM_THE_ORIGIN, fields={"ETag": '"new"'})

    def get(self, url: str, digest: Digest | None = None, **more: object) -> bytes:
        headers = Headers() if url == PAGE else FILE_FIELDS
        request = Request(url=url, headers=headers, digest=digest, **more)  # type: ignore[arg-type]
        return read_all(self.transport().send(request).body)

    def events(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.recorder.events if isinstance(event, kind)]

    def said(self) -> str:
        return " ".join(event.message for event in self.recorder.events if isinstance(event, Noted))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "pip")


# What is taken over


@pytest.mark.parametrize("content", [CONTENT, b"short", b""], ids=["long", "short", "empty"])
def test_a_page_is_taken_over_once_and_is_ours_then(machine: Machine, content: bytes) -> None:
    machine.put(PAGE, content)
    before = snapshot(machine.pips, with_times=True)
    assert machine.get(PAGE) == content
    assert machine.events(Adopted) == [Adopted(kind="page", subject=PAGE, size=len(content))]
    assert len(machine.events(Reused)) == 1
    assert snapshot(machine.pips, with_times=True) == before
    record_path(machine.pips, PAGE).unlink()
    assert machine.get(PAGE) == content
    assert len(machine.events(Adopted)) == 1
    assert machine.origin.requests == []


@pytest.mark.parametrize("stated", [SHA256, SHA512], ids=["sha256", "sha512"])
@pytest.mark.parametrize("control", ["public, max-age=600", "max-age=600", "max-age=0"])
def test_a_file_with_a_stated_digest_is_taken_over(machine: Machine, stated: Digest, control: str) -> None:
    machine.put(FILE, control=control)
    assert machine.get(FILE, stated) == CONTENT
    record_path(machine.pips, FILE).unlink()
    assert machine.get(FILE, stated) == CONTENT
    assert machine.origin.requests == []


def test_a_file_that_nobody_may_have_is_ours_by_its_digest_alone(machine: Machine) -> None:
    machine.put(FILE, control="max-age=600")
    assert machine.get(FILE, SHA256) == CONTENT
    machine.answers()
    record_path(machine.pips, FILE).unlink()
    assert machine.get(FILE) == FROM_THE_ORIGIN


def test_a_part_is_answered_from_the_whole(machine: Machine) -> None:
    machine.put(FILE)
    headers = FILE_FIELDS.plus("Range", "bytes=-8")
    reply = machine.transport().send(Request(url=FILE, headers=headers, digest=SHA256))
    assert (reply.response.status, read_all(reply.body)) == (206, b"content ")


def test_what_is_only_to_come_from_the_cache_may_come_from_pips(machine: Machine) -> None:
    headers = FILE_FIELDS.plus("Cache-Control", "only-if-cached")
    request = Request(url=FILE, headers=headers, digest=SHA256)
    assert machine.transport().send(request).response.status == 504
    machine.put(FILE)
    assert read_all(machine.transport().send(request).body) == CONTENT


def test_a_stale_page_is_validated_with_what_pip_kept(machine: Machine) -> None:
    machine.put(PAGE, ETag='"1"')
    machine.clock.advance(600)
    machine.origin.respond = lambda _: Answer(status=304, fields={"Cache-Control": "max-age=600"})
    assert machine.get(PAGE) == CONTENT
    assert machine.get(PAGE) == CONTENT
    assert [request.headers.get("If-None-Match") for request in machine.origin.requests] == ['"1"']


def test_a_body_that_others_want_as_well_does_not_go_with_its_page(machine: Machine) -> None:
    for url in (FILE, PAGE):
        machine.put(url)
        machine.get(url, SHA256 if url == FILE else None)
    machine.answers()
    machine.clock.advance(600)
    assert machine.get(PAGE) == FROM_THE_ORIGIN
    record_path(machine.pips, FILE).unlink()
    assert machine.get(FILE, SHA256) == CONTENT
    assert len(machine.origin.requests) == 1


def test_what_is_ours_already_counts(machine: Machine) -> None:
    machine.answers()
    machine.get(PAGE)
    machine.put(PAGE)
    machine.origin.respond = lambda _: Answer(status=304)
    assert machine.get(PAGE) == FROM_THE_ORIGIN
    assert machine.events(Adopted) == []


# What is not


def test_what_pip_does_not_have_is_asked_for_without_a_word(machine: Machine) -> None:
    machine.answers()
    assert machine.get(PAGE) == FROM_THE_ORIGIN
    assert machine.said() == ""
    assert machine.events(Missed) != []


@pytest.mark.parametrize(
    "who", [{"credentials": Credentials(user="me", password="pw")}, {"headers": Headers((("Authorization", "x"),))}]
)
def test_a_request_with_credentials_gets_nothing_of_pips(machine: Machine, who: dict[str, object]) -> None:
    machine.put(FILE)
    machine.origin.respond = lambda _: Answer(content=CONTENT)
    request = Request(url=FILE, digest=SHA256, **who)  # type: ignore[arg-type]
    assert read_all(machine.transport().send(request).body) == CONTENT
    assert len(machine.origin.requests) == 1
    assert machine.events(Adopted) == []


def test_a_request_of_another_scope_gets_nothing_of_pips(machine: Machine) -> None:
    """Of credentials that are sent elsewhere, a client's certificate, a host that is trusted without one."""
    machine.put(PAGE)
    machine.answers()
    machine.scope = "ab12"
    assert machine.get(PAGE) == FROM_THE_ORIGIN
    assert machine.events(Adopted) == []


@pytest.mark.parametrize("request_", [Request(url=PAGE, method="HEAD"), Request(url=PAGE, content=b"x")])
def test_requests_for_more_than_reading_get_nothing_of_pips(machine: Machine, request_: Request) -> None:
    machine.put(PAGE)
    machine.answers()
    read_all(machine.transport().send(request_).body)
    assert machine.events(Adopted) == []


Damage = Callable[[Path], object]


def body_of(record: Path) -> Path:
    return record.with_name(f"{record.name}.body")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


DAMAGE: dict[str, tuple[Damage, str]] = {
    "no record": (lambda record: record.unlink(), ""),
    "no body": (lambda record: body_of(record).unlink(), ""),
    "an empty record": (lambda record: record.write_bytes(b""), "does not begin"),
    "half a record": (lambda record: os.truncate(record, 40), "cannot be read"),
    "another version": (lambda record: record.write_bytes(b"cc=5" + record.read_bytes()[4:]), "does not begin"),
    "a longer record": (lambda record: os.truncate(record, 1 << 21), "more than any record"),
    "half a body": (lambda record: os.truncate(body_of(record), 100), "its body has 100 bytes instead of 16000"),
    "a longer body": (lambda record: os.truncate(body_of(record), 20_000), "its body has 20000 bytes"),
    "a flipped bit": (lambda record: flip(body_of(record)), "its sha256 digest is"),
    "a body of another file": (lambda record: body_of(record).write_bytes(b"x" * 16000), "its sha256 digest is"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_a_miss_with_a_reason(machine: Machine, name: str) -> None:
    damage, reason = DAMAGE[name]
    damage(machine.put(FILE))
    machine.origin.respond = lambda _: Answer(content=CONTENT)
    before = snapshot(machine.pips, with_times=True)
    assert machine.get(FILE, SHA256) == CONTENT
    assert len(machine.origin.requests) == 1
    assert machine.events(Adopted) == []
    assert reason in machine.said()
    assert bool(machine.said()) is bool(reason)
    assert snapshot(machine.pips, with_times=True) == before
    assert machine.get(FILE, SHA256) == CONTENT  # what came from the origin is kept
    assert len(machine.origin.requests) == 1


@pytest.mark.parametrize("which", ["record", "body"])
def test_a_pipe_or_a_folder_in_the_place_of_a_file_makes_nobody_wait(machine: Machine, which: str) -> None:
    record = machine.put(FILE)
    place = record if which == "record" else body_of(record)
    machine.origin.respond = lambda _: Answer(content=CONTENT)
    place.unlink()
    os.mkfifo(place)
    assert machine.get(FILE, SHA256) == CONTENT
    assert "Is not a regular file" in machine.said()


def test_an_entry_of_another_url_is_found_out_by_the_digest(machine: Machine) -> None:
    """The record does not say of which URL it is."""
    other = machine.put("https://files.example/other.whl", b"other")
    there = record_path(machine.pips, FILE)
    there.parent.mkdir(parents=True)
    other.rename(there)
    body_of(other).rename(body_of(there))
    machine.origin.respond = lambda _: Answer(content=CONTENT)
    assert machine.get(FILE, SHA256) == CONTENT


class Changing(ForeignFolder, frozen=True):
    """A folder in which pip replaces a file, the record or the body, once it was opened."""

    suffix: str

    def is_still(self, found: ForeignFile) -> bool:
        path = self.root.joinpath(*found.path)
        if path.suffix == self.suffix:
            path.with_name("new").write_bytes(path.read_bytes())
            path.with_name("new").replace(path)
        return super().is_still(found)


@pytest.mark.parametrize("suffix", ["", ".body"], ids=["record", "body"])
def test_an_entry_that_pip_is_replacing_is_left(machine: Machine, suffix: str) -> None:
    """Otherwise a newer body might be taken for that of an older record, or an older one for that of a newer."""
    machine.put(PAGE)
    machine.folder = Changing(root=machine.pips, suffix=suffix)
    machine.answers()
    assert machine.get(PAGE) == FROM_THE_ORIGIN
    assert "pip is replacing it" in machine.said()


class Shrinking(ForeignFolder, frozen=True):
    """A folder in which a body is cut short once its size has been seen."""

    def open(self, *path: str) -> ForeignFile | Miss:
        found = super().open(*path)
        if not isinstance(found, Miss) and path[-1].endswith(".body"):
            os.truncate(self.root.joinpath(*path), 10)
        return found


def test_a_body_that_changes_while_it_is_read_is_left(machine: Machine) -> None:
    machine.put(PAGE)
    machine.folder = Shrinking(root=machine.pips)
    machine.answers()
    assert machine.get(PAGE) == FROM_THE_ORIGIN
    assert "pip is replacing it" in machine.said()


def test_what_is_asked_for_anew_is_asked_for_with_what_pip_kept(machine: Machine) -> None:
    machine.put(PAGE, ETag='"1"')
    machine.origin.respond = lambda _: Answer(status=304)
    request = Request(url=PAGE, headers=Headers((("Cache-Control", "max-age=0"),)))
    assert read_all(machine.transport().send(request).body) == CONTENT
    assert [one.headers.get("If-None-Match") for one in machine.origin.requests] == ['"1"']


def test_threads_that_want_the_same_all_get_it(machine: Machine) -> None:
    machine.put(FILE)
    transport = machine.transport()

    def get(_: int) -> bytes:
        return read_all(transport.send(Request(url=FILE, headers=FILE_FIELDS, digest=SHA256)).body)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(get, range(40))) == {CONTENT}
    assert machine.origin.requests == []


def test_a_reason_is_told_once(machine: Machine) -> None:
    record = machine.put(PAGE)
    record.write_bytes(b"")
    machine.origin.respond = lambda _: Answer(content=FROM_THE_ORIGIN)
    transport = machine.transport()
    for _ in range(2):
        read_all(transport.send(Request(url=PAGE)).body)
    assert len(machine.events(Noted)) == 1


class FullBlobs(MemoryBlobs):
    """A store without room."""

    def has_room(self, size: int) -> bool:
        return size < 0


def test_what_cannot_be_kept_is_not_taken_over(machine: Machine) -> None:
    machine.put(FILE)
    machine.blobs = FullBlobs()
    machine.origin.respond = lambda _: Answer(content=CONTENT)
    assert machine.get(FILE, SHA256) == CONTENT
    assert "our own cache cannot keep it" in machine.said()
    assert len(machine.origin.requests) == 1
