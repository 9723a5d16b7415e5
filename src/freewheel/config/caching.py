"""Where the cache lies, what it may hold and take from another, and what of it a command is about."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from msgspec.structs import replace

from freewheel.config import amounts
from freewheel.config.platform import Platform, absolute, default_cache
from freewheel.config.settings import Layer, Setting, Settings
from freewheel.config.sharing import shared_cache_config
from freewheel.config.values import CacheConfig, HoldingsConfig
from freewheel.errors import InvalidOptionValue
from freewheel.options.caching import ACTIONS_OF, TIERS

DEFAULT_MAX_SIZE: Final = 20_000_000_000
"""Bytes. Caches of 16 and 34 GB are what people complain of with pip."""

DEFAULT_MAX_AGE: Final = 180 * 86_400.0
"""Seconds. What nobody has used for half a year is fetched faster than missed."""

_SIZE: Final = "a size (such as 5GB or 500MB)"
_DURATION: Final = "a duration (such as 30d, 12h or 2w)"
_NO_LIMIT: Final = "none"
_Amount = TypeVar("_Amount", int, float)


ADOPTING: Final = "adopt-pip-cache"


def cache_config(settings: Settings, environ: Mapping[str, str], platform: Platform) -> CacheConfig:
    """Where the cache lies, and for whom; raises InvalidOptionValue."""
    place = _cache_place(settings, environ, platform)
    is_shared = settings.flag("group-cache")
    may_adopt = settings.flag(ADOPTING) and place.folder is not None and not is_shared
    return replace(
        place,
        is_shared=is_shared,
        is_verified=settings.flag("cache-verify"),
        keeps_local=settings.flag("cache-local"),
        layers=tuple(
            os.path.realpath(absolute(one.text, platform, environ))
            for one in settings.items("cache-layer")
            if one.text
        ),
        adopts_from=_pips_place(settings, environ, platform) if may_adopt else None,
        max_size=_limit(settings, "cache-max-size", amounts.size, _SIZE, DEFAULT_MAX_SIZE),
        max_age=_limit(settings, "cache-max-age", amounts.duration, _DURATION, DEFAULT_MAX_AGE),
        keep_free=_limit(settings, "cache-keep-free", amounts.size, _SIZE, None),
        shared=shared_cache_config(settings, environ, platform),
    )


def vain_adoption(settings: Settings, cache: CacheConfig) -> list[str]:
    """Why nothing is taken over from pip's cache though somebody wants that; raises InvalidOptionValue."""
    if cache.adopts_from is not None or not settings.flag(ADOPTING):
        return []
    if cache.folder is None:
        reason = "there is no cache that could keep it"
    elif cache.is_shared:
        # pip keeps what credentials opened under the URL alone: what only this user may read would be the group's.
        reason = "pip's cache does not tell what was for you alone, and --group-cache shares what is kept"
    else:
        reason = "pip's own settings switch its cache off"
    return [f"--{ADOPTING} has no effect: {reason}"]


def _cache_place(settings: Settings, environ: Mapping[str, str], platform: Platform) -> CacheConfig:
    """A place always counts more than those further away, whichever of the two options it has.

    In one place "no cache" counts more than a folder.
    """
    given = settings.last_given("cache-dir", "no-cache-dir")
    if given is not None:
        folder = absolute(given.text, platform, environ) if given.text else None
        return CacheConfig(folder=folder and os.path.realpath(folder), source=given.source)
    may_switch_off = True
    for layer in settings.layers:
        switch, folder_named = settings.in_layer(layer, "no-cache-dir"), settings.in_layer(layer, "cache-dir")
        if switch is not None and switch.text and may_switch_off:
            if _switches_off(switch, layer):
                return CacheConfig(folder=None, source=switch.source)
            may_switch_off = False
        if folder_named is not None and folder_named.text:
            folder = absolute(folder_named.text, platform, environ)
            # pip's own files stay pip's: its folder gets a sub-folder of ours.
            folder = folder if layer.is_ours else str(platform.path(folder, "freewheel"))
            return CacheConfig(folder=os.path.realpath(folder), source=folder_named.source)
    return CacheConfig(folder=os.path.realpath(default_cache(platform, environ)), source="the platform's default")


def _switches_off(switch: Setting, layer: Layer) -> bool:
    """In pip's places every truth value means "no cache", false ones too; in ours it means what it says."""
    try:
        is_off = switch.truth()
    except InvalidOptionValue:
        raise switch.invalid(f"--no-cache-dir error: invalid truth value {switch.text!r}") from None
    return is_off or not layer.is_ours


def _pips_place(settings: Settings, environ: Mapping[str, str], platform: Platform) -> str | None:
    """Where pip has its cache, by what is set for pip alone; None where that switches it off.

    As pip reads it: of variables and files the nearest folder counts, and "no cache" anywhere counts more. The words
    of this command line are about our own cache.
    """
    layers = [layer for layer in settings.layers if not layer.is_ours]
    switches = (settings.in_layer(layer, "no-cache-dir") for layer in layers)
    if any(switch is not None and switch.text for switch in switches):
        return None
    folders = (settings.in_layer(layer, "cache-dir") for layer in layers)
    named = next((folder.text for folder in folders if folder is not None and folder.text), None)
    folder = default_cache(platform, environ, "pip") if named is None else absolute(named, platform, environ)
    return os.path.realpath(folder)


def holdings_config(settings: Settings) -> HoldingsConfig:
    """What `cache` looks at or removes; raises InvalidOptionValue."""
    if "older-than" not in settings.rows:
        return HoldingsConfig()
    kinds = settings.chosen("kind")
    older_than = settings.nearest("older-than")
    return HoldingsConfig(
        kinds=frozenset(kinds),
        sort=settings.choice("sort", "") or None,
        older_than=None if older_than is None else _amount(older_than, amounts.duration, _DURATION),
        index=settings.text("index") or None,
        dry_run=settings.flag("dry-run"),
        is_shared=settings.choice("tier", "") == TIERS[1],
        last_run=settings.flag("last-run"),
        is_repaired=settings.flag("repair"),
        given=tuple(name for name in (*ACTIONS_OF, "format") if settings.last_given(name) is not None),
    )


def _limit(
    settings: Settings, name: str, read: Callable[[str], _Amount | None], what: str, default: _Amount | None
) -> _Amount | None:
    setting = settings.nearest(name)
    if setting is None:
        return default
    return None if setting.text.lower() == _NO_LIMIT else _amount(setting, read, f"{what}, nor {_NO_LIMIT}")


def _amount(setting: Setting, read: Callable[[str], _Amount | None], what: str) -> _Amount:
    found = read(setting.text)
    if found is None:
        raise setting.invalid(f"option --{setting.option}: {setting.text!r} is not {what}")
    return found
