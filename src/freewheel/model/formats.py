"""Which artifact kinds a project may come as: `--no-binary` and `--only-binary`."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freewheel.model.artifact import ArtifactKind, NormalizedName
from freewheel.model.project_lists import ALL, filled


class FormatControl(Struct, frozen=True, kw_only=True):
    """Normalized project names, or `:all:`, for which wheels, or sdists, are out of the question."""

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()

    def may_use(self, kind: ArtifactKind, project: NormalizedName) -> bool:
        """Whether a project's artifact of this kind may be chosen; a name weighs more than `:all:`.

        >>> parse([("only-binary", ":all:"), ("no-binary", "Six")]).may_use(ArtifactKind.WHEEL, NormalizedName("six"))
        False
        """
        for key in (project, ALL):
            if key in self.only_binary:
                return kind is ArtifactKind.WHEEL
            if key in self.no_binary:
                return kind is not ArtifactKind.WHEEL
        return True


def parse(values: Iterable[tuple[str, str]]) -> FormatControl:
    """Apply `no-binary` and `only-binary` values in the order in which they were given, by `project_lists`.

    >>> sorted(parse([("no-binary", "a,b"), ("only-binary", "B"), ("no-binary", ":none:,c")]).no_binary)
    ['c']
    """
    no_binary, only_binary = filled("no-binary", "only-binary", values)
    return FormatControl(no_binary=no_binary, only_binary=only_binary)
