"""Which artifact kinds a project may come as: `--no-binary` and `--only-binary`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from freewheel.model.artifact import ArtifactKind, NormalizedName, normalize

ALL = ":all:"
NONE = ":none:"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatControl:
    """Normalized project names, or `:all:`, for which wheels, or sdists, are out of the question."""

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()

    def may_use(self, kind: ArtifactKind, project: NormalizedName) -> bool:
        """Whether a project's artifact of this kind may be chosen; a name weighs more than `:all:`.

        >>> parse([("only-binary", ":all:"), ("no-binary", "Six")]).may_use(ArtifactKind.WHEEL, normalize("six"))
        False
        """
        for key in (project, ALL):
            if key in self.only_binary:
                return kind is ArtifactKind.WHEEL
            if key in self.no_binary:
                return kind is not ArtifactKind.WHEEL
        return True


def parse(values: Iterable[tuple[str, str]]) -> FormatControl:
    """Apply `no-binary` and `only-binary` values in the order in which they were given.

    Each value is a comma-separated list; `:all:` replaces what came before in both lists, `:none:` empties its own,
    and a name leaves the other list.

    >>> sorted(parse([("no-binary", "a,b"), ("only-binary", "B"), ("no-binary", ":none:,c")]).no_binary)
    ['c']
    """
    lists: dict[str, set[str]] = {"no-binary": set(), "only-binary": set()}
    for option, value in values:
        own = lists[option]
        other = lists["only-binary" if option == "no-binary" else "no-binary"]
        for name in filter(None, (part.strip() for part in value.split(","))):
            if name == ALL:
                other.clear()
                own.clear()
                own.add(ALL)
            elif name == NONE:
                own.clear()
            else:
                other.discard(normalize(name))
                own.add(normalize(name))
    return FormatControl(no_binary=frozenset(lists["no-binary"]), only_binary=frozenset(lists["only-binary"]))
