"""Passwords from URLs, netrc, keyrings and people; and who never gets to see them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.server import IndexServer

USER, WORD = "mary", "s3cr3t-word"
PAGE, WHEEL = "/simple/six/", "/files/six-1.0-py3-none-any.whl"
FRESH = {"Cache-Control": "max-age=600"}


@pytest.fixture
def private(server: IndexServer, archives: Path) -> IndexServer:
    """An index that wants a password."""
    server.add(make_wheel(archives, "six"), metadata=False)
    server.answer("*", credentials=(USER, WORD), headers=FRESH)
    return server


def url_with(server: IndexServer, user_info: str) -> str:
    return server.index_url.replace("://", f"://{user_info}@")


def statuses(server: IndexServer) -> list[tuple[str, int]]:
    return [(request.path, request.status) for request in server.log]


def holds(folder: Path, secret: str) -> bool:
    wanted = secret.encode()
    return any(wanted in path.read_bytes() for path in folder.rglob("*") if path.is_file())


# In URLs


@pytest.mark.parametrize("user_info", ["mary:s3cr3t-word", "m%61ry:s3cr3t%2Dword"])
def test_in_the_url(freewheel: Freewheel, private: IndexServer, user_info: str) -> None:
    freewheel.run("download", "--index-url", url_with(private, user_info), "six")
    assert statuses(private) == [(PAGE, 200), (WHEEL, 200)]


@pytest.mark.parametrize(("user_info", "password"), [("t0ken", ""), ("t0ken:", "")])
def test_a_token_alone(freewheel: Freewheel, private: IndexServer, user_info: str, password: str) -> None:
    """Sent with the first request; not shown where it is refused."""
    private.answer("*", credentials=("t0ken", password))
    freewheel.run("download", "--index-url", url_with(private, user_info), "six")
    assert statuses(private) == [(PAGE, 200), (WHEEL, 200)]
    private.answer("*", credentials=("other", ""))
    done = freewheel.run("download", "--no-cache-dir", "--index-url", url_with(private, user_info), "six", expect=1)
    assert "WARNING: 401 Error, Credentials not correct for" in done.stderr
    assert "credentials were sent and refused" in done.stderr
    assert "t0ken" not in done.stdout + done.stderr


def test_of_two_indexes_each_gets_its_own(freewheel: Freewheel, private: IndexServer, archives: Path) -> None:
    """Also where the files of one lie with the other: credentials belong to an origin, not to a run."""
    with IndexServer() as other:
        other.add(make_wheel(archives, "seven"), metadata=False)
        other.answer("*", credentials=("bob", "0ther-word"))
        private.file_base = f"{other.url}files/"
        other.put(WHEEL, archives / "six-1.0-py3-none-any.whl")
        indexes = ("--index-url", url_with(private, "mary:s3cr3t-word"), "--extra-index-url")
        freewheel.run("download", *indexes, url_with(other, "bob:0ther-word"), "six", "seven")
        sent = {request.header("Authorization") for request in private.log}
        assert len(sent) == 1
        assert sent.isdisjoint({request.header("Authorization") for request in other.log})


def test_a_redirect_takes_them_nowhere_else(freewheel: Freewheel, private: IndexServer, archives: Path) -> None:
    """Neither to another port nor on from there."""
    with IndexServer() as other:
        other.put(WHEEL, archives / "six-1.0-py3-none-any.whl")
        private.answer(WHEEL, redirect=(302, f"{other.url.rstrip('/')}{WHEEL}"))
        freewheel.run("download", "--index-url", url_with(private, "mary:s3cr3t-word"), "six")
        assert [request.header("Authorization") for request in other.log] == [None]


def test_what_a_redirect_brings_along_is_for_its_target(
    freewheel: Freewheel, private: IndexServer, archives: Path
) -> None:
    """Behaviour 53: and is not kept; nor is the target's answer for anybody else (54)."""
    with IndexServer() as other:
        other.add(make_wheel(archives, "six"), metadata=False, hashes=False)
        other.answer("*", headers=FRESH)
        other.answer(WHEEL, redirect=(301, f"http://mary:s3cr3t-word@127.0.0.1:{private.port}{WHEEL}"))
        for _ in range(2):
            freewheel.run("download", "--index-url", other.index_url, "six")
            (freewheel.cwd / "six-1.0-py3-none-any.whl").unlink()
        assert statuses(private) == [(WHEEL, 200)]
        freewheel.run("download", "--no-index", f"{private.url.rstrip('/')}{WHEEL}", expect=1)
        assert statuses(private)[1:] == [(WHEEL, 401)]
        assert not holds(freewheel.folder, WORD)


@pytest.mark.parametrize("form", ["text/html", "application/vnd.pypi.simple.v1+json", "find-links"])
def test_those_in_a_link_on_a_page_are_for_the_server_that_it_leads_to(
    freewheel: Freewheel, private: IndexServer, archives: Path, form: str
) -> None:
    """As in pip; behaviour 53."""
    private.add(archives / "six-1.0-py3-none-any.whl", metadata=True)
    with IndexServer(formats=(form,)) as other:
        other.file_base = f"{private.url.replace('://', f'://{USER}:{WORD}@')}files/"
        other.add(archives / "six-1.0-py3-none-any.whl", metadata=form != "find-links")
        places = ("--index-url", other.index_url)
        if form == "find-links":
            link = f'<a href="{other.file_base}six-1.0-py3-none-any.whl">six</a>'
            places = ("--no-index", "--find-links", other.put("/links", link, "text/html"))
        done = freewheel.run("download", "-vvv", "--log", "all.log", *places, "six")
        beside = [(f"{WHEEL}.metadata", 200), (WHEEL, 200)]
        assert statuses(private) == ([(WHEEL, 206)] if form == "find-links" else beside)
        assert {request.header("Authorization") for request in other.log} == {None}
    assert WORD not in done.stdout + done.stderr
    assert not holds(freewheel.folder, WORD)


def test_a_direct_url_and_a_requirements_file_have_their_own(
    freewheel: Freewheel, private: IndexServer, tmp_path: Path
) -> None:
    requirements = tmp_path / "requirements.txt"
    direct = f"{private.url.rstrip('/')}{WHEEL}".replace("://", "://${WHO}@")
    requirements.write_text(f"six @ {direct}\n", encoding="utf-8")
    freewheel.run("download", "--no-index", "-r", requirements, env={"WHO": f"{USER}:{WORD}"})
    assert statuses(private) == [(WHEEL, 200)]


@pytest.mark.parametrize(
    ("status", "user_info", "hint"),
    [
        (401, "", "Put user and password into the index URL, into a netrc file, or into a keyring."),
        (403, "", "Check the URL; a server that hides what it has may want a user and a password all the same."),
        (403, "mary:s3cr3t-word@", "check what this user or token is allowed to read"),
    ],
)
def test_who_is_denied_is_told_what_to_do(
    freewheel: Freewheel, private: IndexServer, status: int, user_info: str, hint: str
) -> None:
    private.answer("*", credentials=None, status=status)
    index = private.index_url.replace("://", f"://{user_info}")
    done = freewheel.run("download", "--index-url", index, "six", expect=1)
    assert f"ERROR: Access to {private.page_url('six')} was denied." in done.stderr
    assert hint in done.stderr
    assert WORD not in done.stderr


# In netrc


@pytest.mark.parametrize(
    ("place", "machine"), [(".netrc", "machine 127.0.0.1"), ("_netrc", "default"), ("variable", "default")]
)
def test_in_a_netrc_file(freewheel: Freewheel, private: IndexServer, place: str, machine: str) -> None:
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    path = Path(freewheel.variables["HOME"], "passwords" if place == "variable" else place)
    path.write_text(f"{machine} login {USER} password {WORD}\n", encoding="utf-8")
    path.chmod(0o600)
    if place == "variable":
        freewheel.variables["NETRC"] = str(path)
    freewheel.run("download", "six")
    assert statuses(private) == [(PAGE, 200), (WHEEL, 200)]
    private.clear()
    freewheel.run("download", "--index-url", url_with(private, "somebody:else"), "--no-cache-dir", "six", expect=1)
    assert statuses(private) == [(PAGE, 401)]


def test_a_netrc_file_that_cannot_be_read_is_noted(freewheel: Freewheel, private: IndexServer) -> None:
    path = Path(freewheel.variables["HOME"], ".netrc")
    path.write_text(f"machine 127.0.0.1 login {USER} pasword {WORD}\n", encoding="utf-8")
    done = freewheel.run("download", "-v", "--index-url", private.index_url, "six", expect=1)
    assert f"{path} cannot be read as a netrc file" in done.stdout
    assert WORD not in done.stdout + done.stderr


# In keyrings

_LIBRARY = """
import json, os
from types import SimpleNamespace

HELD = json.loads(os.environ["HELD"])


def _note(*words):
    with open(os.environ["NOTED"], "a") as file:
        file.write(json.dumps(words) + "\\n")


def get_credential(service, user):
    _note("get", service, user)
    found = HELD.get(service)
    return SimpleNamespace(username=found[0], password=found[1]) if found else None


def get_password(service, user):
    raise AssertionError


def set_password(*words):
    _note("set", *words)
"""

_COMMAND = """
import json, os, sys
import keyring_library as library

words = [word for word in sys.argv[1:] if not word.startswith("--")]
if words[0] == "set":
    library.set_password(*words[1:], sys.stdin.readline().strip())
    sys.exit()
found = library.get_credential(words[1], words[2] if len(words) > 2 else None)
if found is None:
    sys.exit(1)
print(json.dumps({"username": found.username, "password": found.password}))
"""


class Keyring:
    """A keyring of one kind, in the environment of `freewheel`'s runs, that notes what it is asked."""

    def __init__(self, freewheel: Freewheel, folder: Path, kind: str, held: Mapping[str, tuple[str, str]]) -> None:
        self._noted = folder / "noted"
        freewheel.variables |= {"HELD": json.dumps(held), "NOTED": str(self._noted), "PYTHONPATH": str(folder)}
        freewheel.variables.pop("PIP_NO_INPUT", None)
        if kind == "import":
            (folder / "keyring.py").write_text(_LIBRARY, encoding="utf-8")
            return
        (folder / "keyring_library.py").write_text(_LIBRARY, encoding="utf-8")
        (folder / "keyring").write_text(f"#!{sys.executable}\n{_COMMAND}", encoding="utf-8")
        (folder / "keyring").chmod(0o755)
        freewheel.variables["PATH"] = f"{folder}{os.pathsep}{freewheel.variables['PATH']}"

    @property
    def noted(self) -> list[list[str | None]]:
        lines = self._noted.read_text(encoding="utf-8").splitlines() if self._noted.exists() else []
        return [json.loads(line) for line in lines]


NewKeyring = Callable[..., Keyring]


@pytest.fixture
def new_keyring(freewheel: Freewheel, tmp_path: Path) -> NewKeyring:
    folder = tmp_path / "keyring"
    folder.mkdir()
    return lambda kind, held: Keyring(freewheel, folder, kind, held)


@pytest.mark.parametrize(
    ("kind", "provider"), [("import", "auto"), ("subprocess", "auto"), ("subprocess", "explicit")]
)
def test_in_a_keyring(
    freewheel: Freewheel, private: IndexServer, new_keyring: NewKeyring, kind: str, provider: str
) -> None:
    """Behaviours 53 and 54: asked after a refusal, and from then on known; never kept, nor what it opened shared."""
    keyring = new_keyring(kind, {private.index_url: (USER, WORD)})
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    words = () if provider == "auto" else ("--keyring-provider", kind)
    freewheel.run("download", *words, "six")
    assert keyring.noted == [["get", private.index_url, None]]
    assert statuses(private) == [(PAGE, 401), (PAGE, 200), (WHEEL, 200)]
    private.clear()
    freewheel.run("download", *words, "--dest", "again", "six")
    assert statuses(private) == [(PAGE, 401)]
    freewheel.run("download", "--keyring-provider", "disabled", "six", expect=1)
    assert not holds(freewheel.cache, WORD)


@pytest.mark.parametrize("kind", ["import", "subprocess"])
def test_a_keyring_by_host_and_user(
    freewheel: Freewheel, private: IndexServer, new_keyring: NewKeyring, kind: str
) -> None:
    host = f"127.0.0.1:{private.port}"
    keyring = new_keyring(kind, {host: (USER, WORD)})
    freewheel.run("download", "--index-url", url_with(private, USER), "six")
    assert keyring.noted == [["get", private.index_url, USER], ["get", host, USER]]
    assert statuses(private) == [(PAGE, 401), (PAGE, 200), (WHEEL, 200)]


def test_a_keyring_may_ask_so_it_is_left_alone_where_nobody_may_be_asked(
    freewheel: Freewheel, private: IndexServer, new_keyring: NewKeyring
) -> None:
    """Unless it was named."""
    keyring = new_keyring("import", {private.index_url: (USER, WORD)})
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    freewheel.run("download", "--no-input", "six", expect=1)
    assert keyring.noted == []
    freewheel.run("download", "--no-input", "--keyring-provider", "import", "six")


def test_a_keyring_that_is_named_and_not_there_is_mentioned(freewheel: Freewheel, private: IndexServer) -> None:
    for kind, what in (("import", "library in freewheel's environment"), ("subprocess", "command on the PATH")):
        words = ("--index-url", private.index_url, "--keyring-provider", kind)
        done = freewheel.run("download", *words, "six", expect=1, env={"PATH": "/nowhere"})
        assert f"WARNING: --keyring-provider {kind}: there is no keyring {what}." in done.stderr


def test_what_a_keyring_opened_is_there_without_a_connection(
    freewheel: Freewheel, private: IndexServer, new_keyring: NewKeyring
) -> None:
    """Behaviours 54 and 59."""
    new_keyring("import", {private.index_url: (USER, WORD)})
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    freewheel.run("download", "six")
    private.stop()
    freewheel.run("download", "--offline", "--dest", "again", "six")
    freewheel.run("download", "--offline", "--keyring-provider", "disabled", "--dest", "others", "six", expect=1)


# From a person


class Terminal:
    """A pseudo-terminal, at which questions are answered by their beginnings."""

    def __init__(self, freewheel: Freewheel, *words: str) -> None:
        self._ours, theirs = os.openpty()
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "freewheel", *words],
            env=freewheel.variables,
            cwd=freewheel.cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def answer(self, question: str, word: str) -> None:
        """Wait for the question, then type the word; an AssertionError where the program ends first."""
        seen = len(self.said)
        while question not in self.said[seen:]:
            assert self._read(), self.said
        os.write(self._ours, f"{word}\n".encode())

    def end(self) -> int:
        while self._read():
            pass
        return self._process.wait(60)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 60)
        try:
            data = os.read(self._ours, 4096) if ready else b""
        except OSError:  # Linux: nobody has the other end open any more
            data = b""
        self.said += data.decode()
        return bool(data)


NewTerminal = Callable[..., Terminal]


@pytest.fixture
def new_terminal(freewheel: Freewheel) -> Iterator[NewTerminal]:
    if os.name == "nt":
        pytest.skip("the system has no pseudo-terminals")
    terminals: list[Terminal] = []

    def start(*words: str) -> Terminal:
        terminals.append(Terminal(freewheel, *words))
        return terminals[-1]

    freewheel.variables.pop("PIP_NO_INPUT")
    freewheel.variables["PATH"] = "/nowhere"
    yield start
    for terminal in terminals:
        with closing(terminal):
            pass


def test_a_person_is_asked_in_pips_words(
    freewheel: Freewheel, private: IndexServer, new_terminal: NewTerminal
) -> None:
    """Behaviours 53 and 54: once; the password is not shown, not kept, and what it opened not shared."""
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    terminal = new_terminal("download", "six")
    terminal.answer(f"User for 127.0.0.1:{private.port}: ", USER)
    terminal.answer("Password: ", WORD)
    assert terminal.end() == 0, terminal.said
    assert statuses(private) == [(PAGE, 401), (PAGE, 200), (WHEEL, 200)]
    assert WORD not in terminal.said
    assert not holds(freewheel.folder, WORD)
    private.clear()
    freewheel.run("download", "six", expect=1)
    assert statuses(private) == [(PAGE, 401)]


def test_nobody_is_asked_where_that_is_unwanted_or_impossible(
    freewheel: Freewheel, private: IndexServer, new_terminal: NewTerminal
) -> None:
    done = freewheel.run("download", "--index-url", private.index_url, "six", expect=1, stdin="mary\nword\n")
    assert "User for" not in done.stdout + done.stderr
    terminal = new_terminal("download", "--no-input", "--index-url", private.index_url, "six")
    assert terminal.end() == 1
    assert "User for" not in terminal.said


def test_a_wrong_password_is_an_error_and_none_at_all_too(
    freewheel: Freewheel, private: IndexServer, new_terminal: NewTerminal
) -> None:
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    wrong = new_terminal("download", "six")
    wrong.answer("User for ", USER)
    wrong.answer("Password: ", "wr0ng-word")
    assert wrong.end() == 1
    assert "401 Error, Credentials not correct for" in wrong.said
    assert "wr0ng-word" not in wrong.said
    none = new_terminal("download", "six")
    none.answer("User for ", "")
    assert none.end() == 1
    assert "no credentials were sent" in none.said


@pytest.mark.parametrize("answer", ["y", ""])
def test_a_person_may_have_the_keyring_keep_it(
    freewheel: Freewheel, private: IndexServer, new_keyring: NewKeyring, new_terminal: NewTerminal, answer: str
) -> None:
    freewheel.variables["PIP_NO_INPUT"] = "1"
    keyring = new_keyring("import", {})
    freewheel.variables["PIP_INDEX_URL"] = private.index_url
    host = f"127.0.0.1:{private.port}"
    terminal = new_terminal("download", "six")
    terminal.answer("User for ", USER)
    terminal.answer("Password: ", WORD)
    terminal.answer("Save credentials to keyring [y/N]: ", answer)
    assert terminal.end() == 0, terminal.said
    kept = [words for words in keyring.noted if words[0] == "set"]
    assert kept == ([["set", host, USER, WORD]] if answer == "y" else [])
    assert ("Saving credentials to keyring" in terminal.said) is (answer == "y")
