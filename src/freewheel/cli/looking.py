"""Which installed projects a command looks at, from what it was told."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel.commands.list import Filter, boundaries
from freewheel.config.values import ListConfig
from freewheel.errors import CommandMisused
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import NormalizedName
from freewheel.wiring.program import Program


def looked_at(program: Program) -> Mapping[NormalizedName, InstalledDistribution]:
    """What the environment has, or the folders of `--path`; raises CommandMisused, TargetError."""
    listing = program.config.listing
    if not listing.paths:
        return program.installed()
    if listing.only_user or listing.only_local:
        raise CommandMisused(problem="Cannot combine '--path' with '--user' or '--local'")
    return program.installed_in(listing.paths)


def filter_of(program: Program, listing: ListConfig) -> Filter:
    """Which of them count."""
    return Filter(
        exclude=listing.exclude,
        editables=listing.editables,
        not_required=listing.not_required,
        within=boundaries(program.interpreter, only_local=listing.only_local, only_user=listing.only_user),
    )
