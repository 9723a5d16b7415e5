"""What the fields of an answer say of its body."""

from __future__ import annotations

import pytest

from freewheel.httpcache.message import Headers, Response
from freewheel.net.bodies import stated_length


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("Content-Length", "3")], 3),
        ([("content-length", "3"), ("Content-Length", "3")], 3),
        ([("Content-Length", "3, 3")], 3),
        ([("Content-Length", "3"), ("Content-Length", "4")], None),
        ([("Content-Length", "3"), ("Transfer-Encoding", "chunked")], None),
        ([("Content-Length", "+3")], None),
        ([("Content-Length", "\u0663")], None),
        ([("Content-Length", "9" * 5000)], None),
        ([], None),
    ],
)
def test_a_length_counts_if_it_is_the_only_one(lines: list[tuple[str, str]], expected: int | None) -> None:
    assert stated_length(Response(status=200, headers=Headers(tuple(lines)))) == expected


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_an_answer_without_a_body_states_the_length_of_another(method: str, status: int) -> None:
    response = Response(status=status, headers=Headers((("Content-Length", "3"),)))
    assert stated_length(response, method=method) is None
