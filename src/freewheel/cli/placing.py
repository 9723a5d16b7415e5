"""Where a command installs, from what it was told; and what has to be said afterwards."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from freewheel.cli.invocation import Invocation
from freewheel.cli.messages import joined
from freewheel.commands.install import Outcome
from freewheel.commands.place import Place, PlaceKind, PlaceOptions, changed_places, find_place
from freewheel.commands.script_location import scripts_off_path
from freewheel.config.values import InstallConfig
from freewheel.events import Warned
from freewheel.install.destination import is_writable
from freewheel.wiring.program import Program


def place_options(config: InstallConfig) -> PlaceOptions:
    """What somebody wants, for `check_place` and `find_place`."""
    return PlaceOptions(
        user=config.user,
        prefix=config.prefix,
        root=config.root,
        target=config.target,
        may_break_managed=config.break_system_packages,
        changes_nothing=config.dry_run and config.report is not None,
    )


def place_of(program: Program) -> Place:
    """The place of a program's configuration, which `check_place` let pass."""
    config = program.config
    kind, destination = find_place(
        place_options(config.install),
        program.interpreter,
        also=program.searched_before,
        is_writable=is_writable,
        reporter=program.run.reporter,
    )
    folders = (destination.schemes["purelib"], destination.schemes["platlib"])
    places = changed_places(kind, destination, program.interpreter, also=program.searched_before)
    return Place(
        interpreter=program.interpreter,
        destination=destination,
        installed=(lambda: program.installed_in(folders)) if kind is PlaceKind.FOLDER else program.installed,
        changing=lambda: program.changing(destination),
        recover=lambda: program.recover(places),
        counts=kind is not PlaceKind.FOLDER and not config.resolve.ignore_installed,
        kind=kind,
    )


def warn_of_scripts(call: Invocation, outcome: Outcome, place: Place) -> None:
    """Say which scripts a shell will not find; as in pip not with `--target` and `--prefix`."""
    config = call.config.install
    if not config.warn_script_location or config.target is not None or config.prefix is not None:
        return
    path = call.config.environment.get("PATH", "")
    for scripts in outcome.console_scripts:
        off_path = scripts_off_path(scripts, path=path, interpreter=place.interpreter.executable)
        message = scripts_warning(off_path, path=path)
        if message is not None:
            call.run.reporter.emit(Warned(message=message))


def scripts_warning(off_path: Mapping[str, tuple[str, ...]], *, path: str) -> str | None:
    """pip's warning about scripts that are off PATH, by folder; None where there are none.

    >>> scripts_warning({"/home/me/.local/bin": ("a", "b")}, path="/usr/bin").splitlines()[0]
    "The scripts a and b are installed in '/home/me/.local/bin' which is not on PATH."
    """
    if not off_path:
        return None
    lines = [
        f"The {_named(names)} installed in '{folder}' which is not on PATH." for folder, names in off_path.items()
    ]
    folders = "this directory" if len(lines) == 1 else "these directories"
    lines.append(
        f"Consider adding {folders} to PATH or, if you prefer to suppress this warning, use "
        "--no-warn-script-location."
    )
    if any(folder.startswith("~") for folder in path.split(os.pathsep)):
        lines.append(
            "NOTE: The current PATH contains path(s) starting with `~`, which may not be expanded by all "
            "applications."
        )
    return "\n".join(lines)


def _named(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"script {names[0]} is"
    return f"scripts {joined(names)} are"


def warn_of_root(call: Invocation) -> None:
    """Root may leave files that other users and the distributor's own package manager stumble over."""
    if call.platform.is_root and call.config.install.warn_root_user and not call.run.interpreter.is_virtual:
        message = (
            "Running freewheel as the 'root' user can result in broken permissions and conflicting behaviour with "
            "the system package manager, possibly rendering your system unusable. It is recommended to use a virtual "
            "environment instead. Use the --root-user-action option if you know what you are doing and want to "
            "suppress this warning."
        )
        call.run.reporter.emit(Warned(message=message))
