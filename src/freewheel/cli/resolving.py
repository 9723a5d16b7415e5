"""How a command resolves what it was asked for, and where it collects the files of that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from freewheel.cli.messages import joined, shown_path
from freewheel.commands.collect import Collector
from freewheel.commands.restrictions import check_restrictions
from freewheel.config.platform import Platform
from freewheel.config.values import Config, ResolveConfig
from freewheel.events import Warned
from freewheel.model import formats
from freewheel.model.resolution import Pin
from freewheel.resolve.candidates import Selection
from freewheel.resolve.resolver import ResolveOptions
from freewheel.resolve.terms import UpgradeStrategy
from freewheel.wiring.program import Program


def resolve_options(config: ResolveConfig, selection: Selection) -> ResolveOptions:
    """How a command resolves what it was asked for."""
    strategy: UpgradeStrategy = "to-satisfy-only"
    if config.upgrade:
        strategy = "eager" if config.is_eager else "only-if-needed"
    return ResolveOptions(
        selection=selection,
        upgrade_strategy=strategy,
        with_dependencies=config.with_dependencies,
        only_dependencies=config.only_dependencies,
        force_reinstall=config.force_reinstall,
    )


def check_target(config: Config, *, into_environment: bool = False) -> None:
    """Hold options that name another target against pip's conditions; raises CommandMisused."""
    wanted = config.target
    if wanted.platforms or wanted.python_version or wanted.implementation or wanted.abis:
        check_restrictions(
            formats=formats.parse(config.resolve.formats),
            with_dependencies=config.resolve.with_dependencies,
            installs_into_environment=into_environment,
            files=(*config.request.requirement_files, *(one.partition(":")[0] for one in config.request.groups)),
        )


def warn_of_rebuilds(program: Program, pins: Iterable[Pin]) -> None:
    """Say once which projects were to be rebuilt and did not come up: a name that is mistyped does nothing else."""
    unmet = program.unmet_rebuilds(pins)
    if unmet:
        message = f"--rebuild-package names {joined(unmet)}, which did not come up."
        program.run.reporter.emit(Warned(message=message))


def collector(program: Program, platform: Platform) -> Collector:
    """What puts files into the folder that the command names."""
    folder = Path(program.config.request.destination or platform.folder)
    return Collector(
        resolver=program.resolver(resolve_options(program.config.resolve, program.selection)),
        wheels=program.wheels,
        source_of=program.source_of,
        existing=program.repositories.existing,
        folder=folder,
        shown=shown_path(str(folder), platform.folder),
        reporter=program.run.reporter,
    )
