"""`freewheel index`: the versions that an index has of a project."""

from __future__ import annotations

import json

from freewheel.cli.invocation import Invocation
from freewheel.commands.offers import Versions, versions_of
from freewheel.errors import CommandMisused
from freewheel.resolve.candidates import Assessor
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print versions; raises CommandMisused, NoVersions, NetworkError, IndexPageError."""
    action, *names = call.config.words or ("",)
    if action != "versions":
        raise CommandMisused(problem="Need an action (versions) to perform.")
    if len(names) != 1:
        raise CommandMisused(problem="You need to specify exactly one argument")
    program = Program(call.config, call.run)
    assessor = Assessor.create(target=program.target, selection=program.selection)
    found = versions_of(names[0], program.index, assessor, installed=program.installed())
    for line in [_as_json(found)] if call.config.output.as_json else _as_text(found):
        call.printer.print(line)
    return 0


def _as_json(found: Versions) -> str:
    document: dict[str, object] = {
        "name": found.name,
        "versions": [str(version) for version in found.versions],
        "latest": str(found.latest),
    }
    if found.installed is not None:
        document["installed_version"] = found.installed
    return json.dumps(document)


def _as_text(found: Versions) -> list[str]:
    lines = [
        f"{found.name} ({found.latest})",
        f"Available versions: {', '.join(str(version) for version in found.versions)}",
    ]
    if found.installed is not None:
        how = " (pre-release; install with `freewheel install --pre`)" if found.latest.pre else ""
        lines += [f"  INSTALLED: {found.installed}", f"  LATEST:    {found.latest}{how}"]
    return lines
