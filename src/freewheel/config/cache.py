"""Where the cache lies, for whom, and which other cache it may take from."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec.structs import replace

from freewheel.config.platform import Platform, absolute, default_cache
from freewheel.config.settings import Layer, Setting, Settings
from freewheel.config.values import CacheConfig
from freewheel.errors import InvalidOptionValue

ADOPTING = "adopt-pip-cache"


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
        adopts_from=_pips_place(settings, environ, platform) if may_adopt else None,
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
