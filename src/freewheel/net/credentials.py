"""What a run knows of credentials: from URLs and netrc, and from a keyring and a person when a server asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from freewheel import errors
from freewheel.events import Noted, Reporter, Warned
from freewheel.model import url as urls
from freewheel.model.url import Credentials
from freewheel.net.auth import IndexCredentials, choose, nearest


class Keyring(Protocol):
    """A store of passwords outside of freewheel. `service` is an index's URL, or a host with its port."""

    def find(self, service: str, user: str | None) -> Credentials | None:
        """The user's credentials, or anybody's; may ask a person to unlock it. Raises KeyringFailed."""

    def keep(self, service: str, credentials: Credentials) -> None:
        """Keep them; raises KeyringFailed."""


class Person(Protocol):
    """Somebody at a terminal; each question waits for its answer."""

    def user(self, host: str) -> str | None:
        """The user's name at a host; None or empty where there is none."""

    def password(self) -> str | None:
        """The password of the user just named; not shown."""

    def wants_to_keep(self) -> bool:
        """Whether what was just given is to be kept in the keyring."""

    def passphrase(self, path: str) -> str | None:
        """What the key in a file is encrypted with; not shown."""


class RunCredentials:
    """The `Authority` of a run, in pip's order; it learns, and forgets nothing.

    First come those in the nearest URL, if it has a password; then what was learned, and netrc by host name; then a
    user alone. Of those that a server refuses, a keyring is asked for better ones by the nearest index's URL, then by
    host and port; then, where no URL names a user, a person, once for each origin. `keyring` is called once.
    """

    def __init__(
        self,
        *,
        netrc: Callable[[str], Credentials | None],
        keyring: Callable[[], Keyring | None],
        person: Person | None,
        reporter: Reporter,
    ) -> None:
        self._netrc = netrc
        self._new_keyring = keyring
        self._person = person
        self._reporter = reporter
        self._indexes: list[str] = []
        self._given: list[IndexCredentials] = []
        self._learned: dict[str, Credentials] = {}
        self._asking = threading.Lock()
        self._keyring: Keyring | None = None
        self._has_keyring = False
        self._answers: dict[tuple[str, str | None], Credentials | None] = {}
        self._prompted: set[str] = set()
        self._unkept: dict[str, Credentials] = {}

    def add_index(self, url: str) -> None:
        """Note where an index is: keyrings know some by their URLs."""
        self._indexes.append(urls.with_slash(url))

    def add(self, url: str, credentials: Credentials) -> None:
        """Note what came with a URL."""
        given = IndexCredentials(url=url, credentials=credentials)
        if given not in self._given:
            self._given.append(given)

    def known(self, url: str) -> Credentials | None:
        """What to send with the first request."""
        given = choose(url, tuple(self._given))
        if given is not None and given.password is not None:
            return given
        learned = self._learned.copy()
        place = nearest(url, tuple(learned))
        if place is not None and (given is None or given.user == learned[place].user):
            return learned[place]
        return self._netrc(urls.host(url)) or given

    def ask(self, url: str, *, refused: Credentials | None, may_prompt: bool = True) -> Credentials | None:
        """Other credentials than those refused; a second thread waits for the answer that the first one gets."""
        with self._asking:
            known = self.known(url)
            if known is not None and known != refused:
                return known
            given = choose(url, tuple(self._given))
            if given is not None and given.password is not None:
                return None
            user = None if given is None else given.user
            found = self._from_keyring(url, user)
            if found is not None and found[1] != refused:
                return self._learn(*found)
            return self._from_person(url) if may_prompt and user is None else None

    def accepted(self, url: str, credentials: Credentials) -> None:
        """Keep in the keyring what a person gave and wants to be kept."""
        service = _host_and_port(url)
        if self._keyring is None or self._unkept.get(service) != credentials:
            return
        del self._unkept[service]
        self._reporter.emit(Noted(message="Saving credentials to keyring", verbosity=0))
        try:
            self._keyring.keep(service, credentials)
        except errors.KeyringFailed as error:
            self._reporter.emit(Warned(message=f"Failed to save credentials: {error.reason}"))

    def _learn(self, place: str, credentials: Credentials) -> Credentials:
        self._learned[place] = credentials
        return credentials

    def _from_keyring(self, url: str, user: str | None) -> tuple[str, Credentials] | None:
        """Credentials, and the URL below which they hold."""
        index = nearest(url, tuple(self._indexes))
        for service, place in ((index, index), (_host_and_port(url), urls.join(url, "/"))):
            if service is not None and place is not None:
                found = self._look_up(service, user)
                if found is not None:
                    return place, found
        return None

    def _look_up(self, service: str, user: str | None) -> Credentials | None:
        if not self._has_keyring:
            self._keyring, self._has_keyring = self._new_keyring(), True
        if self._keyring is None:
            return None
        if (service, user) not in self._answers:
            try:
                found = self._keyring.find(service, user)
                self._answers[service, user] = found and replace(found, source=urls.FROM_KEYRING)
            except errors.KeyringFailed as error:
                self._keyring = None
                self._reporter.emit(Warned(message=f"Keyring is skipped due to an exception: {error.reason}"))
                return None
        return self._answers[service, user]

    def _from_person(self, url: str) -> Credentials | None:
        place, service = urls.join(url, "/"), _host_and_port(url)
        if self._person is None or place in self._prompted:
            return None
        self._prompted.add(place)
        user = self._person.user(service)
        if not user:
            return None
        found = self._look_up(service, user)
        if found is not None:
            return self._learn(place, found)
        password = self._person.password()
        if password is None:
            return None
        credentials = Credentials(user=user, password=password, source=urls.FROM_PERSON)
        if self._keyring is not None and self._person.wants_to_keep():
            self._unkept[service] = credentials
        return self._learn(place, credentials)


def _host_and_port(url: str) -> str:
    """As keyrings have it: the port only where the URL names it."""
    return urlsplit(url).netloc.rpartition("@")[2]
