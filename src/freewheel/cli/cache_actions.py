"""What the actions of `cache` do and print, and their exit status."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freewheel.cli import cache_text
from freewheel.cli.invocation import Invocation
from freewheel.cli.provenance import provenance
from freewheel.cli.render import Printer, size_text
from freewheel.commands import cache
from freewheel.commands.cache import Clearing
from freewheel.commands.cache_overview import overview
from freewheel.commands.cache_selection import EVERYTHING, Selection, selection
from freewheel.errors import CommandMisused
from freewheel.events import Noted, Warned
from freewheel.model import url as urls
from freewheel.store.contents import Contents
from freewheel.store.history import RunRecord
from freewheel.store.holding import KINDS
from freewheel.wiring.limits import limits_of
from freewheel.wiring.stores import OwnStores

if TYPE_CHECKING:
    from freewheel.build.wheel_cache import Explanation

_LINES_AT_ONCE = 1000
_SELECTING = frozenset({"kind", "older-than", "index"})


def carry_out(call: Invocation, stores: OwnStores, action: str, arguments: tuple[str, ...]) -> int:
    """Carry out one action; its exit status. Raises CommandMisused, InvalidCacheArchive, OSError."""
    contents = replace(stores.contents, tell=lambda path: call.printer.emit(Noted(message=f"Removed {path}")))
    wanted = call.config.holdings
    match action:
        case "info":
            _info(call, contents, stores.history.runs())
        case "list":
            _list(call, contents, arguments)
        case "why":
            return _why(call, arguments)
        case "export":
            return _export(call, stores, arguments)
        case "import":
            return _import(call, stores, arguments[0])
        case "prune":
            clearing = cache.prune(contents, limits_of(call.config.cache), dry_run=wanted.dry_run)
            return _report(call, contents, clearing)
        case _:
            words = arguments or ((EVERYTHING,) if action == "purge" else ())
            selected = _selection(call, words, default=KINDS)
            return _report(call, contents, cache.remove(contents, words, selected, dry_run=wanted.dry_run))
    return 0


def _selection(call: Invocation, words: Sequence[str], *, default: Collection[str]) -> Selection:
    wanted = call.config.holdings
    return selection(words, kinds=wanted.kinds, default=default, older_than=wanted.older_than, index=wanted.index)


def _info(call: Invocation, contents: Contents, runs: Iterable[RunRecord]) -> None:
    folder, found = str(contents.root.path), overview(contents, runs)
    limits, shared = limits_of(call.config.cache), call.config.cache.shared
    if call.config.output.list_format == "json":
        call.printer.print(cache_text.info_as_json(folder, found, limits, shared))
        return
    lines = cache_text.info_lines(folder, found, limits, has_blocks=has_blocks(call.printer), shared=shared)
    _print_all(call.printer, lines)


def _list(call: Invocation, contents: Contents, words: Sequence[str]) -> None:
    config, wanted = call.config, call.config.holdings
    found = cache.listed(contents, _selection(call, words, default=("wheels",)), sort=wanted.sort or "name")
    match config.output.list_format:
        case "json":
            lines = cache_text.as_json(found, contents.blob_path)
        case "abspath":
            paths = [cache_text.bytes_of(one, contents.blob_path) for one in found]
            lines = iter(paths if wanted.sort else sorted(paths))
        case _ if wanted.kinds or wanted.sort:
            lines = cache_text.as_table(found, now=contents.clock(), width=terminal_width(call.printer))
        case _:
            lines = cache_text.as_pip(found)
    _print_all(call.printer, lines)
    if not found:
        _tell_of_nothing(call)


def _tell_of_nothing(call: Invocation) -> None:
    """Say what else a person could look for; programs read pip's words alone."""
    wanted = call.config.holdings
    if wanted.index is not None:
        message = f"What came from an index is known by its pages, and none of {urls.redacted(wanted.index)} is kept."
        call.printer.emit(Warned(message=message))
    elif not wanted.kinds and call.printer.out.isatty():
        call.printer.tell("Only wheels that were built here are listed; --kind all shows downloads and the rest.")


def _export(call: Invocation, stores: OwnStores, words: Sequence[str]) -> int:
    from freewheel.commands import cache_export

    target = Path(call.config.folder, words[0])
    contents, patterns = stores.contents, words[1:]
    everything = cache_export.everything_in(contents)
    wanted = call.config.holdings
    if wanted.last_run and (patterns or not _SELECTING.isdisjoint(wanted.given)):
        raise CommandMisused(problem="--last-run cannot be combined with patterns, or options that select.")
    selected = _selection(call, patterns, default=KINDS)
    chosen = (
        cache_export.of_last_run(everything, stores.history.runs())
        if wanted.last_run
        else cache_export.of_selection(everything, selected, now=contents.clock())
    )
    for pattern in selected.unmatched(chosen):
        call.printer.emit(Warned(message=f'No matching packages for pattern "{pattern}"'))
    done = cache_export.export(contents, target, chosen, everything)
    _print_all(call.printer, cache_text.exported(str(target), done))
    return 0 if done.kinds else 1


def _import(call: Invocation, stores: OwnStores, word: str) -> int:
    from freewheel.commands.cache_import import take_in

    done = take_in(
        Path(call.config.folder, word),
        blobs=stores.blobs,
        entries=stores.entries,
        wheels=stores.built_wheels,
        scratch=lambda: call.run.scratch("import"),
    )
    call.printer.tell(cache_text.imported(done))
    return 0


def has_blocks(printer: Printer) -> bool:
    """Whether the output can show the character that bars are made of."""
    try:
        "█".encode(printer.out.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def terminal_width(printer: Printer) -> int | None:
    """The terminal's; None where a program reads."""
    return shutil.get_terminal_size().columns if printer.out.isatty() else None


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
    kinds = call.config.holdings.kinds
    status = 0
    for requirement in asked.requirements:
        wheels = [
            one
            for one in sorted(asked.program.explained_wheels(requirement.name), key=lambda one: str(one.path))
            if one.version is None or requirement.specifier.contains(one.version, prereleases=True)
        ]
        blocks = [explained(one) for one in wheels] if not kinds or kinds & {"wheels", "all"} else []
        blocks += _accounts(call, f"{requirement.name}{requirement.specifier}")
        if not blocks:
            call.printer.emit(Warned(message=f"Nothing is kept of {requirement}."))
            status = 1
        for lines in blocks:
            _print_all(call.printer, lines)
    return status


def _accounts(call: Invocation, pattern: str) -> list[list[str]]:
    """What is to be said of all that was not built here: pages first, then by name."""
    from freewheel.commands.cache_why import verdict
    from freewheel.wiring.network import POLICY

    if call.run.cache is None:
        return []
    contents = call.run.cache.contents
    selected = _selection(call, [pattern], default=KINDS)
    now, freshness = contents.clock(), call.config.freshness
    asks = not (freshness.offline or freshness.prefer_offline)
    found = [one for one in cache.listed(contents, selected) if one.kind not in ("wheels", "other")]
    found.sort(key=lambda one: KINDS.index(one.kind))
    return [cache_text.account(one, verdict(one, now=now, policy=POLICY, asks=asks), now=now) for one in found]


def explained(wheel: Explanation) -> list[str]:
    """`cache why` of one wheel: where it came from, how it was made, and whether it would be reused."""
    lines = [wheel.path.name, f"  source: {wheel.origin}"]
    if (record := wheel.record) is not None:
        lines += provenance(record)
    lines.append(f"  kept in: {wheel.path.parent}")
    if not wheel.obstacles:
        return [*lines, "  It would be reused."]
    return [*lines, "  It would be built again:", *(f"    {obstacle}" for obstacle in wheel.obstacles)]


def _print_all(printer: Printer, lines: Iterable[str]) -> None:
    rest = iter(lines)
    while some := list(islice(rest, _LINES_AT_ONCE)):
        printer.print("\n".join(some))


def _report(call: Invocation, contents: Contents, clearing: Clearing) -> int:
    printer, folder, removal = call.printer, contents.root.path, clearing.removed
    if call.config.holdings.index is not None and not (clearing.doomed or removal.files or removal.failures):
        _tell_of_nothing(call)
    for pattern in clearing.unmatched:
        suffix = "" if pattern == EVERYTHING else f' for pattern "{pattern}"'
        printer.emit(Warned(message=f"No matching packages{suffix}"))
    if call.config.holdings.dry_run:
        lines = cache_text.would_remove(clearing, now=contents.clock(), width=terminal_width(printer))
        _print_all(printer, lines)
        _remark(call, clearing)
        return 0
    for path, reason in removal.failures:
        printer.emit(Noted(message=f"Could not remove {folder / path}: {reason}."))
    printer.fail(trouble(folder, removal.failures))
    printer.tell(f"Files removed: {removal.files} ({size_text(removal.size)})")
    printer.tell(f"Directories removed: {removal.directories}")
    _remark(call, clearing)
    return 1 if removal.failures else 0


def _remark(call: Invocation, clearing: Clearing) -> None:
    remark = None if clearing.choice is None else cache_text.remark(clearing.choice, limits_of(call.config.cache))
    if remark is not None:
        call.printer.tell(remark)


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
