"""The commands that read or change an environment, and those that collect files: config in, exit status out."""

from __future__ import annotations

import json
import os
from importlib.metadata import version as version_of
from pathlib import Path

from freewheel import __version__
from freewheel.cli import tables
from freewheel.cli.asked import ask
from freewheel.cli.render import Printer, savings_text
from freewheel.commands.check import conflicts
from freewheel.commands.collect import Collector
from freewheel.commands.freeze import frozen
from freewheel.commands.install import InstallOptions, Outcome, Place, install
from freewheel.commands.list import Filter, listed, rows
from freewheel.commands.report import report
from freewheel.commands.savings import Ledger, tally
from freewheel.commands.uninstall import uninstall
from freewheel.config.platform import Platform
from freewheel.config.values import Config
from freewheel.errors import NotWritable, UsageError
from freewheel.install.destination import in_environment, in_folder
from freewheel.install.environment import check_managed
from freewheel.install.installed import installed_in
from freewheel.install.uninstall import Removal
from freewheel.resolve.provider import UpgradeStrategy
from freewheel.resolve.resolver import ResolveOptions
from freewheel.wiring.program import Program
from freewheel.wiring.run import Run


def run_install(config: Config, run: Run, printer: Printer, platform: Platform, ledger: Ledger) -> int:
    """`freewheel install`."""
    _check_report(config.install.report)
    asked = ask(config, run, platform)
    program, options = asked.program, asked.program.config.install
    outcome = install(
        asked.requirements,
        asked.constraints,
        place=_place(program),
        options=InstallOptions(
            dry_run=options.dry_run,
            with_bytecode=options.with_bytecode,
            replaces=program.config.resolve.upgrade,
            may_break_managed=options.break_system_packages,
        ),
        resolver=program.resolver(_resolve_options(program)),
        wheels=program.wheels,
        installer=program.installer,
        is_unpacked=program.is_unpacked,
    )
    _say_outcome(outcome, printer, dry_run=options.dry_run)
    if outcome.wheels and options.target is None and options.warn_conflicts:
        _say_conflicts(program, outcome, printer)
    savings = tally(ledger.events)
    if options.report is not None:
        document = report(
            outcome,
            savings,
            target=program.interpreter.target,
            version=__version__,
            pip_version=version_of("pip"),
        )
        _write_report(json.dumps(document, indent=2), options.report, printer)
    _say_savings(run, printer, ledger)
    return 0


def run_download(config: Config, run: Run, printer: Printer, platform: Platform, ledger: Ledger) -> int:
    """`freewheel download`."""
    asked = ask(config, run, platform)
    pins = _collector(asked.program, run, platform).download(asked.requirements, asked.constraints)
    if pins:
        printer.tell(f"Successfully downloaded {' '.join(sorted(pin.name for pin in pins))}")
    _say_savings(run, printer, ledger)
    return 0


def run_wheel(config: Config, run: Run, printer: Printer, platform: Platform, ledger: Ledger) -> int:
    """`freewheel wheel`."""
    asked = ask(config, run, platform)
    _collector(asked.program, run, platform).build(asked.requirements, asked.constraints)
    _say_savings(run, printer, ledger)
    return 0


def run_uninstall(config: Config, run: Run, printer: Printer, platform: Platform) -> int:
    """`freewheel uninstall`."""
    asked = ask(config, run, platform)
    program = asked.program
    if not config.install.break_system_packages:
        check_managed(program.interpreter)
    uninstall(
        asked.requirements,
        installed=program.installed(),
        destination=in_environment(program.interpreter),
        installer=program.installer,
        reporter=run.reporter,
        confirm=lambda removal: config.install.assume_yes or _confirmed(removal, printer, config),
    )
    return 0


def run_list(config: Config, run: Run, printer: Printer) -> int:
    """`freewheel list`."""
    program = Program(config, run)
    wanted = Filter(
        exclude=config.listing.exclude,
        editables=config.listing.editables,
        not_required=config.listing.not_required,
    )
    found = rows(listed(program.installed(), wanted, markers=program.interpreter.target.markers))
    match config.output.list_format:
        case "json":
            lines = [tables.as_json(found)]
        case "freeze":
            lines = [f"{row.name}=={row.version}" for row in found]
        case _:
            lines = tables.columns(found)
    for line in lines:
        printer.print(line)
    return 0


def run_freeze(config: Config, run: Run, printer: Printer) -> int:
    """`freewheel freeze`."""
    program = Program(config, run)
    wanted = Filter(exclude=config.listing.exclude, editables=config.listing.editables)
    target = program.interpreter.target
    found = listed(program.installed(), wanted, markers=target.markers)
    for line in frozen(found, python_version=target.python_version, with_installers=config.listing.with_installers):
        printer.print(line)
    return 0


def _place(program: Program) -> Place:
    config = program.config
    if config.install.target is None:
        return Place(
            interpreter=program.interpreter,
            destination=in_environment(program.interpreter),
            installed=program.installed,
            changing=program.changing,
            counts=not config.resolve.ignore_installed,
        )
    folder = config.install.target
    return Place(
        interpreter=program.interpreter,
        destination=in_folder(folder, program.interpreter),
        installed=lambda: installed_in([folder]),
        changing=program.changing,
        counts=False,
    )


def _resolve_options(program: Program) -> ResolveOptions:
    config = program.config.resolve
    strategy: UpgradeStrategy = "to-satisfy-only"
    if config.upgrade:
        strategy = "eager" if config.is_eager else "only-if-needed"
    return ResolveOptions(
        selection=program.selection,
        upgrade_strategy=strategy,
        with_dependencies=config.with_dependencies,
        force_reinstall=config.force_reinstall,
    )


def _collector(program: Program, run: Run, platform: Platform) -> Collector:
    folder = Path(program.config.request.destination or platform.folder)
    here = Path(platform.folder)
    shown = f"./{folder.relative_to(here)}" if folder.is_relative_to(here) else str(folder)
    return Collector(
        resolver=program.resolver(_resolve_options(program)),
        wheels=program.wheels,
        folder=folder,
        shown="." if shown == "./." else shown,
        reporter=run.reporter,
    )


def _say_outcome(outcome: Outcome, printer: Printer, *, dry_run: bool) -> None:
    if outcome.changed:
        # As in pip: a dry run spells names as the metadata does, an installation as they were asked for.
        names = sorted(f"{pin.metadata.name if dry_run else pin.name}-{pin.version}" for pin in outcome.changed)
        printer.tell(f"{'Would install' if dry_run else 'Successfully installed'} {' '.join(names)}")


def _say_conflicts(program: Program, outcome: Outcome, printer: Printer) -> None:
    """What does not fit together now; like pip's, it does not make the installation fail."""
    found = conflicts(
        {name: (one.version, one.metadata()) for name, one in program.installed().items()},
        markers=program.interpreter.target.markers,
        concerned=[pin.project for pin in outcome.changed],
    )
    if not found:
        return
    lines = ["ERROR: What is installed now does not fit together:"]
    for conflict in found:
        there = f"but you have {conflict.needed} {conflict.found} which is incompatible"
        verdict = there if conflict.found else "which is not installed"
        lines.append(f"{conflict.project} {conflict.version} requires {conflict.requirement}, {verdict}.")
    printer.fail(lines)


def _say_savings(run: Run, printer: Printer, ledger: Ledger) -> None:
    line = savings_text(tally(ledger.events)) if run.cache is not None else None
    if line is not None:
        printer.tell(line)


def _check_report(where: str | None) -> None:
    """Fail before anything is changed, and not when the report is due."""
    if where is None or where == "-":
        return
    path = Path(where)
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else "there is no such folder to write into"
        raise NotWritable(path=where, reason=reason)


def _write_report(text: str, where: str, printer: Printer) -> None:
    if where == "-":
        printer.print(text)
        return
    try:
        Path(where).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise NotWritable(path=where, reason=error.strerror or str(error)) from error


def _confirmed(removal: Removal, printer: Printer, config: Config) -> bool:
    printer.print("  Would remove:")
    for line in _summary(removal):
        printer.print(f"    {line}")
    while True:
        try:
            answer = input("Proceed (Y/n)? ").strip().lower() if config.network.may_ask else None
        except EOFError:
            answer = None
        if answer is None:
            raise UsageError(
                problem="Nothing was uninstalled: there is nobody to ask.", hint="Use --yes to go without asking."
            )
        if answer in ("", "y", "n"):
            return answer != "n"
        printer.print(f"Your response ({answer!r}) was not one of the expected responses: y, n, (empty)")


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
