"""`list`: what an environment has, as rows; and which of it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from freewheel.commands.check import needs
from freewheel.commands.offers import Latest
from freewheel.install.folders import is_below
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import NormalizedName, normalize
from freewheel.model.core_metadata import header_fields
from freewheel.model.target import Interpreter

STANDARD_LIBRARY = frozenset(NormalizedName(name) for name in ("python", "wsgiref", "argparse"))
"""What some distributors record of the standard library itself; never listed, as in pip."""


class Row(Struct, frozen=True, kw_only=True):
    """One installed project; `editable` is the folder of an editable one, `build` the wheel's build number.

    `latest` is what an index has of it.
    """

    name: str
    version: str
    editable: str | None = None
    latest: Latest | None = None
    build: str = ""
    location: str = ""
    installer: str = ""


class Filter(Struct, frozen=True, kw_only=True):
    """Which projects to list: `editables` is None for all, True for only these, False for all others.

    `within` are folders in all of which a project must be installed.
    """

    exclude: tuple[str, ...] = ()
    editables: bool | None = None
    not_required: bool = False
    within: tuple[str, ...] = ()


def boundaries(interpreter: Interpreter, *, only_local: bool, only_user: bool) -> tuple[str, ...]:
    """The folders of `--local` (a virtual environment's own) and `--user`, for `Filter.within`."""
    found = [interpreter.prefix] if only_local and interpreter.is_virtual else []
    if only_user:
        found.append(interpreter.user_site or interpreter.user_paths.get("purelib", ""))
    return tuple(found)


def listed(
    installed: Mapping[NormalizedName, InstalledDistribution], wanted: Filter, *, markers: Mapping[str, str]
) -> Sequence[InstalledDistribution]:
    """Those that pass the filter, by name; as in pip, what is excluded by name still needs what it needs."""
    excluded = {normalize(name) for name in wanted.exclude} | STANDARD_LIBRARY
    found = [
        one
        for one in sorted(installed.values(), key=lambda one: one.name.lower())
        if (wanted.editables is None or one.is_editable is wanted.editables)
        and all(is_below(one.home, folder) for folder in wanted.within)
    ]
    if wanted.not_required:
        needed = {need.name for one in found for need in needs(one.metadata(), markers)}
        excluded |= needed
    return [one for one in found if one.project not in excluded]


def rows(
    distributions: Sequence[InstalledDistribution], latest: Mapping[NormalizedName, Latest] | None = None
) -> Sequence[Row]:
    """What is shown of each, with `latest` the newest releases too; reads two more files of each."""
    newest = latest or {}
    return [
        Row(
            name=one.name,
            version=one.version,
            editable=one.editable_project,
            latest=newest.get(one.project),
            build=build_number(one),
            location=one.location,
            installer=one.installer,
        )
        for one in sorted(distributions, key=lambda one: one.project)
    ]


def build_number(one: InstalledDistribution) -> str:
    """The build number of the wheel it came from; empty where that had none."""
    text = one.text_of("WHEEL")
    return "" if text is None else next(iter(header_fields(text.encode()).get("build", ())), "")
