"""Options of `cache`, and the limits that every command keeps the cache within."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel.options.option import Kind, Option

_CACHE = frozenset({"cache"})
_FLAG, _VALUE, _LIST = Kind.FLAG, Kind.VALUE, Kind.LIST

KINDS = ("wheels", "downloads", "pages", "metadata", "trees", "resolutions", "repositories", "other")
"""What the cache tells apart: built wheels, downloaded files, and so on."""

TIERS = ("local", "shared")
"""Whose cache: this machine's, or that of several."""

SORTS = ("name", "size", "age", "last-use")
"""By what a listing can be in order."""

ACTIONS: Mapping[str, tuple[str, str]] = {
    "dir": ("", "Print the folder; create nothing."),
    "info": ("", "Say how much there is of what, of which projects, and what the last week's runs reused."),
    "list": ("[<pattern> ...]", "List the wheels that were built here; with --kind everything else."),
    "remove": ("<pattern> ...", "Remove what the patterns and options mean."),
    "prune": ("", "Remove what is of no use, and what the limits ask for."),
    "purge": ("", "Remove everything."),
    "verify": ("", "Check everything that is kept, byte for byte; with --repair put right what is wrong."),
    "why": ("<project or requirement> ...", "Say where things came from, and whether they would be reused now."),
    "export": (
        "<file> [<pattern> ...]",
        "Write what is meant into one file, or what the last run used.",
    ),
    "import": ("<file>", "Take in what such a file holds."),
    "keygen": ("<file>", "Make a key that signs what goes to the shared cache, and say its public half."),
}
"""What `cache` does: for each action its arguments, and what it is for."""

_SELECTING = ("list", "remove", "export", "why")
ACTIONS_OF: Mapping[str, tuple[str, ...]] = {
    "kind": _SELECTING,
    "sort": ("list",),
    "older-than": _SELECTING[:3],
    "index": _SELECTING[:3],
    "last-run": ("export",),
    "dry-run": ("remove", "prune", "purge", "verify"),
    "repair": ("verify",),
    "tier": ("list", "info", "prune"),
    "cache-max-size": ("prune", "info"),
    "cache-max-age": ("prune", "info"),
    "cache-keep-free": ("prune", "info"),
}
"""Which actions an option means something to, of those that do not concern all; pip takes `--format` with any."""

CACHING = (
    Option(name="kind", kind=_LIST, metavar="kind", choices=(*KINDS, "all"), commands=_CACHE, is_ours=True,
           help="Only this kind; several times for several: wheels, downloads, pages, metadata, trees, resolutions,"
                " repositories, other, or all. Of `list` the default is wheels, of `remove` all."),
    Option(name="sort", kind=_VALUE, choices=SORTS, commands=_CACHE, is_ours=True,
           help="The order of a listing: name (default), size, age or last-use, the largest and the oldest first."),
    Option(name="format", kind=_VALUE, choices=("human", "abspath", "json"), commands=_CACHE,
           help="human (default), abspath or json."),
    Option(name="tier", kind=_VALUE, choices=TIERS, commands=_CACHE, is_ours=True,
           help="Of `list`, `info` and `prune`: this machine's cache (local, default) or the one that it shares."),
    Option(name="older-than", kind=_VALUE, metavar="duration", commands=_CACHE, is_ours=True,
           help="Only what was last used longer ago than this: 30d, 12h, 2w."),
    Option(name="index", kind=_VALUE, metavar="url", commands=_CACHE,
           help="Only pages of this index, and what came from where they point to."),
    Option(name="last-run", kind=_FLAG, commands=_CACHE, is_ours=True,
           help="Export what the last run used."),
    Option(name="dry-run", kind=_FLAG, commands=_CACHE, help="Only say what would be removed."),
    Option(name="repair", kind=_FLAG, commands=_CACHE, is_ours=True,
           help="Of `verify`: put right what is wrong, or drop it."),
)  # fmt: skip
"""In the order of the help."""

LIMITS = (
    Option(name="cache-max-size", aliases=("max-size",), kind=_VALUE, metavar="size", is_ours=True,
           help="How much may lie in the cache alone: 5GB, 500MB (default 20GB), or none for no limit."),
    Option(name="cache-max-age", aliases=("max-age",), kind=_VALUE, metavar="duration", is_ours=True,
           help="How long the cache keeps what nobody uses: 30d, 12w (default 180d), or none for no limit."),
    Option(name="cache-keep-free", aliases=("keep-free",), kind=_VALUE, metavar="size", is_ours=True,
           help="How much room the cache leaves on its disk: 10GB, or none (default)."),
)  # fmt: skip
"""General options: the cache is kept within them after a run, at most once a day, and by `cache prune`."""
