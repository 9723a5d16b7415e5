"""Options of `cache`, and the limits that every command keeps the cache within."""

from __future__ import annotations

from freewheel.options.option import Kind, Option

_CACHE = frozenset({"cache"})
_FLAG, _VALUE, _LIST = Kind.FLAG, Kind.VALUE, Kind.LIST

KINDS = ("wheels", "downloads", "pages", "metadata", "trees", "resolutions", "repositories", "other")
"""What the cache tells apart: built wheels, downloaded files, and so on."""

SORTS = ("name", "size", "age", "last-use")
"""By what a listing can be in order."""

CACHING = (
    Option(name="kind", kind=_LIST, metavar="kind", choices=(*KINDS, "all"), commands=_CACHE, is_ours=True,
           help="Only this kind; several times for several: wheels, downloads, pages, metadata, trees, resolutions,"
                " repositories, other, or all. Of `list` the default is wheels, of `remove` all."),
    Option(name="sort", kind=_VALUE, choices=SORTS, commands=_CACHE, is_ours=True,
           help="The order of a listing: name (default), size, age or last-use, the largest and the oldest first."),
    Option(name="format", kind=_VALUE, choices=("human", "abspath", "json"), commands=_CACHE,
           help="human (default), abspath or json."),
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
