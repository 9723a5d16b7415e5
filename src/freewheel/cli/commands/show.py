"""`freewheel show`."""

from __future__ import annotations

from collections.abc import Iterator

from freewheel.cli.invocation import Invocation
from freewheel.commands.show import Shown, shown
from freewheel.events import Warned
from freewheel.model.artifact import normalize
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print what is known of each project that is named; 1 where none of them is installed. Raises TargetError."""
    names = call.config.words
    if not names:
        call.printer.fail(["ERROR: Please provide a package name or names."])
        return 1
    program = Program(call.config, call.run)
    installed = program.installed()
    missing = sorted(name for name in names if normalize(name) not in installed)
    if missing:
        call.run.reporter.emit(Warned(message=f"Package(s) not found: {', '.join(missing)}"))
    found = list(shown(names, installed, markers=program.interpreter.target.markers))
    for number, one in enumerate(found):
        lines = ["---"] if number else []
        lines += _lines(one)
        lines += _more_lines(one) if call.config.output.verbosity >= 1 else []
        lines += _file_lines(one) if call.config.listing.with_files else []
        for line in lines:
            call.printer.print(line)
    return 0 if found else 1


def _lines(one: Shown) -> Iterator[str]:
    """pip's fields, in its order and with its colons."""
    distribution, metadata = one.distribution, one.metadata
    yield f"Name: {distribution.name}"
    yield f"Version: {distribution.version}"
    yield f"Summary: {metadata.first_of('Summary')}"
    yield f"Home-page: {one.homepage}"
    yield f"Author: {metadata.first_of('Author')}"
    yield f"Author-email: {metadata.first_of('Author-email')}"
    expression = metadata.first_of("License-Expression")
    if expression and _is_at_least_2_4(metadata.first_of("Metadata-Version")):
        yield f"License-Expression: {expression}"
    else:
        yield f"License: {metadata.first_of('License')}"
    yield f"Location: {distribution.location}"
    if distribution.editable_project is not None:
        yield f"Editable project location: {distribution.editable_project}"
    yield f"Requires: {', '.join(one.requires)}"
    yield f"Required-by: {', '.join(one.required_by)}"


def _is_at_least_2_4(metadata_version: str) -> bool:
    """The version of core metadata that has License-Expression (PEP 639)."""
    parts = metadata_version.split(".")
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) >= (2, 4)


def _more_lines(one: Shown) -> Iterator[str]:
    yield f"Metadata-Version: {one.metadata.first_of('Metadata-Version')}"
    yield f"Installer: {one.distribution.installer}"
    yield "Classifiers:"
    yield from (f"  {classifier}" for classifier in one.metadata.all_of("Classifier"))
    yield "Entry-points:"
    yield from (f"  {line.strip()}" for line in one.entry_points)
    yield "Project-URLs:"
    yield from (f"  {url}" for url in one.metadata.all_of("Project-URL"))


def _file_lines(one: Shown) -> Iterator[str]:
    yield "Files:"
    if one.files is None:
        yield "Cannot locate RECORD or installed-files.txt"
    else:
        yield from (f"  {path.strip()}" for path in one.files)
