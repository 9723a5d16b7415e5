"""Which requests are repeated, how often, and after how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate

import pytest

from freewheel import errors
from freewheel.events import Noted, Recorder, Warned
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.net.retry import Backoff, RetryingTransport, retry_after, seconds_before
from tests.support.clock import FakeClock
from tests.unit.net.doubles import Answer, FakeTransport, in_turn

URL = "https://a.example/x"


@dataclass(slots=True)
class Retrying:
    """A retrying transport around `origin`, with everything that time does to it in view."""

    origin: FakeTransport
    backoff: Backoff = field(default_factory=lambda: Backoff(jitter=0.0))
    chance: float = 0.0
    waits: list[float] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)
    clock: FakeClock = field(default_factory=FakeClock)

    def send(self, method: str = "GET") -> int:
        transport = RetryingTransport(
            inner=self.origin,
            backoff=self.backoff,
            sleep=self.waits.append,
            clock=self.clock,
            chance=lambda: self.chance,
            reporter=self.recorder,
        )
        return transport.send(Request(url=URL, method=method)).response.status


def unreachable() -> errors.Unreachable:
    return errors.Unreachable(url=URL, reason="refused")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 524, 527])
def test_a_transient_status_is_tried_again(status: int) -> None:
    retrying = Retrying(in_turn([Answer(status=status), Answer()]))
    assert retrying.send() == 200
    assert retrying.waits == [0.25]
    assert retrying.origin.bodies[0].is_closed
    assert [type(event) for event in retrying.recorder.events] == [Warned]


@pytest.mark.parametrize("status", [200, 304, 400, 401, 404, 429, 501])
def test_any_other_status_stands(status: int) -> None:
    retrying = Retrying(in_turn([Answer(status=status)]))
    assert retrying.send() == status
    assert retrying.waits == []


def test_waits_double_and_the_last_answer_stands() -> None:
    retrying = Retrying(FakeTransport(lambda _: Answer(status=503)))
    assert retrying.send() == 503
    assert retrying.waits == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert len(retrying.origin.requests) == 6
    assert [type(event) for event in retrying.recorder.events] == [Warned, Noted, Noted, Noted, Noted]
    assert not retrying.origin.bodies[-1].is_closed


def test_an_unreachable_host_is_tried_again_and_the_error_counts() -> None:
    retrying = Retrying(FakeTransport(lambda _: unreachable()), backoff=Backoff(retries=2))
    with pytest.raises(errors.Unreachable) as caught:
        retrying.send()
    assert caught.value.attempts == 3
    assert len(retrying.origin.requests) == 3


def test_a_host_that_comes_back_is_reached() -> None:
    assert Retrying(in_turn([unreachable(), Answer()])).send() == 200


@pytest.mark.parametrize(
    "error",
    [
        errors.UntrustedCertificate(url=URL, reason="self-signed"),
        errors.InsecureOrigin(url=URL, host="a.example"),
    ],
)
def test_what_will_not_change_is_not_tried_again(error: errors.NetworkError) -> None:
    retrying = Retrying(FakeTransport(lambda _: error))
    with pytest.raises(type(error)):
        retrying.send()
    assert len(retrying.origin.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "get", "QUERY"])
def test_what_may_change_something_is_not_repeated(method: str) -> None:
    """RFC 9110 §9.2.2; methods are case-sensitive, and of unknown ones nothing is known."""
    answers = FakeTransport(lambda _: Answer(status=503, fields={"Retry-After": "1"}))
    assert Retrying(answers).send(method) == 503
    assert len(answers.requests) == 1
    nobody = FakeTransport(lambda _: unreachable())
    with pytest.raises(errors.Unreachable):
        Retrying(nobody).send(method)
    assert len(nobody.requests) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
def test_what_changes_nothing_more_is_repeated(method: str) -> None:
    """RFC 9110 §9.2.2."""
    assert Retrying(in_turn([unreachable(), Answer(status=503), Answer()])).send(method) == 200


def test_no_retries_means_one_request() -> None:
    retrying = Retrying(FakeTransport(lambda _: unreachable()), backoff=Backoff(retries=0))
    with pytest.raises(errors.Unreachable) as caught:
        retrying.send()
    assert (caught.value.attempts, retrying.waits) == (1, [])


@pytest.mark.parametrize("status", [413, 429, 503])
def test_retry_after_is_obeyed(status: int) -> None:
    retrying = Retrying(in_turn([Answer(status=status, fields={"Retry-After": "7"}), Answer()]))
    assert retrying.send() == 200
    assert retrying.waits == [7.0]


@pytest.mark.parametrize("value", ["61", "3600", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_beyond_the_bound_ends_it(value: str) -> None:
    retrying = Retrying(in_turn([Answer(status=503, fields={"Retry-After": value})]))
    assert retrying.send() == 503
    assert retrying.waits == []


def test_retry_after_may_be_a_date_or_nonsense() -> None:
    def seconds(value: str) -> float | None:
        return retry_after(Response(status=503, headers=Headers((("Retry-After", value),))), now=1000.0)

    assert seconds(formatdate(1030, usegmt=True)) == 30.0
    assert seconds(formatdate(10, usegmt=True)) == 0.0
    assert seconds("soon") is None
    assert seconds("-5") is None
    assert seconds("") is None
    assert seconds("1.5") is None
    assert seconds("\u0661") is None
    assert seconds("9" * 400) == float("inf")
    assert seconds("Thursday, 01-Jan-70 00:17:10 GMT") == 30.0
    assert seconds("Thu Jan  1 00:17:10 1970") == 30.0


def test_jitter_takes_off_a_part() -> None:
    backoff = Backoff(first=2.0, jitter=0.5)
    assert seconds_before(1, backoff=backoff, chance=1.0) == 1.0
    assert seconds_before(1, backoff=backoff, chance=0.0) == 2.0
    assert seconds_before(40, backoff=backoff, chance=0.0) == backoff.longest
