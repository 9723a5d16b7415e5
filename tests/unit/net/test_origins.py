"""Which hosts are trusted, and which URLs are secure."""

from __future__ import annotations

import pytest

from freewheel.net.origins import TrustedHost, parse_trusted_host, parse_trusted_hosts


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.org", "example.org", None),
        ("Example.ORG:8443", "example.org", 8443),
        ("https://example.org:1/simple/", "example.org", 1),
        ("[::2]:80", "::2", 80),
        ("::2", "::2", None),
        (" 192.0.2.7 ", "192.0.2.7", None),
    ],
)
def test_a_trusted_host_may_have_a_port(text: str, host: str, port: int | None) -> None:
    assert parse_trusted_host(text) == TrustedHost(host=host, port=port)


@pytest.mark.parametrize("text", ["", "example.org:http", ":80"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is all there is to say
        parse_trusted_host(text)


def test_a_port_limits_the_trust_and_its_absence_does_not() -> None:
    trusted = parse_trusted_hosts(["one.example:8080", "two.example"])
    assert "http://one.example:8080/a" in trusted
    assert "http://one.example/a" not in trusted
    assert "https://one.example/a" not in trusted
    assert "https://two.example/a" in trusted
    assert "http://two.example:99/a" in trusted
    assert "http://other.example/" not in trusted


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://any.example/", True),
        ("http://localhost:8000/", True),
        ("http://127.3.2.1/", True),
        ("http://[::1]:5/", True),
        ("file:///srv/", True),
        ("http://ok.example/", True),
        ("http://any.example/", False),
        ("http://127.0.0.1.any.example/", False),
    ],
)
def test_plain_http_is_secure_on_loopback_or_by_trust(url: str, expected: bool) -> None:
    assert parse_trusted_hosts(["ok.example"]).is_secure(url) is expected
