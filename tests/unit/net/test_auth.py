"""Credentials go to the origin they belong to, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from freewheel import errors
from freewheel.events import Recorder, Warned
from freewheel.httpcache.message import Headers, Request
from freewheel.model.url import Credentials
from freewheel.net.auth import AuthenticatingTransport, IndexCredentials, choose
from freewheel.net.redirects import RedirectingTransport
from tests.unit.net.doubles import Answer, FakeTransport, in_turn

ME = Credentials(user="me", password="s@fe")
YOU = Credentials(user="you", password="")
URL = "https://index.example:8443/x"
INDEX = IndexCredentials(url="https://index.example:8443/team/simple/", credentials=ME)


@dataclass(slots=True)
class FakeAuthority:
    """Knows some credentials, has others for who asks, and notes what it hears."""

    given: Mapping[str, Credentials] = field(default_factory=dict)
    better: Credentials | None = None
    asked: list[tuple[str, Credentials | None, bool]] = field(default_factory=list)
    heard: list[Credentials] = field(default_factory=list)

    def known(self, url: str) -> Credentials | None:
        return self.given.get(url)

    def ask(self, url: str, *, refused: Credentials | None, may_prompt: bool = True) -> Credentials | None:
        self.asked.append((url, refused, may_prompt))
        return self.better

    def accepted(self, url: str, credentials: Credentials) -> None:  # noqa: ARG002 - as the protocol has it
        self.heard.append(credentials)


def authenticating(
    origin: FakeTransport, authority: FakeAuthority, recorder: Recorder | None = None
) -> AuthenticatingTransport:
    return AuthenticatingTransport(inner=origin, authority=authority, reporter=recorder or Recorder())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://index.example:8443/team/simple/six/", ME),
        ("https://index.example:8443/files/six.whl", ME),
        ("https://INDEX.example:8443/files/six.whl", ME),
        ("https://index.example/team/simple/six/", None),
        ("http://index.example:8443/team/simple/six/", None),
        ("https://index.example.other.example:8443/team/simple/", None),
        ("https://other.example:8443/team/simple/", None),
    ],
)
def test_credentials_stay_with_scheme_host_and_port(url: str, expected: Credentials | None) -> None:
    assert choose(url, [INDEX]) == expected


def test_of_two_indexes_on_one_host_the_nearer_path_decides() -> None:
    known = [
        IndexCredentials(url="https://h.example/a/simple/", credentials=ME),
        IndexCredentials(url="https://h.example/b/simple/", credentials=YOU),
    ]
    assert choose("https://h.example/b/simple/six/", known) == YOU
    assert choose("https://h.example/a/simple/six/", known) == ME
    assert choose("https://h.example/elsewhere/", known) == ME
    assert choose("https://h.example/ab/simple/six/", known) == ME


def test_a_request_takes_what_is_known_for_its_url_and_the_reply_says_so() -> None:
    origin = FakeTransport(lambda _: Answer())
    transport = authenticating(origin, FakeAuthority(given={URL: ME}))
    assert transport.send(Request(url=URL)).was_authenticated
    assert not transport.send(Request(url="https://other.example/x")).was_authenticated
    assert [request.credentials for request in origin.requests] == [ME, None]


@pytest.mark.parametrize(
    "request_",
    [
        Request(url=URL, headers=Headers((("authorization", "Bearer x"),))),
        Request(url=URL, credentials=YOU),
    ],
)
def test_what_the_caller_gave_stays(request_: Request) -> None:
    origin = FakeTransport(lambda _: Answer(status=401))
    authority = FakeAuthority(given={URL: ME}, better=ME)
    assert authenticating(origin, authority).send(request_).was_authenticated
    assert (origin.requests, authority.asked) == ([request_], [])


def test_who_is_refused_asks_for_others_once() -> None:
    origin = in_turn([Answer(status=401), Answer(content=b"here")])
    authority = FakeAuthority(better=ME)
    recorder = Recorder()
    reply = authenticating(origin, authority, recorder).send(Request(url=URL))
    assert reply.body.read(10) == b"here"
    assert reply.was_authenticated
    assert origin.bodies[0].is_closed
    assert [request.credentials for request in origin.requests] == [None, ME]
    assert (authority.asked, authority.heard, recorder.events) == ([(URL, None, True)], [ME], [])


@pytest.mark.parametrize("status", [403, 404, 407])
def test_only_a_401_asks_for_credentials(status: int) -> None:
    authority = FakeAuthority(better=ME)
    reply = authenticating(FakeTransport(lambda _: Answer(status=status)), authority).send(Request(url=URL))
    assert (reply.response.status, authority.asked) == (status, [])


@pytest.mark.parametrize("better", [None, ME])
def test_what_is_refused_in_the_end_is_warned_of_in_pips_words(better: Credentials | None) -> None:
    recorder = Recorder()
    authority = FakeAuthority(given={URL: YOU}, better=better)
    reply = authenticating(FakeTransport(lambda _: Answer(status=401)), authority, recorder).send(Request(url=URL))
    assert (reply.response.status, reply.was_authenticated, authority.heard) == (401, True, [])
    assert recorder.events == [Warned(message=f"401 Error, Credentials not correct for {URL}")]


def test_where_nothing_may_be_sent_a_keyring_may_know_under_which_name_it_is_stored() -> None:
    """Behaviours 54 and 59; nobody is asked for a password that could not be tried."""
    absent = errors.NotStored(url=URL)
    authority = FakeAuthority(better=ME)
    assert authenticating(in_turn([absent, Answer()]), authority).send(Request(url=URL)).was_authenticated
    assert authority.asked == [(URL, None, False)]
    with pytest.raises(errors.NotStored):
        authenticating(in_turn([absent]), FakeAuthority()).send(Request(url=URL))


def test_a_redirect_to_another_host_does_not_take_them_along() -> None:
    origin = in_turn([Answer(status=302, fields={"Location": "https://cdn.example/f"}), Answer()])
    transport = RedirectingTransport(inner=authenticating(origin, FakeAuthority(given={URL: ME})))
    transport.send(Request(url=URL))
    assert origin.urls == [URL, "https://cdn.example/f"]
    assert [request.credentials for request in origin.requests] == [ME, None]
