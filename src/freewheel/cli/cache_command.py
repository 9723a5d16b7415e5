"""`freewheel cache`: the words of pip's command, and its exit status."""

from __future__ import annotations

from pathlib import Path

from freewheel.cli import tables
from freewheel.cli.render import Printer, size_text
from freewheel.commands import cache
from freewheel.config.values import Config
from freewheel.events import Noted, Warned
from freewheel.store.contents import Contents
from freewheel.store.removal import Removal
from freewheel.wiring.program import Run


def run_cache(config: Config, run: Run, printer: Printer) -> int:
    """Carry out one action; raises CacheDisabled, CacheCommandError."""
    stores = run.cache
    action, arguments = cache.checked_action(config.words, is_enabled=stores is not None)
    if stores is None:
        return 1
    folder, contents = stores.root.path, stores.contents
    match action:
        case "dir":
            printer.print(str(folder))
        case "info":
            _print_all(printer, tables.cache_info(str(folder), contents.measure()))
        case "list":
            as_paths = config.output.list_format == "abspath"
            _print_all(printer, tables.cached_wheels(cache.listed(contents, arguments), as_paths=as_paths))
        case _:
            return _remove(contents, arguments or (cache.EVERYTHING,), folder, printer)
    return 0


def _print_all(printer: Printer, lines: list[str]) -> None:
    for line in lines:
        printer.print(line)


def _remove(contents: Contents, patterns: tuple[str, ...], folder: Path, printer: Printer) -> int:
    removal, unmatched = cache.remove(contents, patterns)
    for pattern in unmatched:
        suffix = "" if pattern == cache.EVERYTHING else f' for pattern "{pattern}"'
        printer.emit(Warned(message=f"No matching packages{suffix}"))
    _report_removal(removal, folder, printer)
    return 1 if removal.failures else 0


def _report_removal(removal: Removal, folder: Path, printer: Printer) -> None:
    for path in (*(file.path for file in removal.files), *removal.directories):
        printer.emit(Noted(message=f"Removed {folder / path}"))
    printer.fail([f"ERROR: Could not remove {folder / path}: {reason}." for path, reason in removal.failures])
    printer.tell(f"Files removed: {len(removal.files)} ({size_text(removal.size)})")
    printer.tell(f"Directories removed: {len(removal.directories)}")
