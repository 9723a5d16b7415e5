"""`cache why` of what was not built here: whether it would be reused now, and what speaks for or against it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from freewheel.httpcache import cache_control
from freewheel.httpcache.freshness import freshness
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.stored_response import StoredResponse, from_fields
from freewheel.httpcache.validation import has_validator
from freewheel.model.span import span_text
from freewheel.store.holding import Holding
from freewheel.store.record import from_bytes

_TELLING = ("Cache-Control", "Expires", "ETag", "Last-Modified", "Vary")
"""Header fields that decide on reuse."""


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a thing would be reused, in a sentence, and what else there is to know, as lines."""

    sentence: str
    facts: tuple[str, ...] = ()


def verdict(holding: Holding, *, now: float, policy: Policy, asks: bool = True) -> Verdict:
    """What would become of a thing if it were needed `now` (seconds since the epoch). Nothing is asked of anybody.

    Unless it `asks`, a run takes what is stale as it is.
    """
    if holding.is_damaged:
        return Verdict(sentence="It is damaged, and would be made or fetched again.")
    match holding.kind:
        case "trees":
            return _of_tree(holding)
        case "repositories":
            return Verdict(
                sentence="Its commits would be reused; where branches and tags lead is asked for in each run."
            )
        case "metadata" if not holding.origin:
            return Verdict(
                sentence="It would be reused: it holds for as long as what it was read from has its digest."
            )
    stored = _stored(holding)
    if stored is None:
        return Verdict(sentence="It is gone by now.")
    return _of_response(holding, stored, now=now, policy=policy, asks=asks)


def _of_tree(holding: Holding) -> Verdict:
    variants = sorted(path.name for path in (Path(holding.place) / "bytecode").glob("*"))
    linked = holding.size - holding.own
    return Verdict(
        sentence="It would be reused: it holds for as long as its wheel has its digest.",
        facts=(
            f"bytecode: {', '.join(variants) or 'none'}",
            f"in environments too: {linked} of {holding.size} bytes",
        ),
    )


def _stored(holding: Holding) -> tuple[StoredResponse, bool] | None:
    """The newest response of a record, and whether it is there as a whole."""
    try:
        variants = from_fields(from_bytes(Path(holding.place).read_bytes()).record.fields)
    except (OSError, ValueError):
        return None
    newest = next(iter((*variants.variants, *variants.incomplete)), None)
    return None if newest is None else (newest, bool(variants.variants))


def _of_response(
    holding: Holding, seen: tuple[StoredResponse, bool], *, now: float, policy: Policy, asks: bool
) -> Verdict:
    stored, is_whole = seen
    facts = _facts(stored)
    if holding.is_private:
        facts = ("private: only who has the same credentials is given it", *facts)
    if not is_whole:
        return Verdict(sentence="The rest of it would be asked for: a part is here.", facts=facts)
    found = freshness(stored, now=now, role=Role.PRIVATE, policy=policy)
    directives = cache_control.of_response(stored.response.headers)
    reason = _reason(stored, found.staleness)
    is_file = holding.kind in ("downloads", "metadata")
    if found.is_fresh and not directives.no_cache and not stored.is_invalidated:
        sentence = f"It would be reused without a request: it is fresh for {span_text(found.ttl)} more."
        return Verdict(sentence=sentence, facts=facts)
    if not asks:
        return Verdict(sentence=f"It would be reused as it is, since no server is asked: {reason}.", facts=facts)
    would = (
        f"its server would be asked whether it has changed: {reason}"
        if has_validator(stored.response.headers)
        else f"it would be fetched again, as nothing tells whether it has changed: {reason}"
    )
    if is_file and stored.response.status == 200:
        sentence = f"It is reused wherever its digest is stated; elsewhere {would}."
    else:
        sentence = f"{would[0].upper()}{would[1:]}."
    return Verdict(sentence=sentence, facts=facts)


def _reason(stored: StoredResponse, staleness: float) -> str:
    if stored.is_invalidated:
        return "a request that may have changed it came after it"
    if cache_control.of_response(stored.response.headers).no_cache:
        return "it says that it is to be asked about each time (no-cache)"
    return f"it has been stale for {span_text(staleness)}" if staleness else "it has no lifetime"


def _facts(stored: StoredResponse) -> tuple[str, ...]:
    headers = stored.response.headers
    named = tuple(f"{name}: {headers.get(name)}" for name in _TELLING if name in headers)
    digest = () if stored.digest is None else (f"digest: {stored.digest}",)
    return (f"status: {stored.response.status}", *digest, *named)
