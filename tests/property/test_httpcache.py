"""Laws of the HTTP cache's rules, over fields that servers, clients and damage might make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from freewheel.httpcache import cache_control, dates, keys, lists, stored_response
from freewheel.httpcache.forwarding import Exchange, HandOut, Keep, PassOn, SendAgain, receive
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Forward, Unsatisfiable, UseStored, Validate, decide
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import sha256_of

NOW = 1_750_000_000.0
END_OF_TIME = 253_402_300_799

DIRECTIVES = (
    "no-store", "no-cache", "private", "public", "must-revalidate", "proxy-revalidate", "must-understand",
    "immutable", "max-age=600", "max-age=0", "s-maxage=600", "stale-if-error=60", "stale-while-revalidate=60",
    'no-cache="x"', 'private="x"', "max-stale", "max-stale=5", "min-fresh=5", "only-if-cached", 'a="', "=", "max-age",
)  # fmt: skip
DATES = (*(dates.format_date(NOW + offset) for offset in (-1000, -1, 0, 1000)), "0", "yesterday")

text = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=12)
values = {
    "Cache-Control": st.lists(st.sampled_from(DIRECTIVES), max_size=3).map(", ".join) | text,
    "Vary": st.sampled_from(["Accept", "accept, Cookie", "*", "", "Accept-Encoding", "a b"]) | text,
    "Accept": st.sampled_from(["a", "b", "a, b"]) | text,
    "Accept-Encoding": st.sampled_from(["gzip", "GZIP", "br;q=1"]),
    "Cookie": st.sampled_from(["a=1", "b"]),
    "Connection": st.sampled_from(["close", "x", "vary"]) | text,
    "ETag": st.sampled_from(['"1"', 'W/"1"', '"2"', "x", ""]) | text,
    "If-None-Match": st.sampled_from(['"1"', "*", 'W/"1", "2"']) | text,
    "Age": st.sampled_from(["0", "500", "-1", "9" * 30]) | text,
    "Pragma": st.just("no-cache"),
    "Range": st.just("bytes=0-1"),
    "Content-Length": st.sampled_from(["4", "5", "x"]),
    "Location": st.sampled_from(["/a", "http://[", "https://other.example/"]) | text,
    **dict.fromkeys(("Date", "Expires", "Last-Modified", "If-Modified-Since"), st.sampled_from(DATES) | text),
}
lines = st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), values[name]))
headers = st.lists(lines, max_size=6).map(lambda found: Headers(tuple(found)))
responses = st.builds(
    Response, status=st.sampled_from([200, 204, 206, 299, 301, 304, 404, 500, 503, 599]), headers=headers
)
bodies = st.binary(max_size=4)
digests = bodies.map(sha256_of)
requests = st.builds(
    Request,
    url=st.just("https://index.example/simple/six/"),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]),
    headers=headers,
    digest=st.none() | digests,
)


@st.composite
def stored_responses(draw: st.DrawFn) -> StoredResponse:
    response, body = draw(responses), draw(bodies)
    arrival = NOW - draw(st.integers(-10, 2000))
    return StoredResponse(
        url="https://index.example/simple/six/",
        response=response,
        nominated=keys.nominate(draw(headers), response.headers),
        request_time=arrival - 1,
        response_time=arrival,
        size=len(body),
        digest=sha256_of(body),
        checked=tuple(draw(st.lists(digests, max_size=1))),
        body=draw(st.sampled_from([body, None])),
        is_invalidated=draw(st.booleans()),
    )


stores = st.lists(stored_responses(), max_size=3).map(lambda found: StoredVariants(variants=tuple(found)))
roles = st.sampled_from(Role)
policies = st.builds(
    Policy,
    heuristic_fraction=st.sampled_from([0.0, 0.1]),
    lifetimes=st.sampled_from([{}, {301: 60.0}]),
    stale_on_error=st.booleans(),
    stale_while_validating=st.booleans(),
)


@given(request=requests, stored=stores, role=roles, policy=policies)
def test_every_request_gets_a_decision_that_keeps_its_promises(
    request: Request, stored: StoredVariants, role: Role, policy: Policy
) -> None:
    decision = decide(request, stored, now=NOW, role=role, policy=policy)
    asked = cache_control.of_request(request.headers)
    match decision:
        case UseStored():
            assert decision.stored in stored.variants
            assert str(decision.status).startswith("freewheel; hit")
            assert decision.response.headers.get_all("Age")[0].isdigit()
            is_identified = request.digest is not None and decision.stored.has(request.digest)
            assert is_identified or keys.matches(decision.stored.nominated, request.headers)
            assert is_identified or not (asked.no_cache or decision.stored.is_invalidated)
        case Validate() | Forward():
            assert decision.status.fwd is not None
            assert not asked.only_if_cached
        case Unsatisfiable():
            assert asked.only_if_cached


@given(request=requests, response=responses, stored=stores, role=roles, policy=policies)
def test_every_answer_is_dealt_with_and_nothing_unwanted_is_kept(
    request: Request, response: Response, stored: StoredVariants, role: Role, policy: Policy
) -> None:
    decision = decide(request, stored, now=NOW, role=role, policy=policy)
    if isinstance(decision, UseStored | Unsatisfiable):
        return
    exchange = Exchange(
        request=request, decision=decision, response=response, request_time=NOW, response_time=NOW + 1
    )
    outcome = receive(exchange, stored, role=role, policy=policy)
    said = cache_control.of_response(response.headers)
    asked = cache_control.of_request(request.headers)
    match outcome:
        case Keep():
            assert not asked.no_store
            assert not said.no_store or said.must_understand
            assert role is Role.PRIVATE or not said.private
            (new, *_) = outcome.stored(body=b"new", size=3).variants
            assert set(new.response.headers) <= set(response.headers)
            assert request.digest is not None or keys.matches(new.nominated, request.headers)
        case HandOut():
            assert response.status in (304, 500, 502, 503, 504)
        case SendAgain():
            assert response.status == 304
            assert outcome.decision.request == request
        case PassOn():
            assert outcome.reason
            assert not outcome.status.stored


@given(stored=stores)
def test_what_is_stored_comes_back_through_its_bytes(stored: StoredVariants) -> None:
    packed = msgspec.msgpack.encode(stored_response.to_fields(stored))
    assert stored_response.from_fields(msgspec.msgpack.decode(packed)) == stored


@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-5, 10**6)
        | st.floats()
        | st.text(max_size=3)
        | st.binary(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    ),
    name=st.sampled_from(
        ["url", "status", "headers", "nominated", "response_time", "size", "digest", "checked", "body"]
    ),
    stored=stored_responses(),
)
def test_other_fields_are_refused_or_read_never_worse(value: Any, name: str, stored: StoredResponse) -> None:
    """Behaviour 66."""
    fields = msgspec.to_builtins(
        stored_response.to_fields(StoredVariants(variants=(stored,))), builtin_types=(bytes,)
    )
    fields["variants"][0][name] = value
    try:
        (read,) = stored_response.from_fields(fields).variants
    except ValueError:
        return
    assert stored_response.from_fields(stored_response.to_fields(StoredVariants(variants=(read,)))).variants == (
        read,
    )


@given(moment=st.integers(0, END_OF_TIME))
def test_a_date_that_was_written_is_read(moment: int) -> None:
    assert dates.parse(dates.format_date(moment), now=NOW) == moment
    calendar = datetime.fromtimestamp(moment, UTC)
    assert dates.parse(f"{calendar:%a %b} {calendar.day:2} {calendar:%H:%M:%S} {calendar.year:04}", now=NOW) == moment


@given(line=st.text('ab", \\\t', max_size=40))
def test_the_members_of_a_list_are_lists_of_one(line: str) -> None:
    found = lists.members([line])
    assert all(member == member.strip(" \t") for member in found)
    assert all(lists.members([member]) == (member,) for member in found)
    assert [character for member in found for character in member if character in 'ab"\\'] == [
        character for character in line if character in 'ab"\\'
    ]


@given(directives=st.lists(st.sampled_from(DIRECTIVES[:-3]), max_size=5), data=st.data())
def test_the_order_case_and_lines_of_directives_do_not_matter(directives: list[str], data: st.DataObject) -> None:
    one_line = Headers((("Cache-Control", ",".join(directives)),))
    shuffled = data.draw(st.permutations(directives))
    many_lines = Headers(tuple(("cache-control", f" {directive.upper()} ,") for directive in shuffled))
    assert cache_control.of_response(one_line) == cache_control.of_response(many_lines)
    assert cache_control.of_request(one_line) == cache_control.of_request(many_lines)


@given(url=st.text(st.sampled_from("htps:/?#@[]%2eE7aA.~ ä"), max_size=30) | st.text(max_size=20))
def test_a_normalized_url_stays_as_it_is(url: str) -> None:
    once = keys.normalized(url)
    assert keys.normalized(once) == once
    assert once.isascii()
    assert keys.normalized(f"{url}#fragment") == keys.normalized(url)


@given(asked=headers, answered=headers)
def test_a_request_matches_the_answer_that_it_got(asked: Headers, answered: Headers) -> None:
    nominated = keys.nominate(asked, answered)
    assert keys.matches(nominated, asked) is not keys.is_unmatchable(nominated)
