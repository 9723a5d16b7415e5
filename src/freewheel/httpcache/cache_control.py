"""Section 5.2: the Cache-Control directives."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from freewheel.httpcache import lists
from freewheel.httpcache.message import Headers

GREATEST_SECONDS = 2**31
"""What a larger number of seconds stands for (RFC 9111 §1.2.2)."""

_DIRECTIVE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(.*)", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")

_FIELD = "Cache-Control"

_KNOWN = 256
"""How many fields' directives are remembered: those of one response are asked for several times a reuse."""

Arguments: TypeAlias = Sequence[str | None]
"""What follows a directive's name, for each time that it occurs; None where nothing does."""


class ResponseDirectives(Struct, frozen=True, kw_only=True):
    """What a response says of its storing and reuse (RFC 9111 §5.2.2, RFC 5861, RFC 8246).

    Seconds are None where the directive is absent. `no_cache` and `private` mean the forms without arguments; the
    fields that the forms with arguments name stand in `no_cache_fields` and `private_fields`, in lower case.
    """

    no_store: bool = False
    no_cache: bool = False
    no_cache_fields: frozenset[str] = frozenset()
    private: bool = False
    private_fields: frozenset[str] = frozenset()
    public: bool = False
    must_revalidate: bool = False
    proxy_revalidate: bool = False
    must_understand: bool = False
    immutable: bool = False
    max_age: int | None = None
    s_maxage: int | None = None
    stale_while_revalidate: int | None = None
    stale_if_error: int | None = None

    @property
    def forbids_storing(self) -> bool:
        """Whether nothing of the response may be stored (§5.2.2.5)."""
        # §5.2.2.3: no-store is there for caches that do not know must-understand.
        return self.no_store and not self.must_understand


class RequestDirectives(Struct, frozen=True, kw_only=True):
    """What a request asks of a cache (RFC 9111 §5.2.1, RFC 5861 §4); `max_stale` is infinite without an argument."""

    no_store: bool = False
    no_cache: bool = False
    only_if_cached: bool = False
    max_age: int | None = None
    min_fresh: int | None = None
    max_stale: float | None = None
    stale_if_error: int | None = None


def of_response(headers: Headers) -> ResponseDirectives:
    """The directives of a response.

    Of several occurrences the most restrictive counts, and a number that is none counts as zero (§4.2.1). What
    restricts holds whatever argument it has; what permits holds only in the form that the standard gives it.

    >>> of_response(Headers((("Cache-Control", 'Max-Age="600", private="Set-Cookie"'),)))  # doctest: +ELLIPSIS
    ResponseDirectives(... private_fields=frozenset({'set-cookie'}), ... max_age=600, ...)
    """
    return _of_response(headers.get_all(_FIELD))


@lru_cache(maxsize=_KNOWN)
def _of_response(lines: tuple[str, ...]) -> ResponseDirectives:
    found = _directives(lines)
    no_cache, no_cache_fields = _fields(found.get("no-cache"))
    private, private_fields = _fields(found.get("private"))
    return ResponseDirectives(
        no_store="no-store" in found,
        no_cache=no_cache,
        no_cache_fields=no_cache_fields,
        private=private,
        private_fields=private_fields,
        public=_is_plain(found.get("public")),
        must_revalidate="must-revalidate" in found,
        proxy_revalidate="proxy-revalidate" in found,
        must_understand=_is_plain(found.get("must-understand")),
        immutable=_is_plain(found.get("immutable")),
        max_age=_least(found.get("max-age")),
        s_maxage=_least(found.get("s-maxage")),
        stale_while_revalidate=_least(found.get("stale-while-revalidate")),
        stale_if_error=_least(found.get("stale-if-error")),
    )


def of_request(headers: Headers) -> RequestDirectives:
    """The directives of a request; without Cache-Control, `Pragma: no-cache` counts (§5.4)."""
    return _of_request(headers.get_all(_FIELD), headers.get_all("Pragma"))


@lru_cache(maxsize=_KNOWN)
def _of_request(lines: tuple[str, ...], pragma: tuple[str, ...]) -> RequestDirectives:
    found = _directives(lines)
    if not found and any(member.lower() == "no-cache" for member in lists.members(pragma)):
        return RequestDirectives(no_cache=True)
    return RequestDirectives(
        no_store="no-store" in found,
        no_cache="no-cache" in found,
        only_if_cached="only-if-cached" in found,
        max_age=_least(found.get("max-age")),
        min_fresh=_greatest(found.get("min-fresh")),
        max_stale=_least_or_any(found.get("max-stale")),
        stale_if_error=_least(found.get("stale-if-error")),
    )


def _directives(lines: tuple[str, ...]) -> Mapping[str, Arguments]:
    """Arguments by the directive's name in lower case; unknown ones are kept, members of another form are not."""
    found: dict[str, list[str | None]] = {}
    for member in lists.members(lines):
        if match := _DIRECTIVE.fullmatch(member):
            name, rest = match.groups()
            # No whitespace may stand around "=" (§5.2): what has some is an argument that no directive can have.
            argument = lists.unquoted(rest[1:]) if rest.startswith("=") else (rest or None)
            found.setdefault(name.lower(), []).append(argument)
    return found


def _is_plain(arguments: Arguments | None) -> bool:
    return arguments is not None and all(argument is None for argument in arguments)


def delta_seconds(argument: str | None) -> int:
    """A number of seconds (§1.2.2): digits alone, however many; zero for anything else (§4.2.1)."""
    if argument is None or not _DIGITS.fullmatch(argument):
        return 0
    significant = argument.lstrip("0")
    # Ten digits are more than the greatest; int() is spared thousands of them.
    return GREATEST_SECONDS if len(significant) > 10 else min(int(significant or "0"), GREATEST_SECONDS)


def _least(arguments: Arguments | None) -> int | None:
    return None if arguments is None else min(map(delta_seconds, arguments))


def _greatest(arguments: Arguments | None) -> int | None:
    return None if arguments is None else max(map(delta_seconds, arguments))


def _least_or_any(arguments: Arguments | None) -> float | None:
    if arguments is None:
        return None
    return min(math.inf if argument is None else delta_seconds(argument) for argument in arguments)


def _fields(arguments: Arguments | None) -> tuple[bool, frozenset[str]]:
    """Whether a directive holds for the whole response, and else the fields it names (§5.2.2.4, §5.2.2.7)."""
    if arguments is None:
        return False, frozenset()
    named = [lists.members((argument or "",)) for argument in arguments]
    if not all(names and all(map(lists.is_token, names)) for names in named):
        return True, frozenset()
    return False, frozenset(name.lower() for names in named for name in names)
