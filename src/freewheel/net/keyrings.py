"""Keyrings: the library, where it is installed beside freewheel, and the `keyring` command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from freewheel import errors
from freewheel.model.shape import Shape
from freewheel.model.url import Credentials


class _Found(Protocol):
    """What the library calls a credential."""

    @property
    def username(self) -> str:
        """The user."""

    @property
    def password(self) -> str:
        """The password."""


class KeyringLibrary(Protocol):
    """What is used of the library; `get_credential` as well, where it has one (15.2 or newer)."""

    def get_password(self, service: str, user: str, /) -> str | None:
        """A user's password."""

    def set_password(self, service: str, user: str, password: str, /) -> None:
        """Keep it."""


class LibraryKeyring:
    """The keyring library, in this process."""

    def __init__(self, library: KeyringLibrary) -> None:
        self._library = library

    def find(self, service: str, user: str | None) -> Credentials | None:
        """What the library's backend has."""
        with_any_user: Callable[[str, str | None], _Found | None] | None
        with_any_user = getattr(self._library, "get_credential", None)
        try:
            if with_any_user is not None:
                found = with_any_user(service, user)
                return None if found is None else Credentials(user=found.username, password=found.password)
            password = None if user is None else self._library.get_password(service, user)
        except Exception as error:
            raise errors.KeyringFailed(reason=str(error) or type(error).__name__) from error
        return Credentials(user=user, password=password) if user is not None and password else None

    def keep(self, service: str, credentials: Credentials) -> None:
        """Hand them to the library's backend."""
        try:
            self._library.set_password(service, credentials.user, credentials.password or "")
        except Exception as error:
            raise errors.KeyringFailed(reason=str(error) or type(error).__name__) from error


class _Answer(msgspec.Struct):
    username: str
    password: str


_ANSWER = Shape(_Answer)


class CommandKeyring:
    """The `keyring` command at a path, version 25.2.1 or newer, run with the environment `variables`."""

    def __init__(self, path: str, *, variables: Mapping[str, str]) -> None:
        self._path = path
        self._variables = {**variables, "PYTHONIOENCODING": "utf-8"}

    def find(self, service: str, user: str | None) -> Credentials | None:
        """What `keyring get` says; any failure of its own means that it has nothing."""
        done = self._run("--mode=creds", "--output=json", "get", service, *(() if user is None else (user,)))
        said = done.stderr.decode("utf-8", "replace")
        if done.returncode == 2 and "unrecognized arguments" in said and "--mode=creds" in said:
            raise errors.KeyringFailed(
                reason="Keyring util is outdated; must be at least version 25.2.1, please upgrade it"
            )
        if done.returncode:
            return None
        try:
            answer = _ANSWER.from_json(done.stdout)
        except ValueError as error:
            raise errors.KeyringFailed(reason=f"{self._path} answered with something else than expected") from error
        return Credentials(user=answer.username, password=answer.password)

    def keep(self, service: str, credentials: Credentials) -> None:
        """Hand the password to `keyring set` through its standard input, where no other process sees it."""
        line = f"{credentials.password or ''}{os.linesep}".encode()
        done = self._run("set", service, credentials.user, text=line)
        if done.returncode:
            raise errors.KeyringFailed(reason=f"{self._path} ended with status {done.returncode}")

    def _run(self, *words: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                (self._path, *words), input=text, capture_output=True, env=self._variables, check=False
            )
        except OSError as error:
            reason = f"{self._path} cannot be run: {error.strerror or type(error).__name__}"
            raise errors.KeyringFailed(reason=reason) from error
