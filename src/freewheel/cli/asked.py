"""What a command was asked for, ready to be resolved, with the program that the options of its files make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from freewheel.commands.direct import project_of
from freewheel.commands.request import Request, gather, is_nothing
from freewheel.config.platform import Platform
from freewheel.config.values import Config
from freewheel.errors import CommandMisused, NothingAsked
from freewheel.events import Noted, Reporter, Warned
from freewheel.model.artifact import NormalizedName
from freewheel.model.requirement import COMMAND_LINE, Requirement, SourceRequirement, applies
from freewheel.model.target import Interpreter
from freewheel.wiring.fetching import Fetching
from freewheel.wiring.program import Program
from freewheel.wiring.run import Run
from freewheel.wiring.target import target_of


class Asked(Struct, frozen=True, kw_only=True):
    """Requirements and constraints, all with their project's name."""

    program: Program
    requirements: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...]


def ask(
    config: Config, run: Run, platform: Platform, *, check: Callable[[Interpreter], None] = lambda _: None
) -> Asked:
    """Read words and files, and find out the projects of what is named by path or URL.

    `check` may refuse the environment before anything else is looked at. Raises NothingAsked,
    RequirementError, NetworkError, ArtifactError, BuildError; HashesRequired for what has no digest although it needs
    one; CommandMisused.
    """
    first, request = _gathered(config, run, platform, check)
    fetching = first if request.config == config else Fetching(request.config, run)
    fetching.protect(request.protected)
    program = Program(request.config, run, asked=request, fetching=fetching)
    return Asked(program=program, requirements=tuple(_named(request, program)), constraints=request.constraints)


def ask_names(
    config: Config, run: Run, platform: Platform, *, check: Callable[[Interpreter], None]
) -> tuple[Program, tuple[NormalizedName, ...]]:
    """The projects that words and files name, for a command that looks into nothing else, and the program.

    A word that names none is warned of; a line of a file may have other uses. Raises NothingAsked, RequirementError,
    NetworkError; InvalidWheelName for a wheel's name that is none.
    """
    fetching, request = _gathered(config, run, platform, check)
    names = tuple(_names(request.requirements, config.command, run.reporter))
    if not names:
        raise NothingAsked(command=config.command)
    return Program(config, run, fetching=fetching), names


def _gathered(
    config: Config, run: Run, platform: Platform, check: Callable[[Interpreter], None]
) -> tuple[Fetching, Request]:
    if is_nothing(config):
        raise NothingAsked(command=config.command)
    _check_options(config)
    check(run.interpreter)
    fetching = Fetching(config, run)
    request = gather(
        config,
        platform=platform,
        fetch_text=fetching.text,
        target=lambda: target_of(config.target, run.interpreter),
        reporter=run.reporter,
    )
    for note in request.notes:
        run.reporter.emit(Noted(message=note))
    return fetching, request


def _names(
    requirements: Iterable[Requirement | SourceRequirement], command: str, reporter: Reporter
) -> Iterator[NormalizedName]:
    for one in requirements:
        if isinstance(one, Requirement):
            yield one.name
        elif (name := project_of(one.url)) is not None:
            yield name
        elif one.origin == COMMAND_LINE:
            refusal = f"ignored - the {command} command expects named requirements."
            reporter.emit(Warned(message=f"Invalid requirement: {one.given!r} {refusal}"))


def _named(request: Request, program: Program) -> Iterator[Requirement]:
    """What is named by path or URL is not looked at where its marker rules it out."""
    for one in request.requirements:
        if isinstance(one, Requirement):
            yield one
        elif one.marker is None or applies(one, program.interpreter.target.markers):
            yield program.direct.named(one)
        else:
            message = f"Ignoring {one.given}: markers '{one.marker}' don't match your environment"
            program.run.reporter.emit(Noted(message=message, verbosity=0))


def _check_options(config: Config) -> None:
    """Options of which pip says that they exclude one another."""
    if config.request.build_constraint_files and not config.build.is_isolated:
        raise CommandMisused(problem="--build-constraint cannot be used with --no-build-isolation.")
    if not config.resolve.only_dependencies:
        return
    named = (
        ("'--no-deps'", not config.resolve.with_dependencies),
        ("'--requirement'", bool(config.request.requirement_files)),
        ("'--requirements-from-script'", bool(config.request.scripts)),
        ("'--group'", bool(config.request.groups)),
    )
    others = [name for name, is_given in named if is_given]
    if others:
        raise CommandMisused(
            problem=f"Cannot use '--only-dependencies' in combination with {' or '.join(others)}.",
            hint="Name the projects themselves, and what they need is taken.",
        )
