"""Whether a stored thing would be reused, and why: decided by what is stored alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.commands.cache_why import Verdict, verdict
from freewheel.commands.holdings_reading import holdings
from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.message import Headers, Response
from freewheel.httpcache.parts import Part
from freewheel.httpcache.policy import Policy
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants, to_fields
from freewheel.model.digest import sha256_of
from freewheel.store.holding import Holding
from freewheel.store.record import Record
from tests.support.caches import Cache
from tests.support.stores import WHEEL, keep_bytecode, keep_tree

URL = "https://files.example/six-1.0.tar.gz"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def only(cache: Cache) -> Holding:
    (holding,) = holdings(cache.contents.catalog)
    return holding


def judged(cache: Cache, *, later: float = 0.0) -> Verdict:
    return verdict(only(cache), now=cache.clock.now + later, policy=Policy())


def keep(cache: Cache, *fields: tuple[str, str], url: str = URL, key: str | None = None, **changes: bool) -> None:
    stored = StoredResponse(
        url=url,
        response=Response(status=200, reason="OK", headers=Headers(fields)),
        request_time=cache.clock.now,
        response_time=cache.clock.now,
        size=3,
        digest=sha256_of(b"six"),
        body=b"six",
    )
    variants = StoredVariants(variants=(replace(stored, **changes),))
    cache.entries.put("http", "six", key or cache_key(url), Record(fields=to_fields(variants)))


def test_what_is_fresh_needs_no_request(cache: Cache) -> None:
    keep(cache, ("Cache-Control", "max-age=600"), url="https://i.example/simple/six/")
    found = judged(cache, later=60)
    assert found.sentence == "It would be reused without a request: it is fresh for 9 min more."
    assert found.facts == ("status: 200", f"digest: {sha256_of(b'six')}", "Cache-Control: max-age=600")


def test_what_is_stale_is_asked_about_or_fetched(cache: Cache) -> None:
    keep(cache, ("Cache-Control", "max-age=600"), ("ETag", '"1"'))
    assert judged(cache, later=4200).sentence == (
        "It is reused wherever its digest is stated; elsewhere its server would be asked whether it has changed:"
        " it has been stale for 60 min."
    )
    keep(cache, ("Cache-Control", "max-age=600"))
    assert "it would be fetched again, as nothing tells whether it has changed" in judged(cache, later=4200).sentence


def test_where_no_server_is_asked_what_is_stale_is_taken_as_it_is(cache: Cache) -> None:
    keep(cache, ("Cache-Control", "max-age=600"), url="https://i.example/simple/six/")
    found = verdict(only(cache), now=cache.clock.now + 4200, policy=Policy(), asks=False)
    assert found.sentence == ("It would be reused as it is, since no server is asked: it has been stale for 60 min.")


@pytest.mark.parametrize(
    ("fields", "changes", "reason"),
    [
        ([("Cache-Control", "max-age=600, no-cache"), ("ETag", '"1"')], {}, "(no-cache)"),
        ([("ETag", '"1"')], {}, "it has no lifetime"),
        ([("Cache-Control", "max-age=600"), ("ETag", '"1"')], {"is_invalidated": True}, "a request that may have"),
    ],
)
def test_other_reasons_to_ask(
    cache: Cache, fields: list[tuple[str, str]], changes: dict[str, bool], reason: str
) -> None:
    keep(cache, *fields, **changes)
    assert reason in judged(cache).sentence


def test_what_somebody_got_with_credentials_says_so(cache: Cache) -> None:
    keep(cache, ("Cache-Control", "max-age=600"), key=f"0123abcd {cache_key(URL)}")
    assert judged(cache).facts[0].startswith("private: ")


def test_a_part_is_completed(cache: Cache) -> None:
    stored = StoredResponse(
        url=URL,
        response=Response(status=200, reason="OK", headers=Headers(())),
        request_time=1.0,
        response_time=1.0,
        size=10,
        digest=None,
        parts=(Part(start=0, size=3, digest=sha256_of(b"six"), body=b"six"),),
    )
    fields = to_fields(StoredVariants(incomplete=(stored,)))
    cache.entries.put("http", "six", cache_key(URL), Record(fields=fields))
    assert judged(cache).sentence == "The rest of it would be asked for: a part is here."


def test_a_tree_holds_for_ever_and_names_its_bytecode(cache: Cache) -> None:
    tree = keep_tree(cache.trees)
    keep_bytecode(cache.trees, tree, "cpython-312-1-timestamp")
    found = judged(cache)
    assert found.sentence.startswith("It would be reused")
    assert found.facts[0] == "bytecode: cpython-312-1-timestamp"
    manifest = cache.root.layout.tree(WHEEL).manifest
    manifest.chmod(0o600)
    manifest.write_bytes(b"nonsense")
    assert judged(cache).sentence == "It is damaged, and would be made or fetched again."


def test_metadata_that_was_read_holds_as_long_as_its_source(cache: Cache) -> None:
    cache.entries.put("metadata", "six", "key", Record(fields={"name": "six", "version": "1.0"}))
    assert judged(cache).sentence.startswith("It would be reused: ")


def test_what_vanishes_meanwhile_is_gone(cache: Cache) -> None:
    keep(cache, ("Cache-Control", "max-age=600"))
    holding = only(cache)
    Path(holding.place).unlink()
    assert verdict(holding, now=cache.clock.now, policy=Policy()).sentence == "It is gone by now."
