"""`freewheel cache`: the words of pip's command, and its exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freewheel.cli.invocation import Invocation
from freewheel.cli.render import Printer, size_text
from freewheel.commands import cache
from freewheel.errors import CommandMisused
from freewheel.events import Noted, Warned
from freewheel.model import url as urls
from freewheel.store.contents import Contents, KeptWheel, Measure
from freewheel.store.removal import Removed

if TYPE_CHECKING:
    from freewheel.build.wheel_cache import Explanation

KIND_NAMES = {
    "wheels": "Built wheels",
    "blobs": "Downloaded files and pages",
    "http": "Records of responses",
    "metadata": "Core metadata",
    "resolution": "Resolutions",
    "trees": "Unpacked wheels",
    "interpreter": "Interpreters",
    "folder": "Files of local folders",
    "digest": "Files known by another digest",
    "shared": "Bodies that several URLs gave",
    "unfinished": "Unfinished work",
    "old formats": "Older formats",
}


def run(call: Invocation) -> int:
    """Carry out one action; raises CacheDisabled, CommandMisused."""
    stores, printer, config = call.run.cache, call.printer, call.config
    action, arguments = cache.checked_action(config.words, is_enabled=stores is not None)
    if stores is None:
        return 1
    folder, contents = stores.root.path, stores.contents
    match action:
        case "dir":
            printer.print(str(folder))
        case "info":
            _print_all(printer, cache_info(str(folder), contents.measure()))
        case "list":
            as_paths = config.output.list_format == "abspath"
            _print_all(printer, cached_wheels(cache.listed(contents, arguments), as_paths=as_paths))
        case "verify":
            # What knows of builds takes as long to import as all the rest.
            from freewheel.cli.commands.cache_verify import run as verify

            return verify(call, stores.root)
        case "why":
            return _why(call, arguments)
        case _:
            return _remove(contents, arguments or (cache.EVERYTHING,), folder, printer)
    return 0


def _why(call: Invocation, words: tuple[str, ...]) -> int:
    # All of an installation's modules, twice as many as the other actions need.
    from freewheel.cli.asked import ask
    from freewheel.model.requirement import parse

    for word in words:
        # A source would be fetched, and asked what project it is, to tell of wheels that came from others as well.
        if urls.is_url(word) or "/" in word or Path(word).is_file() or parse(word).url is not None:
            shown = urls.redacted(word)
            raise CommandMisused(
                problem=f"`cache why` takes projects and their versions, such as numpy or 'numpy<2', not {shown}.",
                hint="Give the name of the source's project: each kept wheel is shown with where it came from.",
            )
    asked = ask(replace(call.config, words=words), call.run, call.platform)
    status = 0
    for requirement in asked.requirements:
        found = [
            one
            for one in sorted(asked.program.explained_wheels(requirement.name), key=lambda one: str(one.path))
            if one.version is None or requirement.specifier.contains(one.version, prereleases=True)
        ]
        if not found:
            call.printer.emit(Warned(message=f"No built wheel is kept of {requirement}."))
            status = 1
        for one in found:
            _print_all(call.printer, explained(one))
    return status


def explained(wheel: Explanation) -> list[str]:
    """`cache why` of one wheel: where it came from, how it was made, and whether it would be reused."""
    lines = [wheel.path.name, f"  source: {wheel.origin}"]
    if (record := wheel.record) is not None:
        tools = [record.backend, *record.build_requirements, *record.toolchain.values()]
        lines.append(f"  built: {record.built_at} by freewheel {record.freewheel} in {record.seconds:.1f} s")
        lines.append(f"  with: {', '.join(tools)}")
    lines.append(f"  kept in: {wheel.path.parent}")
    if not wheel.obstacles:
        return [*lines, "  It would be reused."]
    return [*lines, "  It would be built again:", *(f"    {obstacle}" for obstacle in wheel.obstacles)]


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


def _report_removal(removal: Removed, folder: Path, printer: Printer) -> None:
    for path in (*(file.path for file in removal.files), *removal.directories):
        printer.emit(Noted(message=f"Removed {folder / path}"))
    for path, reason in removal.failures:
        printer.emit(Noted(message=f"Could not remove {folder / path}: {reason}."))
    printer.fail(trouble(folder, removal.failures))
    printer.tell(f"Files removed: {len(removal.files)} ({size_text(removal.size)})")
    printer.tell(f"Directories removed: {len(removal.directories)}")


def trouble(folder: Path, failures: Sequence[tuple[Path, str]]) -> list[str]:
    """What could not be removed: a line for each reason, and what to do; nothing without failures.

    >>> trouble(Path("/c"), [(Path("/c/a"), "It is busy")])[0]
    'ERROR: Could not remove /c/a: It is busy.'
    """
    reasons: dict[str, list[Path]] = {}
    for path, reason in failures:
        reasons.setdefault(reason, []).append(folder / path)
    lines = [
        f"ERROR: Could not remove {paths[0]}: {reason}."
        if len(paths) == 1
        else f"ERROR: Could not remove {len(paths)} files and folders: {reason}. One is {paths[0]}"
        for reason, paths in reasons.items()
    ]
    hint = (
        "  hint: Whoever owns them can remove them once their folders may be written to (`chmod -R u+w`), on a file"
        " system that is not mounted read-only."
    )
    return [*lines, hint] if lines else []


def cached_wheels(wheels: Sequence[KeptWheel], *, as_paths: bool) -> list[str]:
    """`cache list` in both of pip's formats."""
    if as_paths:
        return sorted(str(wheel.path) for wheel in wheels)
    if not wheels:
        return ["No locally built wheels cached."]
    return ["Cache contents:", "", *(f" - {wheel.path.name} ({size_text(wheel.size)})" for wheel in wheels)]


def cache_info(folder: str, measures: Sequence[Measure]) -> list[str]:
    """`cache info`: where, and how much of what."""
    found = {measure.kind: measure for measure in measures}
    kinds = [*(kind for kind in KIND_NAMES if kind in found), *(kind for kind in found if kind not in KIND_NAMES)]
    always = [kind for kind in ("wheels", "blobs", "trees") if kind not in found]
    lines = [f"Cache location: {folder}", f"Cache size: {size_text(sum(measure.size for measure in measures))}"]
    for kind in [*kinds, *always]:
        measure = found.get(kind, Measure(kind=kind))
        lines.append(f"{KIND_NAMES.get(kind, kind.capitalize())}: {measure.items} ({size_text(measure.size)})")
    return lines
