"""`freewheel install`."""

from __future__ import annotations

import json
from pathlib import Path

from freewheel import __version__
from freewheel.cli.asked import ask
from freewheel.cli.invocation import Invocation
from freewheel.cli.placing import place_of, place_options, warn_of_root, warn_of_scripts
from freewheel.cli.render import Printer
from freewheel.cli.resolving import check_target, resolve_options, warn_of_rebuilds
from freewheel.commands.check import conflicts
from freewheel.commands.install import InstallOptions, Outcome, install
from freewheel.commands.place import Place, PlaceKind, check_place
from freewheel.commands.report import report, report_items
from freewheel.commands.savings import tally
from freewheel.config.values import Config
from freewheel.errors import NotWritable
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import CoreMetadata
from freewheel.model.resolution import Pin
from freewheel.model.target import Interpreter
from freewheel.store.replacing import write_text
from freewheel.wiring.program import Program

_CONFLICTS = (
    "ERROR: freewheel's dependency resolver does not currently take into account all the packages that are "
    "installed. This behaviour is the source of the following dependency conflicts."
)
"""pip's sentence, which scripts look for."""


def run(call: Invocation) -> int:
    """Install; raises what resolving, fetching, building and installing raise."""
    options = call.config.install
    _check_report(options.report)
    asked = ask(call.config, call.run, call.platform, check=lambda interpreter: _check(call.config, interpreter))
    program = asked.program
    place = place_of(program)
    outcome = install(
        asked.requirements,
        asked.constraints,
        place=place,
        options=InstallOptions(
            dry_run=options.dry_run,
            with_bytecode=options.with_bytecode,
            replaces=program.config.resolve.upgrade,
        ),
        resolver=program.resolver(resolve_options(program.config.resolve, program.selection)),
        wheels=program.wheels,
        installer=program.installer,
        is_unpacked=program.is_unpacked,
    )
    items = (
        []
        if options.report is None
        else report_items(outcome, text_of=program.metadata_text, fetched=program.fetched_digest)
    )
    warn_of_scripts(call, outcome, place)
    if outcome.wheels and options.target is None and options.warn_conflicts and call.config.resolve.with_dependencies:
        _say_conflicts(program, place, outcome, call.printer)
    _say_outcome(outcome, call.printer, dry_run=options.dry_run)
    savings = tally(call.ledger.events)
    if options.report is not None:
        # 12 ms, with email and zipfile.
        from importlib.metadata import version as version_of

        document = report(
            items,
            savings,
            target=program.interpreter.target,
            version=__version__,
            pip_version=version_of("pip"),
        )
        _write_report(json.dumps(document, indent=2), options.report, call.printer)
    warn_of_rebuilds(program, outcome.resolution.pins)
    if not options.dry_run:
        warn_of_root(call)
    if outcome.done or not outcome.changed:  # else it was all for nothing
        call.say_savings()
    return 0


def _check(config: Config, interpreter: Interpreter) -> None:
    check_place(place_options(config.install), interpreter)
    check_target(config, into_environment=config.install.target is None and not config.install.dry_run)


def _say_outcome(outcome: Outcome, printer: Printer, *, dry_run: bool) -> None:
    if outcome.done:
        # As in pip: a dry run spells names as the metadata does, an installation as they were asked for.
        names = sorted(f"{pin.metadata.name if dry_run else pin.name}-{pin.version}" for pin in outcome.done)
        printer.tell(f"{'Would install' if dry_run else 'Successfully installed'} {' '.join(names)}")


def _say_conflicts(program: Program, place: Place, outcome: Outcome, printer: Printer) -> None:
    """What does not fit together now, in pip's sentences; as in pip it does not make the installation fail."""
    everything = dict(program.installed())
    if place.kind is not PlaceKind.ENVIRONMENT:
        everything |= program.installed_in(place.destination.schemes[key] for key in ("purelib", "platlib"))
    known = {pin.project: pin for pin in outcome.done}
    found = conflicts(
        {name: (one.version, _metadata(one, known.get(name))) for name, one in everything.items()},
        markers=program.interpreter.target.markers,
        concerned=[pin.project for pin in outcome.changed],
    )
    if not found:
        return
    lines = [_CONFLICTS]
    for conflict in found:
        there = f"but you have {conflict.needed} {conflict.found} which is incompatible"
        verdict = there if conflict.found else "which is not installed"
        lines.append(f"{conflict.project} {conflict.version} requires {conflict.requirement}, {verdict}.")
    printer.fail(lines)


def _metadata(installed: InstalledDistribution, pin: Pin | None) -> CoreMetadata:
    return installed.metadata() if pin is None or pin.version != installed.version else pin.metadata


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
    write_text(where, f"{text}\n")
