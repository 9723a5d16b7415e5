"""`cache --tier shared`: what the actions do and print that look at the cache of several machines."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

from freewheel.cli import cache_text
from freewheel.cli.cache_actions import has_blocks, terminal_width
from freewheel.cli.invocation import Invocation
from freewheel.commands.cache import in_order
from freewheel.commands.cache_selection import selection
from freewheel.commands.cache_shared import SHARED_KINDS, Pruned, prune, shared_holdings
from freewheel.config.values import SharedCacheConfig
from freewheel.errors import CommandMisused
from freewheel.store.shared_contents import SharedContents
from freewheel.store.signatures import public_key
from freewheel.wiring.shared_cache import open_shared_contents

_LOCAL = ("cache-max-size", "cache-keep-free")


def carry_out(call: Invocation, action: str, words: tuple[str, ...]) -> int:
    """Carry out one action; its exit status. Raises CommandMisused, InvalidOptionValue, StoreUnavailable."""
    config = call.config.cache.shared
    if config is None:
        raise CommandMisused(
            problem="There is no shared cache.", hint="Name one: --shared-cache, or FREEWHEEL_SHARED_CACHE."
        )
    contents = open_shared_contents(call.config)
    match action:
        case "list":
            _list(call, contents, words)
        case "info":
            _info(call, contents, config)
        case _:
            _prune(call, contents, config)
    return 0


def _list(call: Invocation, contents: SharedContents, words: tuple[str, ...]) -> None:
    wanted, now = call.config.holdings, time.time()
    selected = selection(
        words, kinds=wanted.kinds, default=("wheels",), older_than=wanted.older_than, index=wanted.index
    )
    chosen = selected.of(shared_holdings(contents, selected.kinds), now=now)
    found = in_order(chosen, wanted.sort or "name")
    match call.config.output.list_format:
        case "json":
            lines = cache_text.as_json(found, None)
        case "abspath":
            lines = iter([one.place for one in found])
        case _:
            lines = cache_text.as_table(found, now=now, width=terminal_width(call.printer))
    for line in lines:
        call.printer.print(line)


def _info(call: Invocation, contents: SharedContents, config: SharedCacheConfig) -> None:
    items: Counter[str] = Counter()
    sizes: defaultdict[str, int] = defaultdict(int)
    projects: defaultdict[str, int] = defaultdict(int)
    for one in shared_holdings(contents, SHARED_KINDS):
        items[one.kind] += 1
        sizes[one.kind] += one.own
        projects[one.project] += one.own
    if call.config.output.list_format == "json":
        data = {
            "location": contents.url,
            "may-write": config.may_write,
            "requires-signatures": config.requires_signatures,
            "size": sum(sizes.values()),
            "kinds": {kind: {"items": items[kind], "size": sizes[kind]} for kind in SHARED_KINDS},
        }
        call.printer.print(json.dumps(data, indent=2))
        return
    for line in _info_lines(contents.url, config, items, sizes):
        call.printer.print(line)
    biggest = sorted(projects.items(), key=lambda item: (-item[1], item[0]))[:10]
    if biggest:
        block = "█" if has_blocks(call.printer) else "#"
        call.printer.print("\n".join(["", "Biggest projects:", *cache_text.bars(biggest, block)]))


def _info_lines(url: str, config: SharedCacheConfig, items: Counter[str], sizes: dict[str, int]) -> Iterator[str]:
    yield f"Shared cache: {url} ({cache_text.mode_text(config)})"
    required = "only what these confirm is taken" if config.requires_signatures else "not required"
    keys = ", ".join(public_key(text).id for text, _ in config.public_keys) or "none"
    yield f"Public keys: {keys} ({required})"
    yield f"Size: {cache_text.amount_text(sum(sizes.values()))}"
    for kind in SHARED_KINDS:
        yield f"{cache_text.KIND_NAMES[kind]}: {items[kind]} ({cache_text.amount_text(sizes[kind])})"


def _prune(call: Invocation, contents: SharedContents, config: SharedCacheConfig) -> None:
    given, age = call.config.holdings.given, call.config.cache.max_age
    unfit = next((name for name in given if name in _LOCAL), None)
    if unfit is not None:
        raise CommandMisused(
            problem=f"--{unfit} means nothing to the shared cache.",
            hint="What it may take its own store can limit; --max-age removes what is old.",
        )
    if "cache-max-age" not in given or age is None:
        raise CommandMisused(problem="Please say how old what goes has to be.", hint="For example: --max-age 90d.")
    dry_run = call.config.holdings.dry_run
    if not (config.may_write or dry_run):
        raise CommandMisused(
            problem="The shared cache is only read here.",
            hint="Who may remove from it says --shared-cache-mode read-write.",
        )
    done = prune(contents, max_age=age, now=time.time(), dry_run=dry_run)
    call.printer.tell(_pruned(done, dry_run=dry_run))


def _pruned(done: Pruned, *, dry_run: bool) -> str:
    verb = "Would remove" if dry_run else "Removed"
    records = "1 record" if done.records == 1 else f"{done.records} records"
    blobs = "1 file" if done.blobs == 1 else f"{done.blobs} files"
    return f"{verb} {records} and {blobs} that nothing names ({cache_text.amount_text(done.size)})."
