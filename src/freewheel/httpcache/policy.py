"""What RFC 9111 leaves to each cache: its role, and its choices."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field


class Role(Enum):
    """Whom a cache serves (RFC 9111 §1): one user, or several."""

    PRIVATE = "private"
    SHARED = "shared"


class Policy(Struct, frozen=True, kw_only=True):
    """Choices; the defaults use no heuristics and nothing stale.

    `heuristic_fraction` is the part of the time since Last-Modified for which a response that states no lifetime is
    fresh, `heuristic_limit` its bound in seconds; `lifetimes` gives such responses by status a lifetime in seconds
    instead (§4.2.2). Without `keeps_failures` refusals (401, 403, 407, 429) and statuses of 500 or above are not
    stored, though their fields may allow it (§3); without `keeps_parts` neither are parts that were asked for as such
    (§3.4), but what came of a body that broke off is. With `stale_on_error` a stale response answers when the origin
    cannot, and with `stale_while_validating` within its `stale-while-revalidate` (§4.2.4, RFC 5861), where nothing
    forbids it. With `max_stale_overrides` a request's `max-stale` covers what demands to be validated too (no-cache,
    must-revalidate): against §4.2.4, as the "force-cache" of the Fetch standard does, for somebody who knows what
    that means.
    """

    heuristic_fraction: float = 0.0
    heuristic_limit: float = 7 * 86_400.0
    lifetimes: Mapping[int, float] = field(default_factory=dict)
    keeps_failures: bool = True
    keeps_parts: bool = True
    stale_on_error: bool = False
    stale_while_validating: bool = False
    max_stale_overrides: bool = False
