"""Files are fetched once a run, whole, checked, and may be read as often as wanted."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel import errors
from freewheel.events import DownloadAdvanced, DownloadFinished, DownloadStarted, FileReused, Recorder
from freewheel.httpcache.message import Request, Response
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.demand import Demand
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.bodies import StreamBody
from freewheel.net.download import Download, Downloads, MetadataFile
from freewheel.net.local_files import LocalFileTransport
from freewheel.net.protocol import Reply, Transport
from freewheel.store.memory import MemoryBlobs
from freewheel.store.protocol import Miss
from tests.unit.net.doubles import Answer, FakeBody, FakeTransport, in_turn

CONTENT = b"wheel" * 1000
URL = "https://files.example/six-1.0-py3-none-any.whl"
GOOD = sha256_of(CONTENT)
BAD = sha256_of(b"other")


def artifact(*digests: Digest, url: str = URL, metadata: tuple[Digest, ...] | None = None) -> Artifact:
    return Artifact(
        kind=ArtifactKind.WHEEL,
        project=normalize("six"),
        version=Version("1.0"),
        filename="six-1.0-py3-none-any.whl",
        url=url,
        digests=digests,
        metadata_digests=metadata,
    )


def read(download: Download) -> bytes:
    with download.open() as stream:
        return stream.read()


@dataclass(slots=True)
class Desk:
    """Downloads around a transport, with its scratch folder and its events in view."""

    transport: Transport
    scratch: Path
    blobs: MemoryBlobs | None = None
    recorder: Recorder = field(default_factory=Recorder)

    def downloads(self) -> Downloads:
        return Downloads(
            transport=self.transport,
            scratch=lambda: self.scratch,
            reporter=self.recorder,
            blobs=self.blobs,
        )

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.recorder.events]


@dataclass(slots=True)
class FakeCache:
    """Keeps what it fetches in `blobs`, as a cache before `origin` would; it can fail to."""

    origin: FakeTransport
    blobs: MemoryBlobs
    fails: bool = False

    def send(self, request: Request) -> Reply:
        directives = request.headers.get_all("Cache-Control")
        found = self.blobs.open(request.digest) if request.digest else Miss(reason="no digest")
        if not isinstance(found, Miss):
            response = Response(status=200)
            return Reply(response=response, body=StreamBody(stream=found, blob=request.digest), url=request.url)
        if "only-if-cached" in directives:
            return Reply(response=Response(status=504), body=FakeBody([]), url=request.url)
        reply = self.origin.send(request)
        if "no-store" in directives:
            return reply
        return Reply(response=reply.response, body=KeptBody(reply, self), url=reply.url)


class KeptBody:
    """A body that is in the blobs once it was read, unless the cache fails."""

    will_be_kept = True

    def __init__(self, reply: Reply, cache: FakeCache) -> None:
        self.blob: Digest | None = None
        self._reply = reply
        self._cache = cache
        self._writer = cache.blobs.create()

    def read(self, size: int) -> bytes:
        data = self._reply.body.read(size)
        self._writer.write(data)
        if not data and not self._cache.fails:
            self.blob = self._writer.commit()
        return data

    def close(self) -> None:
        self._reply.body.close()


def demanding(*allowed: Digest, stated: tuple[Digest, ...] = ()) -> Artifact:
    return replace(artifact(*stated), demands=(Demand(allowed=frozenset(allowed), origin="r.txt"),))


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("with_cache", [True, False])
def test_bytes_that_nobody_demands_are_not_kept(tmp_path: Path, algorithm: str, with_cache: bool) -> None:
    origin, blobs = in_turn([Answer(content=CONTENT)]), MemoryBlobs()
    desk = Desk(FakeCache(origin, blobs) if with_cache else origin, tmp_path, blobs if with_cache else None)
    wanted = Digest(algorithm=algorithm, value="ab")
    with pytest.raises(errors.DigestNotAllowed) as caught:
        desk.downloads().fetch(demanding(wanted))
    assert (caught.value.allowed, caught.value.wanted_by) == ((str(wanted),), "r.txt")
    assert caught.value.found == (f"{algorithm}:{hashlib.new(algorithm, CONTENT).hexdigest()}",)
    assert list(tmp_path.iterdir()) == []
    assert isinstance(blobs.open(GOOD), Miss)


def test_one_of_several_demanded_digests_is_enough(tmp_path: Path) -> None:
    desk = Desk(in_turn([Answer(content=CONTENT)]), tmp_path)
    assert read(desk.downloads().fetch(demanding(BAD, GOOD))) == CONTENT


@dataclass(slots=True)
class Stored:
    """Has one blob for the URL, and what `anew` says for whoever does not take what is stored."""

    blobs: MemoryBlobs
    anew: bytes

    def send(self, request: Request) -> Reply:
        if "no-cache" in request.headers.get_all("Cache-Control"):
            return Reply(response=Response(status=200), body=FakeBody([self.anew]), url=request.url)
        found = self.blobs.open(GOOD)
        assert not isinstance(found, Miss)
        return Reply(response=Response(status=200), body=StreamBody(stream=found, blob=GOOD), url=request.url)


def test_a_stored_file_that_nobody_demands_is_asked_for_once_more(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    writer = blobs.create()
    writer.write(CONTENT)
    writer.commit()
    desk = Desk(Stored(blobs, anew=b"other"), tmp_path, blobs)
    sha512 = Digest(algorithm="sha512", value=hashlib.sha512(CONTENT).hexdigest())
    assert read(desk.downloads().fetch(demanding(sha512))) == CONTENT
    assert read(desk.downloads().fetch(demanding(BAD, sha256_of(b"third")))) == b"other"
    with pytest.raises(errors.DigestNotAllowed) as caught:
        desk.downloads().fetch(demanding(sha256_of(b"third")))
    assert caught.value.found == (str(BAD),)


def test_a_demand_and_a_statement_of_the_same_digest_are_one_error(tmp_path: Path) -> None:
    desk = Desk(in_turn([Answer(content=CONTENT), Answer(content=CONTENT)]), tmp_path)
    with pytest.raises(errors.DigestNotAllowed):
        desk.downloads().fetch(demanding(BAD, stated=(BAD,)))
    with pytest.raises(errors.DigestMismatch):
        desk.downloads().fetch(demanding(BAD, GOOD, stated=(BAD,)))


def test_without_a_cache_the_file_lies_in_the_scratch_folder(tmp_path: Path) -> None:
    desk = Desk(in_turn([Answer(content=CONTENT, fields={"Content-Length": "5000"})]), tmp_path)
    download = desk.downloads().fetch(artifact(GOOD))
    assert (download.digest, download.size, download.was_reused) == (GOOD, 5000, False)
    assert (read(download), read(download)) == (CONTENT, CONTENT)
    assert len(list(tmp_path.iterdir())) == 1
    assert desk.recorder.events == [
        DownloadStarted(filename="six-1.0-py3-none-any.whl", url=URL, size=5000),
        DownloadAdvanced(url=URL, received=5000),
        DownloadFinished(url=URL),
    ]


def test_the_request_states_the_strongest_digest_and_wants_no_coding(tmp_path: Path) -> None:
    origin = in_turn([Answer(content=CONTENT)])
    md5 = Digest(algorithm="md5", value=hashlib.md5(CONTENT, usedforsecurity=False).hexdigest())
    Desk(origin, tmp_path).downloads().fetch(artifact(md5, GOOD))
    assert origin.requests[0].digest == GOOD
    assert origin.requests[0].headers.get("accept-encoding") == "identity"


def test_fetched_once_a_run(tmp_path: Path) -> None:
    downloads = Desk(in_turn([Answer(content=CONTENT)]), tmp_path).downloads()
    assert downloads.fetch(artifact(GOOD)) is downloads.fetch(artifact(GOOD))


def test_threads_that_want_the_same_file_share_a_transfer(tmp_path: Path) -> None:
    arrived = threading.Barrier(4)
    origin = FakeTransport(lambda _: Answer(content=CONTENT))
    downloads = Desk(origin, tmp_path).downloads()
    got: list[bytes] = []

    def fetch() -> None:
        arrived.wait(10)
        got.append(read(downloads.fetch(artifact(GOOD))))

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [CONTENT] * 4
    assert len(origin.requests) == 1


def test_every_stated_digest_is_checked_and_nothing_wrong_stays(tmp_path: Path) -> None:
    wrong = Digest(algorithm="md5", value="00" * 16)
    for stated in ((BAD,), (GOOD, wrong)):
        desk = Desk(in_turn([Answer(content=CONTENT)]), tmp_path)
        with pytest.raises(errors.DigestMismatch) as caught:
            desk.downloads().fetch(artifact(*stated))
        assert caught.value.url == URL
        assert caught.value.subject == "six-1.0-py3-none-any.whl"
        assert caught.value.expected == stated[-1].value
        assert desk.kinds[-1] == "DownloadFinished"
    assert list(tmp_path.iterdir()) == []


def test_a_kept_file_that_breaks_a_second_digest_does_not_stay(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    cache = FakeCache(in_turn([Answer(content=CONTENT)]), blobs)
    wrong = Digest(algorithm="md5", value="00" * 16)
    with pytest.raises(errors.DigestMismatch):
        Desk(cache, tmp_path, blobs).downloads().fetch(artifact(GOOD, wrong))
    assert isinstance(blobs.open(GOOD), Miss)


def test_an_interrupted_transfer_leaves_nothing_and_may_be_tried_again(tmp_path: Path) -> None:
    """Behaviour 45."""
    cut = errors.IncompleteBody(url=URL, expected=5000, received=4)
    origin = in_turn([Answer(content=b"whee", failure=cut), Answer(content=CONTENT)])
    downloads = Desk(origin, tmp_path).downloads()
    with pytest.raises(errors.IncompleteBody):
        downloads.fetch(artifact(GOOD))
    assert list(tmp_path.iterdir()) == []
    assert origin.bodies[0].is_closed
    assert read(downloads.fetch(artifact(GOOD))) == CONTENT


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.AccessDenied),
        (403, errors.AccessDenied),
        (404, errors.UnexpectedStatus),
        (206, errors.UnexpectedStatus),
        (500, errors.UnexpectedStatus),
    ],
)
def test_a_status_that_is_no_file_is_an_error(tmp_path: Path, status: int, error: type[errors.NetworkError]) -> None:
    origin = FakeTransport(lambda _: Answer(status=status, content=b"no"))
    downloads = Desk(origin, tmp_path).downloads()
    with pytest.raises(error):
        downloads.fetch(artifact(GOOD))
    with pytest.raises(error):
        downloads.fetch_metadata(artifact(metadata=()))
    assert all(body.is_closed for body in origin.bodies)
    assert list(tmp_path.iterdir()) == []


def test_a_kept_file_is_read_from_the_blobs(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    origin = in_turn([Answer(content=CONTENT)])
    desk = Desk(FakeCache(origin, blobs), tmp_path, blobs)
    fetched = desk.downloads().fetch(artifact(GOOD))
    assert (read(fetched), fetched.was_reused, fetched.size) == (CONTENT, False, 5000)
    again = desk.downloads().fetch(artifact(GOOD))
    assert (read(again), again.was_reused, again.digest, again.size) == (CONTENT, True, GOOD, 5000)
    assert desk.recorder.events[-1] == FileReused(filename="six-1.0-py3-none-any.whl", size=5000)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_fails_half_way_costs_a_second_transfer_only(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    origin = FakeTransport(lambda _: Answer(content=CONTENT))
    download = Desk(FakeCache(origin, blobs, fails=True), tmp_path, blobs).downloads().fetch(artifact(GOOD))
    assert read(download) == CONTENT
    assert len(origin.requests) == 2


def test_a_cache_emptied_meanwhile_does_not_matter(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    origin = FakeTransport(lambda _: Answer(content=CONTENT))
    download = Desk(FakeCache(origin, blobs), tmp_path, blobs).downloads().fetch(artifact())
    blobs.remove(GOOD)
    assert read(download) == CONTENT


def test_other_content_after_the_cache_was_emptied_is_not_taken(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    origin = in_turn([Answer(content=CONTENT), Answer(content=b"replaced")])
    download = Desk(FakeCache(origin, blobs), tmp_path, blobs).downloads().fetch(artifact())
    blobs.remove(GOOD)
    with pytest.raises(errors.DigestMismatch):
        download.open()


def test_a_local_file_is_read_in_place(tmp_path: Path) -> None:
    """Behaviour 50."""
    path = tmp_path / "six-1.0-py3-none-any.whl"
    path.write_bytes(CONTENT)
    blobs, scratch = MemoryBlobs(), tmp_path / "scratch"
    desk = Desk(LocalFileTransport(), scratch, blobs)
    download = desk.downloads().fetch(artifact(GOOD, url=path.as_uri()))
    assert (read(download), download.digest, download.size, download.was_reused) == (CONTENT, GOOD, 5000, False)
    assert isinstance(blobs.open(GOOD), Miss)
    assert not scratch.exists()
    assert desk.kinds == []
    path.write_bytes(b"changed")
    changed = desk.downloads().fetch(artifact(url=path.as_uri()))
    assert changed.digest == sha256_of(b"changed")
    with pytest.raises(errors.DigestMismatch):
        desk.downloads().fetch(artifact(GOOD, url=path.as_uri()))


def test_a_missing_local_file_is_an_error(tmp_path: Path) -> None:
    desk = Desk(LocalFileTransport(), tmp_path)
    with pytest.raises(errors.FileGone, match="absent"):
        desk.downloads().fetch(artifact(url=(tmp_path / "absent.whl").as_uri()))


def test_no_room_for_the_file_is_an_error_of_ours(tmp_path: Path) -> None:
    desk = Desk(in_turn([Answer(content=CONTENT)]), tmp_path / "absent")
    with pytest.raises(errors.NotWritable):
        desk.downloads().fetch(artifact(GOOD))


def test_metadata_is_asked_for_beside_the_wheel_and_checked(tmp_path: Path) -> None:
    """Behaviour 51."""
    origin = FakeTransport(lambda _: Answer(content=b"Name: six\n"))
    downloads = Desk(origin, tmp_path).downloads()
    stated = sha256_of(b"Name: six\n")
    expected = MetadataFile(content=b"Name: six\n", may_be_kept=True)
    assert downloads.fetch_metadata(artifact(metadata=(stated,))) == expected
    assert downloads.fetch_metadata(artifact(metadata=())) == expected
    assert origin.urls == [f"{URL}.metadata"] * 2
    assert origin.requests[0].digest == stated
    with pytest.raises(errors.DigestMismatch):
        downloads.fetch_metadata(artifact(metadata=(BAD,)))


@pytest.mark.parametrize(
    ("directives", "expected"), [("max-age=60", True), ("no-store", False), ("no-store, must-understand", True)]
)
def test_what_may_not_be_kept_says_so(tmp_path: Path, directives: str, expected: bool) -> None:
    """Behaviour 27."""
    fields = {"Cache-Control": directives}
    downloads = Desk(FakeTransport(lambda _: Answer(content=CONTENT, fields=fields)), tmp_path).downloads()
    assert downloads.fetch(artifact(GOOD)).may_be_kept is expected
    assert downloads.fetch_metadata(artifact(metadata=())).may_be_kept is expected


def test_an_answer_without_fields_has_no_known_size(tmp_path: Path) -> None:
    desk = Desk(in_turn([Answer(content=CONTENT)]), tmp_path)
    desk.downloads().fetch(artifact())
    assert desk.recorder.events[0] == DownloadStarted(filename="six-1.0-py3-none-any.whl", url=URL, size=None)
