"""In which order credentials are looked for, and who is asked when a server refuses them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from freewheel import errors
from freewheel.events import Event, Noted, Recorder, Warned
from freewheel.model.url import Credentials
from freewheel.net.credentials import RunCredentials

INDEX = "https://index.example:8443/simple/"
URL = f"{INDEX}six/"
HOST = "index.example:8443"
ME = Credentials(user="me", password="right")
YOU = Credentials(user="you", password="other")
TOKEN = Credentials(user="token", password=None)


@dataclass(slots=True)
class FakeKeyring:
    """Passwords by service and user; a service in `broken` fails."""

    held: Mapping[tuple[str, str | None], Credentials] = field(default_factory=dict)
    is_broken: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    kept: list[tuple[str, Credentials]] = field(default_factory=list)

    def find(self, service: str, user: str | None) -> Credentials | None:
        self.asked.append((service, user))
        if self.is_broken:
            raise errors.KeyringFailed(reason="locked")
        return self.held.get((service, user))

    def keep(self, service: str, credentials: Credentials) -> None:
        if self.is_broken:
            raise errors.KeyringFailed(reason="locked")
        self.kept.append((service, credentials))


@dataclass(slots=True)
class FakePerson:
    """Gives the same answers whenever asked."""

    name: str | None = "me"
    word: str | None = "right"
    keeps: bool = False
    heard: list[str] = field(default_factory=list)

    def user(self, host: str) -> str | None:
        self.heard.append(f"user at {host}")
        return self.name

    def password(self) -> str | None:
        self.heard.append("password")
        return self.word

    def wants_to_keep(self) -> bool:
        self.heard.append("keep")
        return self.keeps

    def passphrase(self, path: str) -> str | None:
        raise AssertionError(path)


@dataclass(slots=True)
class Desk:
    """The credentials of a run, with everybody who may be asked."""

    netrc: Mapping[str, Credentials] = field(default_factory=dict)
    keyring: FakeKeyring | None = None
    person: FakePerson | None = None
    recorder: Recorder = field(default_factory=Recorder)
    credentials: RunCredentials = field(init=False)

    def __post_init__(self) -> None:
        self.credentials = RunCredentials(
            netrc=self.netrc.get, keyring=lambda: self.keyring, person=self.person, reporter=self.recorder
        )
        self.credentials.add_index(INDEX)

    @property
    def events(self) -> list[Event]:
        return self.recorder.events


def test_the_url_comes_first_then_netrc_then_a_user_alone() -> None:
    desk = Desk(netrc={"index.example": YOU})
    assert desk.credentials.known("https://elsewhere.example/") is None
    assert desk.credentials.known(URL) == YOU
    desk.credentials.add(INDEX, TOKEN)
    assert desk.credentials.known(URL) == YOU
    assert desk.credentials.known("https://index.example/simple/six/") == YOU
    desk.credentials.add(f"{INDEX}six/", ME)
    assert desk.credentials.known(URL) == ME
    other = Desk()
    other.credentials.add(INDEX, TOKEN)
    assert other.credentials.known(URL) == TOKEN
    assert other.credentials.known("https://index.example/simple/six/") is None


@pytest.mark.parametrize("service", [INDEX, HOST])
def test_a_keyring_is_asked_by_the_indexs_url_and_then_by_the_host(service: str) -> None:
    desk = Desk(keyring=FakeKeyring({(service, None): ME}))
    assert desk.credentials.known(URL) is None
    assert desk.credentials.ask(URL, refused=None) == ME
    assert desk.keyring is not None
    assert desk.keyring.asked == [(INDEX, None), (HOST, None)][: 1 if service == INDEX else 2]
    assert desk.credentials.known(f"{INDEX}other/") == ME
    assert desk.credentials.known("https://index.example:8443/files/x.whl") == ME
    assert desk.credentials.known("http://index.example:8443/files/x.whl") is None


def test_a_keyring_is_asked_for_the_user_that_the_url_names() -> None:
    keyring = FakeKeyring({(HOST, "me"): ME, (HOST, None): YOU})
    desk = Desk(keyring=keyring, person=FakePerson())
    desk.credentials.add(INDEX, Credentials(user="me", password=None))
    assert desk.credentials.ask(URL, refused=Credentials(user="me", password=None)) == ME
    assert desk.credentials.known(URL) == ME
    assert keyring.asked == [(INDEX, "me"), (HOST, "me")]


def test_netrc_that_is_refused_gives_way_to_a_keyring() -> None:
    desk = Desk(netrc={"index.example": YOU}, keyring=FakeKeyring({(HOST, None): ME}))
    assert desk.credentials.ask(URL, refused=YOU) == ME
    assert desk.credentials.known(URL) == ME


def test_a_url_with_a_password_says_everything() -> None:
    desk = Desk(keyring=FakeKeyring({(HOST, None): ME}), person=FakePerson())
    desk.credentials.add(INDEX, YOU)
    assert desk.credentials.ask(URL, refused=YOU) is None
    assert desk.keyring is not None
    assert desk.keyring.asked == []


def test_a_person_is_asked_once_for_each_origin() -> None:
    person = FakePerson()
    desk = Desk(person=person)
    assert desk.credentials.ask(URL, refused=None) == ME
    assert desk.credentials.ask(f"{INDEX}other/", refused=None) == ME
    assert desk.credentials.ask(URL, refused=ME) is None
    assert person.heard == [f"user at {HOST}", "password"]
    assert desk.credentials.known("https://index.example/") is None


@pytest.mark.parametrize(
    ("person", "heard"), [(FakePerson(name=""), 1), (FakePerson(name=None), 1), (FakePerson(word=None), 2)]
)
def test_no_answer_is_an_answer(person: FakePerson, heard: int) -> None:
    desk = Desk(person=person)
    for _ in range(2):
        assert desk.credentials.ask(URL, refused=None) is None
    assert len(person.heard) == heard


def test_nobody_is_asked_for_the_password_of_a_user_in_the_url_or_where_that_is_no_use() -> None:
    """As in pip: a user alone is a token more often than not."""
    person = FakePerson()
    desk = Desk(person=person)
    assert desk.credentials.ask(URL, refused=None, may_prompt=False) is None
    desk.credentials.add(INDEX, TOKEN)
    assert desk.credentials.ask(URL, refused=TOKEN) is None
    assert person.heard == []


def test_a_keyring_may_know_the_password_of_the_user_that_a_person_names() -> None:
    person = FakePerson()
    desk = Desk(keyring=FakeKeyring({(HOST, "me"): ME}), person=person)
    assert desk.credentials.ask(URL, refused=None) == ME
    assert person.heard == [f"user at {HOST}"]


@pytest.mark.parametrize("keeps", [True, False])
def test_what_a_person_gave_is_kept_if_it_was_right_and_is_wanted(keeps: bool) -> None:
    keyring = FakeKeyring()
    desk = Desk(keyring=keyring, person=FakePerson(keeps=keeps))
    given = desk.credentials.ask(URL, refused=None)
    assert given == ME
    assert keyring.kept == []
    desk.credentials.accepted(URL, given)
    desk.credentials.accepted(URL, given)
    assert keyring.kept == ([(HOST, ME)] if keeps else [])
    assert desk.events == ([Noted(message="Saving credentials to keyring", verbosity=0)] if keeps else [])


def test_a_keyring_that_fails_is_mentioned_once_and_done_without() -> None:
    desk = Desk(keyring=FakeKeyring(is_broken=True), person=FakePerson(keeps=True))
    assert desk.credentials.ask(URL, refused=None) == ME
    assert desk.events == [Warned(message="Keyring is skipped due to an exception: locked")]
    desk.credentials.accepted(URL, ME)
    assert len(desk.events) == 1


def test_a_keyring_that_cannot_keep_is_no_error() -> None:
    keyring = FakeKeyring()
    desk = Desk(keyring=keyring, person=FakePerson(keeps=True))
    desk.credentials.ask(URL, refused=None)
    keyring.is_broken = True
    desk.credentials.accepted(URL, ME)
    assert desk.events[-1] == Warned(message="Failed to save credentials: locked")


def test_many_threads_ask_one_person_once() -> None:
    person = FakePerson()
    desk = Desk(person=person)
    found: list[Credentials | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(desk.credentials.ask(URL, refused=None))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [ME] * 8
    assert len(person.heard) == 2
