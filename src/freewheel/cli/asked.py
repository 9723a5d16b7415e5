"""What a command was asked for, ready to be resolved, with the program that the options of its files make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from freewheel.commands.request import Request, gather
from freewheel.config.platform import Platform
from freewheel.config.values import Config
from freewheel.errors import NothingAsked, OptionNotSupported, UsageError
from freewheel.events import Noted
from freewheel.model import url as urls
from freewheel.model.requirement import COMMAND_LINE, Requirement, SourceRequirement, applies
from freewheel.wiring.program import Program
from freewheel.wiring.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Requirements and constraints, all with their project's name."""

    program: Program
    requirements: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...]


def ask(config: Config, run: Run, platform: Platform) -> Asked:
    """Read words and files, and find out the projects of what is named by path or URL.

    Raises NothingAsked, RequirementError, NetworkError, ArtifactError, BuildError; UsageError for `--hash`, and where
    there is no virtual environment although one is required.
    """
    if not config.words and not config.request.editables and not config.request.requirement_files:
        raise NothingAsked(command=config.command)
    first = Program(config, run)
    if config.install.require_virtualenv and not first.interpreter.is_virtual:
        raise UsageError(
            problem="Could not find an activated virtualenv (required).",
            hint="Activate a virtual environment, or name one with --python.",
        )
    request = gather(config, platform=platform, fetch_text=first.fetch_text)
    for note in request.notes:
        run.reporter.emit(Noted(message=note))
    program = first if request.config == config else Program(request.config, run)
    program.protect(request.protected)
    for requirement in request.requirements:
        _refuse_digests(requirement)
        _note_settings(program, requirement)
    return Asked(program=program, requirements=tuple(_named(request, program)), constraints=request.constraints)


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


def _refuse_digests(requirement: Requirement | SourceRequirement) -> None:
    """A digest in a URL is checked with the file; hash-checking mode, which `--hash` asks for, is not there yet."""
    if set(requirement.digests) - set(urls.fragment_digests(requirement.url or "")):
        raise OptionNotSupported(
            problem=f"--hash is not supported yet, so {requirement.origin} cannot be obeyed.",
            option="--hash",
            hint="Digests in URLs (#sha256=...) and those that the index states are checked.",
        )


def _note_settings(program: Program, requirement: Requirement | SourceRequirement) -> None:
    """As in pip: `-C` on the command line is for what is named there, a file's line for its own requirement."""
    settings = requirement.config_settings
    if requirement.origin == COMMAND_LINE:
        settings = (*program.config.build.config_settings, *settings)
    if not settings:
        return
    if requirement.url is not None:
        place = urls.without_fragment(requirement.url), urls.subdirectory(requirement.url)
        program.settings_of_places[place] = settings
    if isinstance(requirement, Requirement):
        program.settings_of_projects[requirement.name] = settings
