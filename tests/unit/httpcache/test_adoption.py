"""What of pip's HTTP cache may be taken over, and how old it is then."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from msgspec.structs import replace

from freewheel.httpcache import adoption, freshness, pips_entry, reuse
from freewheel.httpcache.adoption import Adopt, DoNotAdopt, Found
from freewheel.httpcache.message import Headers, Request
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Forward, UseStored, Validate
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import Digest, sha256_of
from tests.support.pips_cache import Entry

URL = "https://index.example/simple/six/"
NOW = 1_000_000.0
CONTENT = b"page"
SHA256 = sha256_of(CONTENT)
PUBLIC = {"Cache-Control": "public, max-age=600", "Content-Length": "4", "Date": formatdate(NOW - 100, usegmt=True)}
PAGE = Request(url=URL, headers=Headers((("Accept", "text/html"), ("Accept-Encoding", "gzip"))))
FILE = replace(PAGE, digest=SHA256)


def found(
    fields: dict[str, str] | None = None, *, at: float = NOW - 99, body_at: float | None = None, **more: object
) -> Found:
    entry = Entry(fields=PUBLIC if fields is None else fields, **more)  # type: ignore[arg-type]
    return Found(
        entry=pips_entry.read(entry.record()), recorded_at=at, body_at=at if body_at is None else body_at, size=4
    )


def decide(request: Request, what: Found, *, now: float = NOW) -> Adopt | DoNotAdopt:
    return adoption.decide(request, what, now=now, policy=Policy(lifetimes={301: 600.0}))


def stored(request: Request, what: Found, *, now: float = NOW) -> StoredResponse:
    decision = decide(request, what, now=now)
    assert isinstance(decision, Adopt)
    assert decision.stored is not None
    return replace(decision.stored, digest=SHA256, body=CONTENT)


def reason(request: Request, what: Found) -> str:
    decision = decide(request, what)
    assert isinstance(decision, DoNotAdopt), decision
    return decision.reason


def then(request: Request, one: StoredResponse, *, now: float = NOW) -> type:
    """What the ordinary rules make of a stored response."""
    variants = StoredVariants(variants=(one,))
    return type(reuse.decide(request, variants, now=now, role=Role.PRIVATE, policy=Policy()))


# Freshness


def test_what_pip_keeps_is_fresh_for_as_long_as_its_date_says() -> None:
    one = stored(PAGE, found())
    assert freshness.current_age(one, now=NOW) == 100
    assert then(PAGE, one) is UseStored
    assert then(PAGE, one, now=NOW + 499) is UseStored
    assert then(PAGE, one, now=NOW + 500) is Forward


def test_the_age_that_a_cache_on_the_way_stated_counts() -> None:
    assert freshness.current_age(stored(PAGE, found(PUBLIC | {"Age": "500"})), now=NOW) == 600


def test_a_validator_is_used_once_it_is_stale() -> None:
    assert then(PAGE, stored(PAGE, found(PUBLIC | {"ETag": '"1"'})), now=NOW + 500) is Validate


@pytest.mark.parametrize(
    "what",
    [
        found({name: value for name, value in PUBLIC.items() if name != "Date"} | {"ETag": '"1"'}),
        found(PUBLIC | {"Date": "yesterday", "ETag": '"1"'}),
        found(PUBLIC | {"Date": formatdate(NOW - 50, usegmt=True), "ETag": '"1"'}),
        found(PUBLIC | {"Date": formatdate(NOW + 50, usegmt=True), "ETag": '"1"'}, at=NOW + 60),
    ],
    ids=["no date", "no date that can be read", "written before its date", "from the future"],
)
def test_what_may_be_older_than_it_seems_is_validated_first(what: Found) -> None:
    assert then(PAGE, stored(PAGE, what)) is Validate


# Whose it is


@pytest.mark.parametrize("permission", ["public", "s-maxage=600", "must-revalidate, max-age=600"])
def test_what_anybody_may_have_is_taken_over(permission: str) -> None:
    """§3.5: whoever asked for it, with credentials or without."""
    stored(PAGE, found(PUBLIC | {"Cache-Control": permission, "ETag": '"1"'}))


def test_what_may_have_been_got_with_credentials_is_not() -> None:
    plain = PUBLIC | {"Cache-Control": "max-age=600"}
    assert "public" in reason(PAGE, found(plain))
    named = plain | {"Vary": "Authorization"}
    stored(PAGE, found(named, vary={"Authorization": None}))
    assert "for one user (Authorization)" in reason(PAGE, found(named, vary={"Authorization": "Basic eDp5"}))


def test_bytes_whose_digest_is_stated_are_taken_over_without_the_response() -> None:
    plain = found(PUBLIC | {"Cache-Control": "max-age=600"})
    assert decide(FILE, plain) == Adopt(stored=None)
    weak = replace(PAGE, digest=Digest(algorithm="md5", value="ab"))
    assert isinstance(decide(weak, plain), DoNotAdopt)


@pytest.mark.parametrize("request_", [PAGE, FILE], ids=["page", "file"])
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (found(PUBLIC | {"Cache-Control": "private, public, max-age=600"}), "(private)"),
        (found(PUBLIC | {"Set-Cookie": "a=b"}), "(Set-Cookie)"),
        (found(PUBLIC | {"Authentication-Info": 'nextnonce="1"'}), "(Authentication-Info)"),
        (found(PUBLIC | {"Vary": "cookie"}, vary={"cookie": "a=b"}), "(Cookie)"),
        (found(PUBLIC | {"Cache-Control": "no-store"}), "no-store"),
        (found(PUBLIC | {"Location": "https://me:pw@other.example/"}, status=300), "credentials"),
    ],
)
def test_what_shows_that_it_was_for_one_user_stays_where_it_is(request_: Request, what: Found, expected: str) -> None:
    assert expected in reason(request_, what)


def test_a_request_that_wants_nothing_kept_gets_nothing() -> None:
    wanted = replace(FILE, headers=FILE.headers.plus("Cache-Control", "no-store"))
    assert "the request forbids it" in reason(wanted, found())


# Whether it fits


def test_vary_is_respected() -> None:
    varying = PUBLIC | {"Vary": "Accept, Accept-Encoding"}
    same = found(varying, vary={"Accept": "text/html", "Accept-Encoding": "gzip"})
    assert then(PAGE, stored(PAGE, same)) is UseStored
    other = found(varying, vary={"Accept": "text/html", "Accept-Encoding": None})
    assert "Vary" in reason(PAGE, other)
    assert then(FILE, stored(FILE, other)) is UseStored  # these bytes are what was asked for
    assert "accept-encoding" in reason(PAGE, found(varying, vary={"Accept": "text/html"}))


@pytest.mark.parametrize("length", ["3", "5", "four", "4, 5", "", "04"])
def test_a_body_of_another_length_is_damage(length: str) -> None:
    what = found(PUBLIC | {"Content-Length": length})
    if length:
        assert "its body has 4 bytes instead of" in reason(FILE, what)
    else:
        stored(FILE, what)


def test_a_record_that_is_newer_than_its_body_needs_something_that_ties_them() -> None:
    """pip replaces the two one after the other, and after a 304 the record alone."""
    chunked = {name: value for name, value in PUBLIC.items() if name != "Content-Length"}
    stored(PAGE, found(chunked, body_at=NOW))
    stored(PAGE, found(PUBLIC, body_at=NOW - 3600))
    stored(FILE, found(chunked, body_at=NOW - 3600))
    assert "belongs to its record" in reason(PAGE, found(chunked, body_at=NOW - 3600))


def test_a_permanent_redirect_is_kept_by_pip_without_its_body() -> None:
    moved = PUBLIC | {"Location": "/simple/six/", "Content-Length": "178"}
    what = replace(found(moved, status=301), size=0)
    one = stored(PAGE, what)
    assert one.response.headers.get("Content-Length") == "0"
    assert then(PAGE, one) is UseStored
    assert "none was kept" in reason(PAGE, found(moved, status=301))


def test_fields_of_the_connection_are_left_out() -> None:
    one = stored(PAGE, found(PUBLIC | {"Connection": "X-Hop", "X-Hop": "1", "Transfer-Encoding": "chunked"}))
    assert [name for name in ("Connection", "X-Hop", "Transfer-Encoding") if name in one.response.headers] == []


def test_nothing_is_taken_over_that_would_be_of_no_use() -> None:
    assert "neither a lifetime nor a validator" in reason(PAGE, found({"Cache-Control": "public"}))
