"""The cache that several machines share, as it is configured."""

from __future__ import annotations

import pytest

from freewheel.config.values import SharedCacheConfig
from freewheel.errors import InvalidOptionValue
from tests.support.told import GLOBAL_FILE, HOME, USER_FILE, told

KEY = "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="


def shared(words: str = "install six", **environ: str) -> SharedCacheConfig | None:
    variables = {f"FREEWHEEL_{name.upper()}": value for name, value in environ.items()}
    return told(words, variables).cache.shared


def named(**environ: str) -> SharedCacheConfig:
    found = shared(**{"shared_cache": "s3://bucket/team", **environ})
    assert found is not None
    return found


def test_nobody_shares_who_has_not_said_so() -> None:
    assert shared() is None
    assert shared(shared_cache="none") is None
    assert shared("install --shared-cache=none six", shared_cache="s3://bucket") is None
    assert shared(shared_cache_mode="read-write") is None


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket/a/b/", "s3://bucket/a/b"),
        ("gs://bucket/a", "gs://bucket/a"),
        ("az://container/a", "az://container/a"),
        ("file:///srv/cache/", "file:///srv/cache"),
        ("file://localhost/srv/cache", "file:///srv/cache"),
    ],
)
def test_where_it_is(written: str, url: str) -> None:
    assert named(shared_cache=written).url == url


def test_it_is_read_unless_somebody_says_more() -> None:
    assert not named().may_write
    assert not named(shared_cache_mode="read").may_write
    assert named(shared_cache_mode="read-write").may_write
    assert (named().with_private, named().with_downloads) == (False, False)
    assert named(shared_cache_private="1").with_private
    assert named(shared_cache_downloads="yes").with_downloads


def test_the_places_that_pip_reads_have_it_too() -> None:
    files = {
        GLOBAL_FILE: "[global]\nshared-cache = s3://far/x\n",
        USER_FILE: "[freewheel]\nshared-cache-mode = read-write\n",
    }
    found = told("install six", files=files).cache.shared
    assert found is not None
    assert (found.url, found.may_write) == ("s3://far/x", True)
    near = told("install --shared-cache gs://near six", files=files).cache.shared
    assert near is not None
    assert near.url == "gs://near"


def test_a_public_key_asks_for_signatures_unless_they_are_refused() -> None:
    assert not named().requires_signatures
    both = named(shared_cache_public_key=f"{KEY} {KEY}")
    assert both.requires_signatures
    source = "FREEWHEEL_SHARED_CACHE_PUBLIC_KEY in the environment"
    assert both.public_keys == ((KEY, source), (KEY, source))
    assert not named(shared_cache_public_key=KEY, require_signatures="no").requires_signatures


def test_a_signing_key_is_a_file() -> None:
    assert named(shared_cache_signing_key="~/key").signing_key == f"{HOME}/key"
    assert named(shared_cache_signing_key="key").signing_key == "/project/key"


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"shared_cache": "bucket"}, "begins with none of s3://, gs://, az://, file://"),
        ({"shared_cache": "https://bucket.example/x"}, "begins with none of"),
        ({"shared_cache": "s3:///team"}, "names no bucket"),
        ({"shared_cache": "s3://"}, "names no bucket"),
        ({"shared_cache": "file://server/x"}, "names no folder"),
        ({"shared_cache": "file:///"}, "names no folder"),
        ({"shared_cache": "s3://bucket/x?region=y"}, "is more than a place and a prefix"),
        ({"shared_cache": "s3://bucket/x#y"}, "is more than a place and a prefix"),
        ({"shared_cache": "s3://[bucket"}, "it is no URL"),
        ({"shared_cache_mode": "write"}, "shared-cache-mode"),
        ({"shared_cache_endpoint": "localhost:9000"}, "is no http:// or https:// address"),
        ({"shared_cache_endpoint": "https://x.example/?a=b"}, "is no http:// or https:// address"),
        ({"shared_cache_timeout": "0"}, "no number of seconds above 0"),
        ({"require_signatures": "1"}, "there is no public key"),
    ],
)
def test_what_cannot_be_meant_is_refused(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        named(**environ)
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    "environ",
    [
        {"shared_cache_signing_key": "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----\n"},
        {"shared_cache": "s3://bucket/x?token=geheim"},
        {"shared_cache": "s3://bucket/x#geheim"},
    ],
)
def test_what_may_be_a_secret_is_not_shown(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        named(**environ)
    assert "geheim" not in repr(caught.value)


@pytest.mark.parametrize("name", ["shared_cache", "shared_cache_endpoint"])
def test_credentials_in_an_address_are_refused_and_not_shown(name: str) -> None:
    scheme = "s3" if name == "shared_cache" else "https"
    with pytest.raises(InvalidOptionValue) as caught:
        named(**{name: f"{scheme}://user:geheim@place.example/x"})
    assert "credentials do not belong into the address" in caught.value.problem
    assert "geheim" not in repr(caught.value)
