"""What `cache` prints: lists, sums and removals, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from freewheel.cli.render import seconds_text, size_text
from freewheel.commands.cache_overview import Overview, Week
from freewheel.model.span import span_text
from freewheel.store.holding import Holding
from freewheel.store.limits import RECENT, Choice, Limits

if TYPE_CHECKING:
    from freewheel.commands.cache import Clearing
    from freewheel.commands.cache_export import Exported
    from freewheel.commands.cache_import import Imported
    from freewheel.commands.cache_why import Verdict
    from freewheel.config.values import SharedCacheConfig

KIND_NAMES: Mapping[str, str] = {
    "wheels": "Built wheels",
    "downloads": "Downloads",
    "pages": "Index pages",
    "metadata": "Metadata",
    "trees": "Unpacked wheels",
    "resolutions": "Resolutions",
    "repositories": "Repositories",
    "other": "Other records",
}
_COLUMNS = ("Kind", "Size", "Age", "Last use", "Name", "Origin")
_RIGHT = frozenset(("Size", "Age", "Last use"))
_SPAN = len("729 days")
"""Characters of the longest span of time: 730 days are 2 years."""

_LEAST_ORIGIN = 12
"""Characters of an origin that say something."""

_BAR = 24
"""Characters of the longest bar."""


def bytes_of(one: Holding, blob_of: Callable[[bytes], Path]) -> str:
    """Where the bytes of a thing are: a built wheel's own file, as in pip; a download's blob; a tree's folder."""
    if one.kind == "wheels" and not one.is_damaged:
        return f"{one.place}/{one.name}"
    return str(blob_of(one.blobs[0])) if len(one.blobs) == 1 and not one.is_pointer else one.place


def as_pip(found: Sequence[Holding]) -> Iterator[str]:
    """pip's list of built wheels, without what is damaged."""
    if all(one.is_damaged for one in found):
        yield "No locally built wheels cached."
        return
    yield from ("Cache contents:", "")
    for one in found:
        if not one.is_damaged:
            yield f" - {one.name} ({size_text(one.size)})"


def as_table(found: Sequence[Holding], *, now: float, width: int | None) -> Iterator[str]:
    """A line for each thing; cut to `width` characters where there is one, without origins where those do not fit."""
    if not found:
        yield "Nothing of that is in the cache."
        return
    kind, name = (max(len(text(one)) for one in found) for text in (attrgetter("kind"), _name))
    size = max(len(_COLUMNS[1]), *(len(amount_text(one.size)) for one in found))
    widths = [kind, size, _SPAN, len(_COLUMNS[3]), name, len(_COLUMNS[-1])]
    shown = len(_COLUMNS)
    if width is not None and sum(widths[:-1]) + shown - 1 + _LEAST_ORIGIN > width:
        shown -= 1
    columns = zip(_COLUMNS[:shown], widths, strict=False)
    form = " ".join(f"{{:{'>' if title in _RIGHT else '<'}{size}}}" for title, size in columns).format
    for cells in chain((_COLUMNS, tuple("-" * one for one in widths)), (_cells(one, now) for one in found)):
        line = form(*cells).rstrip()
        yield line if width is None or len(line) <= width else f"{line[: width - 3]}..."


def as_json(found: Sequence[Holding], blob_of: Callable[[bytes], Path] | None) -> Iterator[str]:
    """`list --format json`: an array, a line for each thing, of which nothing is left out.

    Without `blob_of` they lie on no disk of this machine.
    """
    yield "["
    for number, one in enumerate(found, 1):
        path = one.place if blob_of is None else bytes_of(one, blob_of)
        yield json.dumps(_fields(one, path)) + ("," if number < len(found) else "")
    yield "]"


def info_lines(
    folder: str, found: Overview, limits: Limits, *, has_blocks: bool, shared: SharedCacheConfig | None = None
) -> Iterator[str]:
    """`cache info`: where, how much of what, and the biggest projects; of a `shared` cache only where it is."""
    yield f"Cache location: {folder}"
    if shared is not None:
        yield f"Shared cache: {shared.url} ({mode_text(shared)}; `cache info --tier shared` looks into it)"
    linked = f", of which {amount_text(found.shared)} are in environments too" if found.shared else ""
    yield f"Cache size: {amount_text(found.size)}{linked}"
    for kind, measure in found.kinds.items():
        yield f"{KIND_NAMES[kind]}: {measure.items} ({amount_text(measure.size)})"
    rest = {"Unnamed files": found.unnamed, "Older formats": found.old_formats, "Unfinished work": found.unfinished}
    for name, measure in rest.items():
        if measure.items:
            yield f"{name}: {measure.items} ({amount_text(measure.size)})"
    yield f"Limits: {limits_text(limits)}"
    yield from _week(found.week)
    if found.projects:
        yield from ("", "Biggest projects:")
        yield from bars(found.projects, "█" if has_blocks else "#")


def mode_text(shared: SharedCacheConfig) -> str:
    """What is done with the shared cache."""
    return "read and written" if shared.may_write else "only read"


def info_as_json(folder: str, found: Overview, limits: Limits, shared: SharedCacheConfig | None = None) -> str:
    """`cache info --format json`; sizes in bytes, times in seconds."""
    rest = {"unnamed": found.unnamed, "old-formats": found.old_formats, "unfinished": found.unfinished}
    data = {
        "location": folder,
        "size": found.size,
        "shared-with-environments": found.shared,
        "kinds": {
            kind: {"items": measure.items, "size": measure.size} for kind, measure in {**found.kinds, **rest}.items()
        },
        "biggest-projects": [{"project": project, "size": size} for project, size in found.projects],
        "last-week": {
            "runs": found.week.runs,
            "reused": found.week.reused,
            "made": found.week.made,
            "saved-bytes": found.week.saved_bytes,
            "saved-seconds": round(found.week.saved_seconds, 3),
            "shared": found.week.shared,
        },
        "shared-cache": None if shared is None else {"location": shared.url, "may-write": shared.may_write},
        "limits": {"max-size": limits.max_size, "max-age": limits.max_age, "keep-free": limits.keep_free},
    }
    return json.dumps(data, indent=2)


def _week(week: Week) -> Iterator[str]:
    total = week.reused + week.made
    if not total:
        return
    runs = "1 run" if week.runs == 1 else f"{week.runs} runs"
    share = 100 * week.reused // total
    yield f"Last 7 days: {runs} reused {week.reused} of {things_text(total)} ({share} %)"
    yield f"Saved: {amount_text(week.saved_bytes)} of transfer, {seconds_text(week.saved_seconds)} of building"
    if week.shared:
        yield f"From the shared cache: {things_text(week.shared)}"


def limits_text(limits: Limits) -> str:
    """The limits as people read them.

    >>> limits_text(Limits(max_size=5_000_000_000, max_age=86_400.0 * 90))
    'at most 5.0 GB, nothing unused for 90 days'
    """
    parts = (
        "" if limits.max_size is None else f"at most {amount_text(limits.max_size)}",
        "" if limits.max_age is None else f"nothing unused for {span_text(limits.max_age)}",
        "" if limits.keep_free is None else f"{amount_text(limits.keep_free)} of the disk left free",
    )
    return ", ".join(filter(None, parts)) or "none"


def remark(choice: Choice, limits: Limits) -> str | None:
    """What a removal by limits could not reach, or why it had nothing to do; None where it did what was asked for."""
    if choice.missing:
        return (
            f"{amount_text(choice.missing)} more would have to go for the limits. What is left was used within the"
            " last hour, or lies in environments too, where it takes its room anyway."
        )
    if choice.doomed:
        return None
    if limits == Limits():
        return "No limits are set: only what is damaged or left over goes."
    recent = "; what was used within the last hour stays" if (limits.max_age or RECENT) < RECENT else ""
    return f"The cache is within its limits: it takes {amount_text(choice.size)} ({limits_text(limits)}{recent})."


def would_remove(found: Clearing, *, now: float, width: int | None) -> Iterator[str]:
    """A dry run: what would go."""
    if found.doomed:
        yield from as_table(found.doomed, now=now, width=width)
    rest = f", and {things_text(found.rest.items)} that no list shows" if found.rest.items else ""
    yield f"Would remove {things_text(len(found.doomed))}{rest} ({amount_text(found.freed)})"


def things_text(count: int) -> str:
    """How many things.

    >>> things_text(1), things_text(2)
    ('1 thing', '2 things')
    """
    return "1 thing" if count == 1 else f"{count} things"


def exported(path: str, done: Exported) -> Iterator[str]:
    """`cache export`: what went into the archive, and what stayed."""
    counts = ", ".join(f"{count} {kind}" for kind, count in done.kinds.items())
    yield f"Exported {counts} to {path} ({amount_text(done.size)})." if counts else "Nothing of that can be exported."
    if done.left:
        yield (
            f"Left here: {things_text(done.left)} that may have been got with credentials, that tell of this machine,"
            " or that are damaged."
        )


def imported(done: Imported) -> str:
    """`cache import`: what is new.

    >>> from freewheel.commands.cache_import import Imported
    >>> imported(Imported(new={"blobs": 2}, known=3))
    'Imported 2 blobs. Here already: 3 things.'
    """
    counts = ", ".join(f"{count} {kind}" for kind, count in done.new.items()) or "nothing"
    return f"Imported {counts}. Here already: {things_text(done.known)}."


def account(one: Holding, found: Verdict, *, now: float) -> list[str]:
    """`cache why` of what was not built here."""
    made = "" if one.made is None else f"made {span_text(now - one.made)} ago, "
    lines = [f"{one.name} ({one.kind})", f"  source: {one.origin}" if one.origin else ""]
    lines += [f"  {made}last used {span_text(now - one.last_use)} ago, {amount_text(one.size)}"]
    lines += [*(f"  {fact}" for fact in found.facts), f"  kept in: {one.place}", f"  {found.sentence}"]
    return [line for line in lines if line]


def amount_text(size: float) -> str:
    """A size in bytes, in units of 1000; as pip writes it up to the gigabyte.

    >>> amount_text(1500), amount_text(20_000_000_000)
    ('1.5 kB', '20.0 GB')
    """
    return f"{size / 1e9:.1f} GB" if size > 1e9 else size_text(size)


def _name(one: Holding) -> str:
    return f"{one.name} (damaged)" if one.is_damaged else one.name


def _cells(one: Holding, now: float) -> tuple[str, ...]:
    age = "" if one.made is None else span_text(now - one.made)
    return one.kind, amount_text(one.size), age, span_text(now - one.last_use), _name(one), one.origin


def _fields(one: Holding, path: str) -> Mapping[str, object]:
    return {
        "kind": one.kind,
        "project": one.project or None,
        "version": one.version or None,
        "name": one.name,
        "size": one.size,
        "made": None if one.made is None else _time(one.made),
        "last-use": _time(one.last_use),
        "origin": one.origin or None,
        "path": path,
        "kept-as": one.place,
        "digests": _digests(one),
        "seconds": one.effort or None,
        "is-damaged": one.is_damaged,
        "is-private": one.is_private,
    }


def _digests(one: Holding) -> list[str]:
    return [one.digest] if one.digest else [f"sha256:{blob.hex()}" for blob in one.blobs]


def _time(seconds: float) -> str | None:
    """RFC 3339, in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return None


def bars(projects: Sequence[tuple[str, int]], block: str) -> Iterator[str]:
    """A line for each project and its bytes, with a bar of blocks."""
    longest = max(len(project) for project, _ in projects)
    most = max(size for _, size in projects) or 1
    for project, size in projects:
        bar = block * max(1, round(_BAR * size / most))
        yield f"  {project.ljust(longest)} {bar} {amount_text(size)}"
