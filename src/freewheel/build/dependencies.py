"""Whether an environment has what a build says that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from freewheel.errors import MalformedRequirement
from freewheel.model import requirement as requirements
from freewheel.model.artifact import NormalizedName


class Shortfall(Struct, frozen=True, kw_only=True):
    """What an environment has in another version than needed (what there is, and the need), and what it lacks."""

    conflicting: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def shortfall(
    needed: Iterable[str], installed: Mapping[NormalizedName, str], markers: Mapping[str, str]
) -> Shortfall:
    """What of `needed` an environment with these versions does not fulfil, sorted; needs that make no sense do.

    >>> shortfall(["six>=2", "seven"], {NormalizedName("six"): "1.0"}, {})
    Shortfall(conflicting=(('six==1.0', 'six>=2'),), missing=('seven',))
    """
    conflicting, missing = set(), set()
    for text in needed:
        try:
            need = requirements.parse(text)
            counts = requirements.applies(need, markers)
        except MalformedRequirement:
            continue  # the backend tells it in its own words
        if not counts:
            continue
        found = installed.get(need.name)
        if found is None:
            missing.add(text)
        elif not need.is_met_by(found):
            conflicting.add((f"{need.given_name}=={found}", text))
    return Shortfall(conflicting=tuple(sorted(conflicting)), missing=tuple(sorted(missing)))
