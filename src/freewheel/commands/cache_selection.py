"""Which of the things in the cache somebody means: by pattern, kind, age and index."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatch, fnmatchcase
from typing import Final

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from freewheel.errors import CommandMisused
from freewheel.model.artifact import normalize
from freewheel.store.holding import KINDS, Holding

EVERYTHING: Final = "*"
_GLOBS = re.compile(r"[*?\[]")
_WITH_VERSIONS = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*?)\s*((?:===|==|~=|!=|<=|>=|<|>).*)")


class Pattern(Struct, frozen=True, kw_only=True):
    """One pattern as it was written; `specifier` is None where it names no versions.

    A name in any spelling is a project, also with versions (`'requests<2.30'`). Anything else is pip's glob over file
    names: one without a hyphen is about whole projects.
    """

    text: str
    project: str
    specifier: SpecifierSet | None = None

    def means(self, holding: Holding) -> bool:
        """Whether it means a thing."""
        if self.specifier is not None:
            return self.project == holding.project and _is_in(holding.version, self.specifier)
        if not self.text:
            return False
        if self.project and holding.project == self.project:
            return True
        is_name = not _GLOBS.search(self.text)
        if is_name and not self.text.rpartition("-")[2][:1].isdigit():
            return holding.kind == "wheels" and fnmatch(holding.name, f"{self.text}-*.whl")
        if "-" not in self.text:
            name = holding.name.partition("-")[0] if holding.kind == "wheels" else holding.project
            return bool(name) and (fnmatch(name, self.text) or fnmatchcase(holding.project, self.text.lower()))
        return bool(holding.version) and any(fnmatch(name, self._glob(holding)) for name in _file_names(holding))

    def _glob(self, holding: Holding) -> str:
        return f"{self.text}*.whl" if holding.kind == "wheels" else f"{self.text}*"


def pattern(text: str) -> Pattern:
    """Read a pattern; raises CommandMisused for versions that make no sense."""
    found = _WITH_VERSIONS.fullmatch(text)
    if found is None:
        return Pattern(text=text, project=normalize(text))
    try:
        return Pattern(text=text, project=normalize(found[1]), specifier=SpecifierSet(found[2]))
    except InvalidSpecifier:
        raise CommandMisused(
            problem=f"{found[2]!r} in the pattern {text!r} names no versions.",
            hint="Write them as in requirements: 'requests<2.30', 'requests==2.*'.",
        ) from None


class Selection(Struct, frozen=True, kw_only=True):
    """What is meant; everything of these kinds where nothing else is said.

    `older_than` is in seconds since the last use, `index` a URL without a slash at its end.
    """

    patterns: tuple[Pattern, ...] = ()
    kinds: frozenset[str] = frozenset(KINDS)
    older_than: float | None = None
    index: str | None = None

    def of(self, holdings: Iterable[Holding], *, now: float) -> list[Holding]:
        """Those of the things that are meant, in their order."""
        things = holdings if self.index is None else _of_index(list(holdings), self.index)
        return [one for one in things if self._means(one, now)]

    def unmatched(self, found: Sequence[Holding]) -> tuple[str, ...]:
        """The patterns that mean nothing of what was found."""
        return tuple(one.text for one in self.patterns if not any(map(one.means, found)))

    def _means(self, holding: Holding, now: float) -> bool:
        return (
            holding.kind in self.kinds
            and (self.older_than is None or now - holding.last_use > self.older_than)
            and (not self.patterns or any(one.means(holding) for one in self.patterns))
        )


def selection(
    words: Sequence[str],
    *,
    kinds: Collection[str],
    default: Collection[str],
    older_than: float | None,
    index: str | None,
) -> Selection:
    """What a command line means; raises CommandMisused. `default` are the kinds where none was named."""
    named = KINDS if "all" in kinds else kinds or default
    return Selection(
        patterns=tuple(map(pattern, words)) if EVERYTHING not in words else (),
        kinds=frozenset(named),
        older_than=older_than,
        index=None if index is None else index.rstrip("/"),
    )


def _is_in(version: str, specifier: SpecifierSet) -> bool:
    try:
        return bool(version) and specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


def _file_names(holding: Holding) -> Iterable[str]:
    """What a glob with a version is held against: the file's name, or what that would begin with."""
    if holding.kind in ("wheels", "downloads"):
        return (holding.name,)
    project = holding.project
    return tuple(f"{name}-{holding.version}" for name in (project, project.replace("-", "_")))


def _of_index(holdings: Sequence[Holding], index: str) -> list[Holding]:
    """What came from an index: what lies below its URL, and all of the projects that no other index has a page of."""
    pages = [one for one in holdings if one.kind == "pages" and one.project]
    own = {page.project for page in pages if _is_below(page.origin, index)}
    own -= {page.project for page in pages if not _is_below(page.origin, index)}
    return [one for one in holdings if _is_below(one.origin, index) or one.project in own]


def _is_below(url: str, place: str) -> bool:
    return url == place or url.startswith(f"{place}/")
