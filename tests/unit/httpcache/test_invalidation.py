from __future__ import annotations

import pytest

from freewheel.httpcache.invalidation import invalidated_urls
from tests.unit.httpcache.makers import URL, a_request, a_response


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "FOO", "get"])
@pytest.mark.parametrize("status", [200, 204, 299, 303, 399])
def test_unsafe_and_unknown_methods_that_succeed_invalidate_their_target(method: str, status: int) -> None:
    """RFC 9111 §4.4."""
    assert invalidated_urls(a_request(method=method), a_response(status=status)) == (URL,)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_safe_methods_invalidate_nothing(method: str) -> None:
    """RFC 9110 §9.2.1."""
    assert invalidated_urls(a_request(method=method), a_response("Location: /other")) == ()


@pytest.mark.parametrize("status", [400, 404, 500, 599, 100])
def test_failures_invalidate_nothing(status: int) -> None:
    assert invalidated_urls(a_request(method="POST"), a_response("Location: /other", status=status)) == ()


def test_locations_on_the_same_origin_are_invalidated_too() -> None:
    given = a_response("Location: ../new?a#b", "Content-Location: HTTPS://Index.example:443/%7ex")
    assert invalidated_urls(a_request(method="PUT", url=URL + "#f"), given) == (
        URL,
        "https://index.example/simple/new?a",
        "https://index.example/~x",
    )


@pytest.mark.parametrize(
    "reference",
    [
        "https://other.example/",
        "http://index.example/",
        "https://index.example:8443/",
        "//other.example/",
        "http://[",
        URL,
    ],
)
def test_locations_elsewhere_are_not(reference: str) -> None:
    given = a_response(f"Location: {reference}", f"Content-Location: {reference}")
    assert invalidated_urls(a_request(method="PUT"), given) == (URL,)
