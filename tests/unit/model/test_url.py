"""URLs as text: what may be shown of them, and what cannot be taken apart."""

from __future__ import annotations

import pytest

from freewheel.model import url as urls

SECRETS = [
    ("https://me:s3cret@host.example/x", "https://me:****@host.example/x", "https://host.example/x"),
    ("https://me:s3@cr3t@host.example/x", "https://me:****@host.example/x", "https://host.example/x"),
    ("https://t0ken@host.example/x", "https://****@host.example/x", "https://host.example/x"),
    ("https://:s3cret@host.example/x", "https://:****@host.example/x", "https://host.example/x"),
    ("https://me:s3cret@[host.example/x", "https://me:****@[host.example/x", "https://[host.example/x"),
    ("six @ https://a:b@h.example/ or https://c@i.example/", "six @ https://a:****@h.example/ or https://****@i.example/",
     "six @ https://h.example/ or https://i.example/"),
    ("--proxy=//me:s3cret@host.example", "--proxy=//me:****@host.example", "--proxy=//host.example"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown", "scrubbed"), SECRETS)
def test_no_secret_is_shown(text: str, shown: str, scrubbed: str) -> None:
    assert urls.redacted(text) == shown
    assert urls.scrubbed(text) == scrubbed


@pytest.mark.parametrize(
    "text", ["", "six>=1", "me@host", "https://host.example/a@b", "git@host:x", 'see "https://a.example" b@c']
)
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert urls.redacted(text) == urls.scrubbed(text) == text


@pytest.mark.parametrize("url", ["https://[host/", "https://[::1", "https://host]/", "https://ho\u2100st/"])
def test_what_cannot_be_taken_apart_is_known_beforehand(url: str) -> None:
    assert not urls.is_well_formed(url)
    with pytest.raises(ValueError, match=r"."):
        urls.split_credentials(url)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [("HTTPS://[x", "https"), ("git+ssh://h/", "git+ssh"), ("C:/x", ""), ("a b:c", ""), ("six", "")],
)
def test_the_scheme_is_read_without_the_rest(text: str, scheme: str) -> None:
    assert urls.scheme(text) == scheme


def test_credentials_are_decoded_and_never_shown() -> None:
    bare, credentials = urls.split_credentials("https://m%65:p%40ss@host.example:8443/simple/?q#f")
    assert bare == "https://host.example:8443/simple/?q#f"
    assert credentials is not None
    assert (credentials.user, credentials.password) == ("me", "p@ss")
    assert "p@ss" not in repr(credentials)


@pytest.mark.parametrize(
    ("url", "port"), [("http://h/", 80), ("https://h/", 443), ("ftp://h/", None), ("http://h:x/", None)]
)
def test_ports(url: str, port: int | None) -> None:
    assert urls.port(url) == port


def test_digests_in_a_fragment() -> None:
    url = f"https://h/x.whl#egg=x&sha256={'ab' * 32}&crc=1&md5={'cd' * 16}"
    assert [str(one) for one in urls.fragment_digests(url)] == [f"sha256:{'ab' * 32}", f"md5:{'cd' * 16}"]


def test_a_file_on_another_machine_is_no_path_here_but_a_share_on_windows() -> None:
    with pytest.raises(ValueError, match="server"):
        urls.to_path("file://server/share/x.whl")
    assert urls.to_path("file://server/share/x.whl", windows=True) == "\\\\server\\share\\x.whl"
    assert urls.to_path("file://localhost/x%20y") == "/x y"
