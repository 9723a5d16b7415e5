"""Which proxy stands between us and a host."""

from __future__ import annotations

import pytest

from freewheel.net.proxies import proxy_for

PROXY = "http://proxy.example:3128"
URL = "https://files.index.example:8443/simple/"


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [
        ({"https": PROXY}, PROXY),
        ({"all": PROXY}, PROXY),
        ({"https": PROXY, "all": "http://other.example"}, PROXY),
        ({"http": PROXY}, None),
        ({}, None),
    ],
)
def test_the_schemes_own_proxy_comes_before_that_for_all(proxies: dict[str, str], expected: str | None) -> None:
    assert proxy_for(URL, proxies=proxies, no_proxy="") == expected


@pytest.mark.parametrize("url", ["http://localhost:8000/", "https://127.0.0.9/", "http://[::1]:1/"])
def test_this_machine_is_asked_directly(url: str) -> None:
    assert proxy_for(url, proxies={"all": PROXY}, no_proxy="") is None


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("*", URL, True),
        ("index.example", URL, True),
        (".index.example", URL, True),
        ("*.index.example", URL, True),
        (" other.example , INDEX.example ", URL, True),
        ("files.index.example:8443", URL, True),
        ("files.index.example:443", URL, False),
        ("dex.example", URL, False),
        ("files.index.example.org", URL, False),
        (",,", URL, False),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.0.0.0/8", URL, False),
        ("nonsense/8", "https://10.1.2.3/", False),
        ("2001:db8::1", "https://[2001:db8::1]/", True),
        ("index.example:443", "https://index.example/", True),
    ],
)
def test_what_is_named_is_asked_directly(no_proxy: str, url: str, is_direct: bool) -> None:
    assert (proxy_for(url, proxies={"all": PROXY}, no_proxy=no_proxy) is None) is is_direct
