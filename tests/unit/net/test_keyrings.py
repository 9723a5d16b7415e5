"""The keyring library and the keyring command, each as old and as new ones behave."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from freewheel.errors import KeyringFailed
from freewheel.model.url import Credentials
from freewheel.net.keyrings import CommandKeyring, LibraryKeyring

ME = Credentials(user="me", password="s3cret")

Command = Callable[[str], CommandKeyring]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """A `keyring` command whose program is given; it notes its arguments and its input beside itself."""

    def make(program: str) -> CommandKeyring:
        path = tmp_path / "keyring"
        noting = (
            "import sys, os, json, pathlib\n"
            "word = sys.stdin.read()\n"
            f"pathlib.Path({str(tmp_path / 'noted')!r}).write_text(json.dumps([sys.argv[1:], word]))\n"
        )
        path.write_text(f"#!{sys.executable}\n{noting}{program}\n", encoding="utf-8")
        path.chmod(0o755)
        return CommandKeyring(str(path), variables={})

    return make


def noted(tmp_path: Path) -> str:
    return (tmp_path / "noted").read_text(encoding="utf-8")


class Old:
    """The library before it had credentials."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, str]] = []

    def get_password(self, service: str, user: str) -> str | None:
        return "s3cret" if (service, user) == ("index.example", "me") else None

    def set_password(self, service: str, user: str, password: str) -> None:
        self.kept.append((service, user, password))


class New(Old):
    """The library as it is."""

    def get_credential(self, service: str, user: str | None) -> object:
        if service == "broken":
            raise RuntimeError("no backend")
        return SimpleNamespace(username=user or "me", password="s3cret") if service == "index.example" else None


@pytest.mark.parametrize(("library", "without_user"), [(Old(), None), (New(), ME)])
def test_the_library(library: Old, without_user: Credentials | None) -> None:
    keyring = LibraryKeyring(library)
    assert keyring.find("index.example", "me") == ME
    assert keyring.find("index.example", None) == without_user
    assert keyring.find("other.example", "me") is None
    keyring.keep("index.example", ME)
    assert library.kept == [("index.example", "me", "s3cret")]


def test_whatever_a_backend_raises_is_one_error() -> None:
    with pytest.raises(KeyringFailed) as caught:
        LibraryKeyring(New()).find("broken", None)
    assert caught.value.reason == "no backend"


@pytest.mark.parametrize("user", ["me", None])
def test_the_command_is_asked_as_pip_asks_it(command: Command, tmp_path: Path, user: str | None) -> None:
    keyring = command("""print('{"username": "me", "password": "s3cret"}')""")
    assert keyring.find("index.example", user) == ME
    words = '"--mode=creds", "--output=json", "get", "index.example"'
    assert noted(tmp_path) == f'[[{words}{"" if user is None else ", " + chr(34) + user + chr(34)}], ""]'


def test_the_password_is_kept_without_being_an_argument(command: Command, tmp_path: Path) -> None:
    command("").keep("index.example", ME)
    assert noted(tmp_path) == '[["set", "index.example", "me"], "s3cret\\n"]'


@pytest.mark.parametrize("program", ["sys.exit(1)", "sys.exit('no such thing')"])
def test_a_command_that_has_nothing_ends_with_a_status(command: Command, program: str) -> None:
    assert command(program).find("index.example", None) is None
    with pytest.raises(KeyringFailed):
        command(program).keep("index.example", ME)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("print('keyring: error: unrecognized arguments: --mode=creds', file=sys.stderr); sys.exit(2)", "outdated"),
        ("print('s3cret')", "something else"),
    ],
)
def test_a_command_that_speaks_another_language(command: Command, program: str, reason: str) -> None:
    with pytest.raises(KeyringFailed) as caught:
        command(program).find("index.example", None)
    assert reason in caught.value.reason
    assert "s3cret" not in caught.value.reason


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(KeyringFailed):
        CommandKeyring(str(tmp_path / "absent"), variables={}).find("index.example", None)
