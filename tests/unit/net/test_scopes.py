"""Responses stay among those who may see them."""

from __future__ import annotations

from freewheel.httpcache.message import Headers, Request
from freewheel.model.url import Credentials
from freewheel.net.origins import parse_trusted_hosts
from freewheel.net.scopes import Scopes, stored_secret
from freewheel.store.memory import MemoryEntries
from tests.support.clock import FakeClock

SECRET = b"s" * 32
URL = "https://index.example/simple/six/"


def scope(
    credentials: Credentials | None = None, *, url: str = URL, trusted: tuple[str, ...] = (), secret: bytes = SECRET
) -> str:
    scopes = Scopes(trusted=parse_trusted_hosts(trusted), secret=lambda: secret)
    return scopes(Request(url=url, credentials=credentials))


def no_secret() -> bytes:
    raise AssertionError("nobody may need it")


def test_what_anybody_may_have_needs_no_secret() -> None:
    plain = Scopes(trusted=parse_trusted_hosts(()), secret=no_secret)
    assert plain(Request(url=URL)) == ""


def test_user_password_and_secret_each_make_another_scope() -> None:
    names = {
        scope(Credentials(user="a", password="b")),
        scope(Credentials(user="a", password="c")),
        scope(Credentials(user="ab", password="")),
        scope(Credentials(user="", password="ab")),
        scope(Credentials(user="a", password="")),
        scope(Credentials(user="a", password=None)),
        scope(Credentials(user="a", password="b"), secret=b"t" * 32),
        scope(Credentials(user="a", password="b"), trusted=("index.example",)),
        scope(trusted=("index.example",)),
        "",
    }
    assert len(names) == 9
    assert scope(Credentials(user="a", password="b")) in names


def test_a_field_that_a_caller_gives_is_a_credential_too() -> None:
    scopes = Scopes(trusted=parse_trusted_hosts(()), secret=lambda: SECRET)
    names = {
        scopes(Request(url=URL, headers=Headers((("authorization", value),)))) for value in ("Bearer a", "Bearer b")
    }
    assert len(names | {""}) == 3


def test_a_trusted_host_is_no_other_scope_where_nothing_could_be_verified() -> None:
    assert scope(trusted=("127.0.0.1",), url="http://127.0.0.1:5000/simple/") == ""
    assert scope(trusted=("127.0.0.1",), url="https://127.0.0.1:5000/simple/") != ""
    assert scope(trusted=("index.example",), url="http://index.example/simple/") != ""


def test_what_a_client_certificate_gave_access_to_is_not_for_everybody() -> None:
    """Behaviour 54."""

    def shown(certificate: str | None, url: str = URL) -> str:
        scopes = Scopes(trusted=parse_trusted_hosts(()), secret=lambda: SECRET, client_certificate=certificate)
        return scopes(Request(url=url))

    names = {shown(certificate) for certificate in ("/keys/mine.pem", "/keys/other.pem", None)}
    assert len(names) == 3
    assert shown("/keys/mine.pem", "http://127.0.0.1/simple/six/") == ""


def test_the_secret_is_made_once_and_kept() -> None:
    entries = MemoryEntries(clock=FakeClock())
    assert stored_secret(entries, new=lambda: SECRET) == SECRET
    assert stored_secret(entries, new=no_secret) == SECRET
