"""`freewheel uninstall`."""

from __future__ import annotations

import os
from pathlib import Path

from freewheel.cli.asked import ask_names
from freewheel.cli.invocation import Invocation
from freewheel.cli.placing import warn_of_root
from freewheel.commands.place import PlaceKind, changed_places
from freewheel.commands.uninstall import uninstall
from freewheel.errors import NobodyToAsk
from freewheel.install.destination import in_environment
from freewheel.install.environment import check_managed
from freewheel.install.uninstall import Removal


def run(call: Invocation) -> int:
    """Uninstall; raises NothingAsked, NobodyToAsk, RequirementError, NetworkError and TargetError."""
    may_break = call.config.install.break_system_packages
    program, projects = ask_names(
        call.config, call.run, call.platform, check=(lambda _: None) if may_break else check_managed
    )
    destination = in_environment(program.interpreter, also=program.searched_before)
    uninstall(
        projects,
        installed=program.installed,
        changing=lambda: program.changing(destination),
        recover=lambda: program.recover(changed_places(PlaceKind.ENVIRONMENT, destination, program.interpreter)),
        destination=destination,
        installer=program.installer,
        reporter=call.run.reporter,
        confirm=None if call.config.install.assume_yes else lambda removal: _confirmed(removal, call),
    )
    warn_of_root(call)
    return 0


def _confirmed(removal: Removal, call: Invocation) -> bool:
    call.printer.print("  Would remove:")
    for line in _summary(removal):
        call.printer.print(f"    {line}")
    if removal.refused:
        call.printer.print("  Would not remove (outside of prefix):")
        for path in sorted(removal.refused):
            call.printer.print(f"    {path}")
    choose = call.run.choose
    answer = None if choose is None else choose("Proceed (Y/n)? ", ("y", "n", ""))
    if answer is None:
        raise NobodyToAsk(refusal="Nothing was uninstalled", hint="Use --yes to go without asking.")
    return answer != "n"


def _summary(removal: Removal) -> list[str]:
    """What goes, a line for each folder or file at the top of the place it lies in."""
    location = os.path.realpath(removal.distribution.location)
    lines = set()
    for file in removal.files:
        relative = os.path.relpath(file, location)
        first, *rest = Path(relative).parts
        is_single = first in ("..", "__pycache__")
        lines.add(file if is_single else str(Path(location, first, "*") if rest else Path(location, first)))
    return sorted(lines)
