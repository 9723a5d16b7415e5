from __future__ import annotations

import pytest

from freewheel.httpcache import keys
from tests.unit.httpcache.makers import fields


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://index.example/simple/six/", "https://index.example/simple/six/"),
        ("HTTPS://Index.EXAMPLE/Simple/", "https://index.example/Simple/"),
        ("https://index.example", "https://index.example/"),
        ("https://index.example?q", "https://index.example/?q"),
        ("https://index.example:443/", "https://index.example/"),
        ("https://index.example:/", "https://index.example/"),
        ("http://index.example:80/", "http://index.example/"),
        ("http://index.example:443/", "http://index.example:443/"),
        ("http://[::1]/", "http://[::1]/"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("https://index.example/a#sha256=ab", "https://index.example/a"),
        ("https://index.example/a?x=1#b?c", "https://index.example/a?x=1"),
        ("https://index.example/a?", "https://index.example/a?"),
        ("https://me:secret@index.example/a", "https://index.example/a"),
        ("https://index.example/%7euser/%2F%e4", "https://index.example/~user/%2F%E4"),
        ("https://index.example/a/./b/../c", "https://index.example/a/c"),
        ("https://index.example/a/..", "https://index.example/"),
        ("https://index.example/a/b/..", "https://index.example/a/"),
        ("https://index.example/../../a", "https://index.example/a"),
        ("https://index.example/a//b", "https://index.example/a//b"),
        ("https://index.example/a..b/...", "https://index.example/a..b/..."),
        ("https://index.example/ä b\n", "https://index.example/%C3%A4%20b%0A"),
        ("https://index.example/?a=%2e/../b", "https://index.example/?a=./../b"),
    ],
)
def test_equivalent_urls_are_one(url: str, expected: str) -> None:
    """RFC 3986 §6.2.2, §6.2.3; RFC 9110 §4.2.3. Behaviour 53: no credentials in names."""
    assert keys.normalized(url) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.example/a", "https://x.example/A"),
        ("https://x.example/a", "https://x.example/a/"),
        ("https://x.example/a", "https://x.example/a?"),
        ("https://x.example/a", "http://x.example/a"),
        ("https://x.example/a", "https://x.example:8443/a"),
        ("https://x.example/a%2Fb", "https://x.example/a/b"),
        ("https://x.example/?a=1&b=2", "https://x.example/?b=2&a=1"),
    ],
)
def test_urls_that_may_mean_different_things_stay_different(one: str, other: str) -> None:
    assert keys.cache_key(one) != keys.cache_key(other)


def test_the_key_has_the_method() -> None:
    """RFC 9111 §2."""
    assert keys.cache_key("https://x.example") == "GET https://x.example/"


def test_the_origin_is_scheme_host_and_port() -> None:
    """RFC 9110 §4.3.1."""
    assert keys.origin(keys.normalized("https://X.example:8443/a/b?c")) == "https://x.example:8443"


def select(vary: tuple[str, ...], first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether a response with `vary` to a request with the fields `first` may answer one with `second`."""
    nominated = keys.nominate(fields(*first), fields(*(f"Vary: {names}" for names in vary)))
    return keys.matches(nominated, fields(*second))


class TestVary:
    """RFC 9111 §4.1; behaviours 39 and 40."""

    def test_without_it_every_request_matches(self) -> None:
        assert select((), ("Accept: a",), ("Accept: b",))

    def test_nominated_fields_must_be_equal(self) -> None:
        assert select(("Accept",), ("Accept: a",), ("accept: a", "X: 1"))
        assert not select(("accept",), ("Accept: a",), ("Accept: b",))
        assert not select(("Accept, X",), ("Accept: a", "X: 1"), ("Accept: a", "X: 2"))
        assert not select(("Accept", "X"), ("Accept: a", "X: 1"), ("Accept: a", "X: 2"))

    def test_a_missing_field_matches_a_missing_one_alone(self) -> None:
        assert select(("Accept",), (), ())
        assert not select(("Accept",), (), ("Accept: a",))
        assert not select(("Accept",), ("Accept: a",), ())
        assert not select(("Accept",), (), ("Accept:",))

    @pytest.mark.parametrize("vary", ["*", "Accept, *", "*, Accept", "Accept; q=1", '"Accept"'])
    def test_an_asterisk_or_something_unknown_matches_nothing(self, vary: str) -> None:
        assert not select((vary,), ("Accept: a",), ("Accept: a",))
        assert keys.is_unmatchable(keys.nominate(fields(), fields(f"Vary: {vary}")))

    def test_whitespace_and_lines_of_lists_do_not_matter(self) -> None:
        assert select(("Accept",), ("Accept: a,  b ;q=0.1",), ("Accept: a,b; q=0.1",))
        assert select(("Accept",), ("Accept: a", "Accept: b"), ("Accept: a, b",))
        assert select(("X",), ("X: a", "X: b"), ("X: a, b",))

    def test_order_and_quoted_whitespace_matter(self) -> None:
        assert not select(("Accept",), ("Accept: a, b",), ("Accept: b, a",))
        assert not select(("Accept",), ('Accept: a;x="1,  2"',), ('Accept: a;x="1, 2"',))
        assert not select(("Accept",), ('Accept: a;x="1 ; 2"',), ('Accept: a;x="1;2"',))

    def test_unknown_fields_are_taken_literally(self) -> None:
        assert not select(("X",), ("X: a,b",), ("X: a, b",))
        assert not select(("X",), ("X: A",), ("X: a",))

    @pytest.mark.parametrize("name", ["Accept-Encoding", "Accept-Language", "Accept-Charset"])
    def test_case_does_not_matter_where_the_field_says_so(self, name: str) -> None:
        assert select((name,), (f"{name}: GZIP",), (f"{name}: gzip",))
        assert not select(("Accept",), ("Accept: A/b;X=Y",), ("Accept: A/b;X=y",))

    def test_of_credentials_it_counts_that_they_are_there(self) -> None:
        """Whoever asks with others has another scope; and a digest of a password could be guessed at."""
        nominated = keys.nominate(fields("Authorization: s3cret"), fields("Vary: Authorization"))
        assert nominated == (("authorization", ""),)
        assert keys.matches(nominated, fields("Authorization: s3cret"))
        assert not keys.matches(nominated, fields())

    @pytest.mark.parametrize("name", ["Cookie", "X-Api-Key"])
    def test_no_secret_is_kept(self, name: str) -> None:
        nominated = keys.nominate(fields(f"{name}: s3cret"), fields(f"Vary: {name}"))
        assert "s3cret" not in str(nominated)
        assert keys.matches(nominated, fields(f"{name}: s3cret"))
        assert not keys.matches(nominated, fields(f"{name}: other"))
