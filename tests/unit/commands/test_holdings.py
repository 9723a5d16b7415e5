"""What the cache holds, as people tell it apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.commands.holdings_reading import holdings
from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.message import Headers, Response
from freewheel.httpcache.parts import Part
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants, to_fields
from freewheel.model.artifact import CoreMetadata, normalize
from freewheel.model.digest import sha256_of
from freewheel.model.resolution import Pin, Resolution
from freewheel.options import caching
from freewheel.resolve import memo
from freewheel.resolve.memo import Memo
from freewheel.store.holding import KINDS, Holding
from freewheel.store.record import Record
from tests.support.caches import Cache
from tests.support.stores import WHEEL, keep_tree


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def only(cache: Cache) -> Holding:
    (holding,) = holdings(cache.contents.catalog)
    return holding


@pytest.mark.parametrize(
    ("url", "kind", "project", "version", "name"),
    [
        ("https://i.example/simple/foo-bar/", "pages", "foo-bar", "", "foo-bar"),
        ("https://f.example/Foo.Bar-1.0.tar.gz", "downloads", "foo-bar", "1.0", "Foo.Bar-1.0.tar.gz"),
        ("https://f.example/a-1%2B2-py3-none-any.whl", "downloads", "a", "1+2", "a-1+2-py3-none-any.whl"),
        ("https://f.example/a-1-py3-none-any.whl.metadata", "metadata", "a", "1", "a-1-py3-none-any.whl.metadata"),
        ("https://e.example/requirements.txt", "pages", "", "", "requirements.txt"),
        ("https://e.example/", "pages", "", "", "e.example"),
    ],
)
@pytest.mark.parametrize("in_blob", [True, False])
def test_a_response_is_what_its_url_says(
    cache: Cache, url: str, kind: str, project: str, version: str, name: str, in_blob: bool
) -> None:
    """Behaviour 124."""
    path = cache.response(url, b"12345", in_blob=in_blob, made=1000.0)
    cache.used([path], days=3)
    found = only(cache)
    assert (found.kind, found.project, found.version, found.name) == (kind, project, version, name)
    assert (found.origin, found.size, found.made) == (url, 5, 1000.0)
    assert (found.place, found.own, found.last_use) == (str(path), path.stat().st_size, path.stat().st_mtime)
    assert found.blobs == ((bytes.fromhex(sha256_of(b"12345").value),) if in_blob else ())
    assert not found.is_damaged


def test_what_is_there_in_part_says_so(cache: Cache) -> None:
    url, part = "https://f.example/six-1.0.tar.gz", cache.blob(b"123")
    stored = StoredResponse(
        url=url,
        response=Response(status=200, reason="OK", headers=Headers(())),
        request_time=1.0,
        response_time=1.0,
        size=1_000_000,
        digest=None,
        parts=(Part(start=0, size=3, digest=part),),
    )
    variants = StoredVariants(incomplete=(stored,))
    cache.entries.put("http", "six", cache_key(url), Record(fields=to_fields(variants), blobs=variants.blobs))
    found = only(cache)
    assert (found.kind, found.name, found.version) == ("downloads", "six-1.0.tar.gz (in part)", "1.0")
    assert found.size < 1000


def test_metadata_that_was_read_has_its_project_and_version(cache: Cache) -> None:
    cache.entries.put("metadata", "foo-bar", "key", Record(fields={"name": "Foo.Bar", "version": "1.0", "x": []}))
    found = only(cache)
    assert (found.kind, found.project, found.version, found.name) == ("metadata", "foo-bar", "1.0", "Foo.Bar 1.0")


def test_resolutions_and_interpreters_are_told_apart(cache: Cache) -> None:
    pins = tuple(
        Pin(
            project=normalize(name),
            name=name,
            version="1.0",
            artifact=None,
            metadata=CoreMetadata(name=name, version="1.0"),
            is_requested=name != "Needed",
        )
        for name in ("Needed", "Foo.Bar", "six")
    )
    found = memo.to_bytes(Memo(resolution=Resolution(pins=pins)))
    cache.entries.put("resolution", "_", "key", Record(fields={"memo": found}))
    of_build = memo.to_bytes(Memo(resolution=Resolution(pins=pins[:1])))
    cache.entries.put("resolution", "_", "other", Record(fields={"memo": of_build}))
    cache.entries.put("interpreter", "_", "key", Record(fields={"facts": {"executable": "/usr/bin/python3"}}))
    assert {one.name for one in holdings(cache.contents.catalog)} == {
        "resolution of Foo.Bar, six",
        "resolution of Needed",
        "interpreter /usr/bin/python3",
    }


@pytest.mark.parametrize(
    ("kind", "shown"), [("resolution", "resolutions"), ("interpreter", "other"), ("digest", "other")]
)
def test_other_records_have_their_kind(cache: Cache, kind: str, shown: str) -> None:
    cache.entries.put(kind, "_", "key", Record(fields={"anything": True}))
    found = only(cache)
    assert (found.kind, found.project, found.name) == (shown, "", kind)
    assert found.is_pointer == (kind == "digest")


def test_damaged_things_say_so(cache: Cache) -> None:
    cache.response("https://i.example/simple/six/", b"x").write_bytes(b"nonsense")
    cache.entries.put("http", "attrs", "key", Record(fields={"variants": "none"}))
    keep_tree(cache.trees)
    manifest = cache.root.layout.tree(WHEEL).manifest
    manifest.chmod(0o600)
    manifest.write_bytes(b"nonsense")
    found = list(holdings(cache.contents.catalog))
    assert len(found) == 3
    assert all(one.is_damaged for one in found)


def test_a_built_wheel_says_where_it_came_from_and_how_long_it_took(cache: Cache) -> None:
    cache.wheel("foo-bar", "k", version="2.0", build=b'{"seconds": 12.5, "wheel": {"sha256": "ab"}}')
    found = only(cache)
    assert (found.kind, found.project, found.version) == ("wheels", "foo-bar", "2.0")
    assert (found.name, found.origin) == ("foo_bar-2.0-py3-none-any.whl", "https://files.example/foo-bar.tar.gz")
    assert (found.size, found.effort, found.digest) == (5, 12.5, "sha256:ab")
    assert found.own > found.size


@pytest.mark.parametrize("build", [b"", b"[]", b'{"seconds": "long"}', b"\xff"])
def test_a_built_wheel_without_a_readable_record_is_there(cache: Cache, build: bytes) -> None:
    cache.wheel("six", "k", build=build)
    assert (only(cache).kind, only(cache).effort) == ("wheels", 0.0)


def test_the_command_line_has_these_kinds() -> None:
    assert caching.KINDS == KINDS


def test_only_the_kinds_that_are_asked_for_are_read(cache: Cache) -> None:
    cache.response("https://i.example/simple/six/", b"x")
    cache.response("https://f.example/six-1.0.tar.gz", b"x")
    keep_tree(cache.trees)
    cache.wheel("six", "k")
    for kind in KINDS:
        assert {one.kind for one in holdings(cache.contents.catalog, [kind])} <= {kind}
    assert len(list(holdings(cache.contents.catalog, ["pages", "trees"]))) == 2
