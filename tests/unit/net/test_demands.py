"""What a run's switches make of its requests."""

from __future__ import annotations

import pytest

from freewheel.errors import NotStored
from freewheel.httpcache.message import Headers, Request
from freewheel.net.demands import Demands, Disconnected

SIX, FILE = "https://index.example/simple/six/", "https://files.example/six-1.0-py3-none-any.whl"
LINKS, TEXT = "https://links.example/all/", "https://example.org/requirements.txt"


def asked(demands: Demands, url: str = SIX, field: str | None = None) -> str | None:
    headers = Headers() if field is None else Headers((("Cache-Control", field),))
    return ", ".join(demands.of(Request(url=url, headers=headers)).headers.get_all("Cache-Control")) or None


@pytest.mark.parametrize(
    ("projects", "anew"),
    [
        (set(), []),
        ({"six"}, [SIX, LINKS]),
        ({"other"}, [LINKS]),
        ({":all:"}, [SIX, LINKS, TEXT]),
    ],
)
def test_the_pages_of_projects_are_asked_for_anew(projects: set[str], anew: list[str]) -> None:
    """Behaviour 55."""
    demands = Demands(projects=frozenset(projects), shared_pages=frozenset({LINKS}))
    found = [url for url in (SIX, LINKS, TEXT, FILE, "file:///srv/simple/six/") if asked(demands, url)]
    assert found == anew
    assert all(asked(demands, url) == "max-age=0" for url in anew)


def test_everything_is_asked_for_anew() -> None:
    """Behaviour 58; what has a stated digest is known all the same."""
    for url in (SIX, LINKS, TEXT, FILE):
        assert asked(Demands(refresh=True), url) == "max-age=0"


@pytest.mark.parametrize("field", [None, "no-cache", "no-store"])
def test_without_a_connection_anything_stored_will_do(field: str | None) -> None:
    """Behaviour 59."""
    assert asked(Demands(offline=True), field=field) == "max-stale"


def test_who_only_asks_whether_something_is_stored_is_answered_without_a_connection_too() -> None:
    """Behaviour 59."""
    assert asked(Demands(offline=True), field="only-if-cached") == "only-if-cached, max-stale"


def test_who_prefers_what_is_stored_may_still_want_something_new() -> None:
    """Behaviours 128 and 129."""
    demands = Demands(prefer_offline=True, projects=frozenset({"seven"}))
    assert asked(demands) == "max-stale"
    assert asked(demands, field="only-if-cached") == "only-if-cached, max-stale"
    assert asked(demands, field="no-cache") == "no-cache"
    assert asked(demands, "https://index.example/simple/seven/") == "max-age=0"


def test_whoever_demands_nothing_sends_what_was_asked() -> None:
    assert asked(Demands()) is None
    assert asked(Demands(), field="no-cache") == "no-cache"


def test_where_no_connection_may_be_opened_everything_else_is_missing() -> None:
    with pytest.raises(NotStored) as caught:
        Disconnected(has_cache=True).send(Request(url=SIX))
    assert caught.value.url == SIX
