"""Which projects' pre-releases may be chosen: `--pre`, `--all-releases` and `--only-final`."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freewheel.model.artifact import NormalizedName
from freewheel.model.project_lists import ALL, NONE, filled

PRE = "pre"
"""What stands for `--pre` among the values; it is `:all:` that is added to `all-releases` and replaces nothing."""


class ReleaseControl(Struct, frozen=True, kw_only=True):
    """Normalized project names, or `:all:`, of which pre-releases are as good as others, or out of the question."""

    all_releases: frozenset[str] = frozenset()
    only_final: frozenset[str] = frozenset()

    def takes_prereleases(self, project: NormalizedName) -> bool | None:
        """Whether a project's pre-releases may be chosen; None where nobody said, so that the specifier decides.

        A name weighs more than `:all:`, and of two `:all:` the one that lets all releases in.

        >>> control = parse([("only-final", ":all:"), ("all-releases", "Black")])
        >>> control.takes_prereleases(NormalizedName("black")), control.takes_prereleases(NormalizedName("six"))
        (True, False)
        """
        for key in (project, ALL):
            if key in self.all_releases:
                return True
            if key in self.only_final:
                return False
        return None


def parse(values: Iterable[tuple[str, str]]) -> ReleaseControl:
    """Apply `all-releases`, `only-final` and `pre` values in the order in which they were given.

    >>> sorted(parse([("all-releases", "a,b"), ("only-final", "B")]).only_final)
    ['b']
    """
    # `--pre` is lifted out: what comes after it and replaces everything takes it back, nothing else does.
    is_pre = False
    named = []
    for option, value in values:
        if option == PRE:
            is_pre = True
            continue
        named.append((option, value))
        parts = [part.strip() for part in value.split(",")]
        if ALL in parts or (option == "all-releases" and NONE in parts):
            is_pre = False
    all_releases, only_final = filled("all-releases", "only-final", named)
    return ReleaseControl(all_releases=all_releases | {ALL} if is_pre else all_releases, only_final=only_final)
