"""Bodies that break off, and how they are carried on."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from freewheel import errors
from freewheel.events import DownloadInterrupted, DownloadResumed, Event, Recorder
from freewheel.httpcache.message import Headers, Request
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.bodies import read_all
from freewheel.net.resuming import ResumingTransport
from tests.unit.net.doubles import Answer, FakeTransport, in_turn

URL = "https://files.example/six-1.0-py3-none-any.whl"
CONTENT = bytes(range(256)) * 40
HERE = 5000
SIZE = len(CONTENT)
TAG = {"ETag": '"1"'}
DATED = {"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Mon, 07 Nov 1994 08:49:37 GMT"}


def broken(fields: dict[str, str], *, content: bytes = CONTENT[:HERE], status: int = 200) -> Answer:
    failure = errors.IncompleteBody(url=URL, expected=SIZE, received=HERE)
    return Answer(status=status, fields={"Content-Length": str(SIZE), **fields}, content=content, failure=failure)


def rest(fields: dict[str, str], *, start: int = HERE, content: bytes | None = None) -> Answer:
    shown = {"Content-Range": f"bytes {start}-{SIZE - 1}/{SIZE}", **fields}
    return Answer(status=206, fields=shown, content=CONTENT[start:] if content is None else content)


def whole(fields: dict[str, str], content: bytes = CONTENT) -> Answer:
    return Answer(fields={"Content-Length": str(len(content)), **fields}, content=content)


@dataclass(slots=True)
class Resuming:
    """A resuming transport around an origin, with its requests and events in view."""

    origin: FakeTransport
    retries: int = 5
    recorder: Recorder = field(default_factory=Recorder)

    def get(self, request: Request | None = None) -> bytes:
        transport = ResumingTransport(inner=self.origin, retries=self.retries, reporter=self.recorder)
        return read_all(transport.send(request or Request(url=URL)).body)

    @property
    def asked(self) -> list[tuple[str | None, str | None]]:
        return [(one.headers.get("Range"), one.headers.get("If-Range")) for one in self.origin.requests]

    @property
    def events(self) -> list[Event]:
        return self.recorder.events


@pytest.mark.parametrize(("fields", "condition"), [(TAG, '"1"'), (DATED, DATED["Last-Modified"])])
def test_the_rest_is_asked_for_by_the_validator(fields: dict[str, str], condition: str) -> None:
    """Behaviour 46."""
    resuming = Resuming(in_turn([broken(fields), rest(fields)]))
    assert resuming.get() == CONTENT
    assert resuming.asked == [(None, None), (f"bytes={HERE}-", condition)]
    assert resuming.events == [
        DownloadInterrupted(received=HERE, size=SIZE, attempt=1),
        DownloadResumed(filename="six-1.0-py3-none-any.whl", received=HERE, size=SIZE),
    ]
    assert all(body.is_closed for body in resuming.origin.bodies)


def test_the_rest_may_break_off_again() -> None:
    shown = {"Content-Range": f"bytes {HERE}-{SIZE - 1}/{SIZE}", "Content-Length": str(SIZE - HERE)}
    twice = broken({**TAG, **shown}, content=CONTENT[HERE:7000], status=206)
    resuming = Resuming(in_turn([broken(TAG), twice, rest(TAG, start=7000)]))
    assert resuming.get() == CONTENT
    assert [one for one, _ in resuming.asked] == [None, "bytes=5000-", "bytes=7000-"]


def test_a_server_that_is_away_for_a_while_is_asked_again() -> None:
    away = errors.Unreachable(url=URL, reason="refused")
    assert Resuming(in_turn([broken(TAG), away, away, rest(TAG)])).get() == CONTENT


@pytest.mark.parametrize("fields", [TAG, {}, {"ETag": 'W/"1"'}])
def test_a_server_that_sends_all_again_is_read_up_to_where_it_broke_off(fields: dict[str, str]) -> None:
    """Without a validator that identifies bytes, nothing else is asked for; the start is compared."""
    resuming = Resuming(in_turn([broken(fields), whole(fields)]))
    assert resuming.get() == CONTENT
    assert resuming.asked[1] == (("bytes=5000-", '"1"') if fields == TAG else (None, None))


def test_a_stated_digest_identifies_the_rest_as_well() -> None:
    """Whoever reads it checks the whole."""
    resuming = Resuming(in_turn([broken({}), rest({})]))
    assert resuming.get(Request(url=URL, digest=sha256_of(CONTENT))) == CONTENT
    assert resuming.asked[1] == ("bytes=5000-", None)


def part(first: int, last: int, complete: object = SIZE, **fields: str) -> Answer:
    """A 206 with what it says that it has."""
    shown = {"Content-Range": f"bytes {first}-{last}/{complete}", **fields}
    return Answer(status=206, fields=shown, content=CONTENT[first : last + 1])


CHANGED = "the file has changed meanwhile"
UNSTATED = "a part came that does not say which"
WRONG = "a part came that contradicts itself"
OTHER = "another part came than was asked for"


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        pytest.param(rest({"ETag": '"2"'}), CHANGED, id="a part of another representation"),
        pytest.param(rest({"ETag": 'W/"1"'}), CHANGED, id="a weak validator"),
        pytest.param(rest({**TAG, "Content-Encoding": "gzip"}), CHANGED, id="a part of another coding"),
        pytest.param(rest(TAG, start=4999), OTHER, id="a part from elsewhere"),
        pytest.param(part(5000, 10239, 99999, **TAG), OTHER, id="of another size"),
        pytest.param(part(5000, 4999), WRONG, id="it ends before it begins"),
        pytest.param(part(5000, 10240), WRONG, id="it ends after the whole"),
        pytest.param(part(5000, 10239, **{"Content-Length": "9"}), WRONG, id="length"),
        pytest.param(rest({**TAG, "Content-Range": "nonsense"}), WRONG, id="nonsense"),
        pytest.param(rest({**TAG, "Content-Range": "lines 1-2/3"}), WRONG, id="lines"),
        pytest.param(
            Answer(status=206, fields={"Content-Type": "multipart/byteranges; boundary=x"}, content=b"--x"),
            UNSTATED,
            id="several parts",
        ),
        pytest.param(rest({"Content-Type": "Multipart/byteranges; boundary=x"}), UNSTATED, id="as if they were one"),
        pytest.param(whole(TAG, b"x" * SIZE), CHANGED, id="another file"),
        pytest.param(whole({"ETag": '"2"'}), CHANGED, id="the same start of another representation"),
        pytest.param(whole({**TAG, "Content-Encoding": "gzip"}), CHANGED, id="another coding"),
        pytest.param(whole(TAG, CONTENT[:-1]), CHANGED, id="a file of another size"),
        pytest.param(Answer(status=416), "the rest was refused with status 416", id="no such part"),
        pytest.param(Answer(status=403), "the rest was refused with status 403", id="no more access"),
    ],
)
def test_what_does_not_follow_on_is_an_error(second: Answer, reason: str) -> None:
    """Behaviour 45; RFC 9110 §14.4 and 15.3.7."""
    resuming = Resuming(in_turn([broken(TAG), second]))
    with pytest.raises(errors.IncompleteBody) as caught:
        resuming.get()
    assert (caught.value.received, caught.value.expected, caught.value.attempts) == (HERE, SIZE, 2)
    assert (caught.value.reason or "").startswith(reason)
    assert all(body.is_closed for body in resuming.origin.bodies)


@pytest.mark.parametrize("digest", [None, sha256_of(CONTENT)])
def test_a_part_that_was_not_asked_for_is_an_error(digest: Digest | None) -> None:
    """Neither before anything came, nor where nothing tells that it is of the same file."""
    nothing_yet = Answer(fields=TAG, failure=errors.IncompleteBody(url=URL, expected=SIZE, received=0))
    resuming = Resuming(in_turn([nothing_yet, part(0, SIZE - 1, **TAG)]))
    with pytest.raises(errors.IncompleteBody) as caught:
        resuming.get(Request(url=URL, digest=digest))
    assert caught.value.reason == "a part came that was not asked for"
    resuming = Resuming(in_turn([broken({"ETag": 'W/"1"'}), rest({})]))
    with pytest.raises(errors.IncompleteBody):
        resuming.get()


def test_a_date_is_a_validator_whose_part_has_the_same_one() -> None:
    other = {**DATED, "Last-Modified": "Sun, 06 Nov 1994 08:49:36 GMT"}
    resuming = Resuming(in_turn([broken(DATED), rest(other)]))
    with pytest.raises(errors.IncompleteBody):
        resuming.get()
    weak_too = {**DATED, "ETag": 'W/"1"'}
    assert Resuming(in_turn([broken(weak_too), rest(DATED)])).get() == CONTENT
    with pytest.raises(errors.IncompleteBody):
        Resuming(in_turn([broken(weak_too), rest({**DATED, "ETag": 'W/"2"'})])).get()


def test_a_part_may_be_shorter_than_was_asked_for() -> None:
    """RFC 9110 §15.3.7: what is still missing is asked for again."""
    resuming = Resuming(in_turn([broken(TAG), part(5000, 6999), part(7000, 7000), part(7001, SIZE - 1)]))
    assert resuming.get() == CONTENT
    assert [one for one, _ in resuming.asked] == [None, "bytes=5000-", "bytes=7000-", "bytes=7001-"]


@pytest.mark.parametrize("unframed", [{}, {"Transfer-Encoding": "chunked"}])
def test_a_part_is_as_long_as_it_says(unframed: dict[str, str]) -> None:
    """However its own end is told."""
    short = Answer(
        status=206, fields={"Content-Range": f"bytes 5000-10239/{SIZE}", **unframed}, content=CONTENT[5000:-1]
    )
    assert Resuming(in_turn([broken(TAG), short, part(SIZE - 1, SIZE - 1)])).get() == CONTENT
    long = Answer(
        status=206, fields={"Content-Range": f"bytes 5000-10239/{SIZE}", **unframed}, content=CONTENT[4999:]
    )
    resuming = Resuming(in_turn([broken(TAG), long]), retries=1)
    with pytest.raises(errors.IncompleteBody) as caught:
        resuming.get()
    assert caught.value.reason == "more came than was stated"


def test_the_size_is_learnt_from_a_part() -> None:
    """A first answer in chunks states none: then a part that keeps it to itself tells nothing of the end."""
    begun = Answer(
        fields=TAG, content=CONTENT[:HERE], failure=errors.IncompleteBody(url=URL, expected=None, received=HERE)
    )
    assert Resuming(in_turn([begun, part(5000, 6999), part(7000, SIZE - 1)])).get() == CONTENT
    with pytest.raises(errors.IncompleteBody):
        Resuming(in_turn([begun, part(5000, SIZE - 1, "*")])).get()
    known = broken(TAG)
    assert Resuming(in_turn([known, part(5000, SIZE - 1, "*")])).get() == CONTENT


def test_another_validator_does_not_count_against_a_stated_digest() -> None:
    """Of a whole file, which some servers send with a validator for each of their machines."""
    resuming = Resuming(in_turn([broken(TAG), whole({"ETag": '"2"'})]))
    assert resuming.get(Request(url=URL, digest=sha256_of(CONTENT))) == CONTENT


@pytest.mark.parametrize("retries", [0, 2])
def test_there_is_an_end_to_it(retries: int) -> None:
    resuming = Resuming(FakeTransport(lambda _: broken({})), retries=retries)
    with pytest.raises(errors.IncompleteBody) as caught:
        resuming.get()
    assert caught.value.attempts == retries + 1
    assert len(resuming.origin.requests) == retries + 1


@pytest.mark.parametrize(
    "request_",
    [Request(url=URL, method="POST"), Request(url=URL, headers=Headers((("Range", "bytes=0-99"),)))],
)
def test_only_whole_files_are_resumed(request_: Request) -> None:
    resuming = Resuming(FakeTransport(lambda _: broken(TAG)))
    with pytest.raises(errors.IncompleteBody):
        resuming.get(request_)
    assert len(resuming.origin.requests) == 1
