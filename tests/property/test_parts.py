"""Laws of parts: whatever ranges, changes and broken connections come, what is handed out is one whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from freewheel import errors
from freewheel.events import Recorder
from freewheel.httpcache.dates import format_date
from freewheel.httpcache.message import Headers, Request
from freewheel.httpcache.policy import Policy
from freewheel.httpcache.ranges import ByteRange, parse_range
from freewheel.model.digest import sha256_of
from freewheel.net.bodies import read_all
from freewheel.net.caching import CachingTransport
from freewheel.net.protocol import Reply
from freewheel.store.memory import MemoryBlobs, MemoryEntries
from tests.support.clock import FakeClock
from tests.unit.net.doubles import Answer, FakeTransport

URL = "https://files.example/six-1.0.tar.gz"
LONG_AGO = 1_600_000_000.0
SIZES = (30, 30, 24)
"""Representations by their number: the first two are of one size, so that only validators tell them apart."""

BODIES = tuple(bytes(range(number * 80, number * 80 + size)) for number, size in enumerate(SIZES))
"""No byte of one occurs in another."""

RANGES = ("0-9", "0-9", "10-19", "10-19", "20-29", "5-14", "0-29", "3-", "-7", "31-", "0-2,9-11")
"""So few that some lie side by side."""

IDENTIFIED = sha256_of(BODIES[0])


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the origin has now and how it answers, and what is asked of the cache."""

    version: int
    validators: str
    is_lazy: bool
    breaks_after: int | None
    wait: int
    wanted: str | None
    condition: str | None
    is_identified: bool


versions = st.integers(0, len(SIZES) - 1)
wanted = st.sampled_from([None, *(f"bytes={asked}" for asked in RANGES)])

CALM = Step(
    version=0,
    validators="strong",
    is_lazy=False,
    breaks_after=None,
    wait=0,
    wanted=None,
    condition=None,
    is_identified=False,
)
calm = st.builds(lambda version, asked: replace(CALM, version=version, wanted=asked), versions, wanted)
wild = st.builds(
    Step,
    version=versions,
    validators=st.sampled_from(["strong", "strong", "weak", "date", "both", "none"]),
    is_lazy=st.booleans(),
    breaks_after=st.sampled_from([None, 0, 4, 13]),
    wait=st.sampled_from([0, 30, 90]),
    wanted=wanted,
    condition=st.sampled_from([None, None, '"0"', '"1"']),
    is_identified=st.booleans(),
)
steps = calm | calm | wild


class Origin:
    """An honest server whose file changes: parts, conditions and validators as RFC 9110 has them.

    A lazy one knows no ranges and no conditions. `breaks_after` is after how many bytes of a body the line breaks.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.now: Step | None = None

    def answer(self, request: Request) -> Answer:
        step = self.now
        assert step is not None
        body, validators = BODIES[step.version], self._validators(step)
        fields = {"Date": format_date(self._clock()), "Cache-Control": "max-age=60", "Accept-Ranges": "bytes"}
        fields |= validators
        if step.is_lazy:
            return self._sent(step, 200, body, fields)
        tags = request.headers.get_all("If-None-Match")
        if tags and validators.get("ETag") in tags:
            return Answer(status=304, fields=fields)
        asked = self._range(request, validators)
        if asked is None:
            return self._sent(step, 200, body, fields)
        span = asked.within(len(body))
        if span is None:
            return Answer(status=416, fields={"Content-Range": f"bytes */{len(body)}"})
        stated = {"Content-Range": f"bytes {span.start}-{span.end - 1}/{len(body)}"}
        return self._sent(step, 206, body[span.start : span.end], fields | stated)

    def _range(self, request: Request, validators: dict[str, str]) -> ByteRange | None:
        wanted, condition = request.headers.get("Range"), request.headers.get("If-Range")
        strong = {value for value in validators.values() if not value.startswith("W/")}
        if wanted is None or (condition is not None and condition not in strong):
            return None
        return parse_range(wanted)

    def _validators(self, step: Step) -> dict[str, str]:
        tag, modified = f'"{step.version}"', format_date(LONG_AGO + step.version)
        return {
            "strong": {"ETag": tag},
            "weak": {"ETag": f"W/{tag}"},
            "date": {"Last-Modified": modified},
            "both": {"ETag": tag, "Last-Modified": modified},
            "none": {},
        }[step.validators]

    def _sent(self, step: Step, status: int, body: bytes, fields: dict[str, str]) -> Answer:
        fields = fields | {"Content-Length": str(len(body))}
        if step.breaks_after is None or step.breaks_after >= len(body):
            return Answer(status=status, content=body, fields=fields)
        broken = errors.IncompleteBody(url=URL, expected=len(body), received=step.breaks_after)
        return Answer(status=status, content=body[: step.breaks_after], fields=fields, failure=broken)


class World:
    """A cache in front of such an origin."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.origin = Origin(self.clock)
        self.transport = CachingTransport(
            inner=FakeTransport(self.origin.answer),
            entries=MemoryEntries(clock=self.clock),
            blobs=MemoryBlobs(),
            clock=self.clock,
            reporter=Recorder(),
            scope=lambda _: "",
            policy=Policy(),
        )

    def take(self, step: Step) -> tuple[Reply, bytes] | None:
        """The answer and its body; None where it broke off."""
        self.clock.advance(step.wait)
        self.origin.now = step
        lines = (("Range", step.wanted), ("If-Range", step.condition if step.wanted else None))
        headers = Headers(tuple((name, value) for name, value in lines if value is not None))
        request = Request(url=URL, headers=headers, digest=IDENTIFIED if step.is_identified else None)
        try:
            reply = self.transport.send(request)
            return reply, read_all(reply.body)
        except (errors.IncompleteBody, errors.DigestMismatch):
            return None


def version_of(content: bytes) -> set[int]:
    """The representations whose bytes these are."""
    return {byte // 80 for byte in content}


@settings(max_examples=300)
@given(taken=st.lists(steps, min_size=3, max_size=10))
def test_what_is_handed_out_is_a_slice_of_one_representation(taken: list[Step]) -> None:
    """RFC 9110 §15.3.7.3, RFC 9111 §3.3, §3.4."""
    world = World()
    for step in taken:
        given_out = world.take(step)
        if given_out is None or given_out[0].response.status == 416:
            continue
        reply, content = given_out
        (version,) = version_of(content)
        body, headers = BODIES[version], reply.response.headers
        if reply.response.status == 200:
            assert content == body
            continue
        assert reply.response.status == 206
        asked = parse_range(step.wanted or "")
        assert asked is not None
        span = asked.within(len(body))
        assert span is not None
        assert content == body[span.start : span.end]
        assert headers.get("Content-Range") == f"bytes {span.start}-{span.end - 1}/{len(body)}"


@given(taken=st.lists(steps, min_size=1, max_size=8), last=steps)
def test_what_is_asked_for_by_its_digest_is_that_or_an_error(taken: list[Step], last: Step) -> None:
    world = World()
    for step in taken:
        world.take(step)
    given_out = world.take(replace(last, is_identified=True, wanted=None))
    assert given_out is None or given_out[0].response.status != 200 or given_out[1] == BODIES[0]


@given(taken=st.lists(steps, min_size=1, max_size=8), wait=st.sampled_from([0, 61]))
def test_after_it_was_made_whole_nothing_more_is_sent(taken: list[Step], wait: int) -> None:
    """RFC 9111 §3.4: what was completed is one stored response like any other."""
    world = World()
    for step in taken:
        world.take(step)
    plain = replace(CALM, version=1, wait=wait)
    first, second = world.take(plain), world.take(replace(plain, version=2, wait=0))
    assert first is not None
    assert second is not None
    assert first[1] == second[1]
    assert second[0].cache_status is not None
    assert second[0].cache_status.hit
    part = world.take(replace(plain, version=2, wait=0, wanted="bytes=3-8"))
    assert part is not None
    assert part[1] == first[1][3:9]


def test_the_versions_can_be_told_apart() -> None:
    assert [version_of(body) for body in BODIES] == [{0}, {1}, {2}]
