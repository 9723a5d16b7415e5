"""Responses stay among those who may see them."""

from __future__ import annotations

from freewheel.model.url import Credentials
from freewheel.net.origins import parse_trusted_hosts
from freewheel.net.scopes import Scopes, stored_secret
from freewheel.store.memory import MemoryEntries
from tests.support.clock import FakeClock

SECRET = b"s" * 32
URL = "https://index.example/simple/six/"


def scopes(
    credentials: Credentials | None = None, *, trusted: tuple[str, ...] = (), secret: bytes = SECRET
) -> Scopes:
    return Scopes(lookup=lambda _: credentials, trusted=parse_trusted_hosts(trusted), secret=lambda: secret)


def no_secret() -> bytes:
    raise AssertionError("nobody may need it")


def test_what_anybody_may_have_needs_no_secret() -> None:
    plain = Scopes(lookup=lambda _: None, trusted=parse_trusted_hosts(()), secret=no_secret)
    assert plain(URL) == ""


def test_user_password_and_secret_each_make_another_scope() -> None:
    names = {
        scopes(Credentials(user="a", password="b"))(URL),
        scopes(Credentials(user="a", password="c"))(URL),
        scopes(Credentials(user="ab", password=""))(URL),
        scopes(Credentials(user="", password="ab"))(URL),
        scopes(Credentials(user="a", password="b"), secret=b"t" * 32)(URL),
        scopes(Credentials(user="a", password="b"), trusted=("index.example",))(URL),
        scopes(trusted=("index.example",))(URL),
        "",
    }
    assert len(names) == 8
    assert scopes(Credentials(user="a", password="b"))(URL) in names


def test_a_trusted_host_is_no_other_scope_where_nothing_could_be_verified() -> None:
    assert scopes(trusted=("127.0.0.1",))("http://127.0.0.1:5000/simple/") == ""
    assert scopes(trusted=("127.0.0.1",))("https://127.0.0.1:5000/simple/") != ""
    assert scopes(trusted=("index.example",))("http://index.example/simple/") != ""


def test_what_a_client_certificate_gave_access_to_is_not_for_everybody() -> None:
    """Behaviour 54."""

    def shown(certificate: str | None) -> Scopes:
        return Scopes(
            lookup=lambda _: None,
            trusted=parse_trusted_hosts(()),
            secret=lambda: SECRET,
            client_certificate=certificate,
        )

    names = {shown(certificate)(URL) for certificate in ("/keys/mine.pem", "/keys/other.pem", None)}
    assert len(names) == 3
    assert shown("/keys/mine.pem")("http://127.0.0.1/simple/six/") == ""


def test_the_secret_is_made_once_and_kept() -> None:
    entries = MemoryEntries(clock=FakeClock())
    assert stored_secret(entries, new=lambda: SECRET) == SECRET
    assert stored_secret(entries, new=no_secret) == SECRET
