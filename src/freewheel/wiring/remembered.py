"""Resolvers that remember, with what a run knows of sources and of files on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from freewheel import __version__
from freewheel.build.folder_identity import MARGIN
from freewheel.build.key import Conditions
from freewheel.config.values import Config
from freewheel.model import url as urls
from freewheel.resolve.protocol import Offers
from freewheel.resolve.remembering import RememberingResolver, Resolves
from freewheel.resolve.resolver import Resolver
from freewheel.store.protocol import Entries
from freewheel.wiring.build_settings import BuildSettings


def remembering(
    resolver: Resolver,
    *,
    offers: Offers,
    entries: Entries,
    config: Config,
    conditions: Conditions,
    settings: BuildSettings,
) -> Resolves:
    """The resolver with a memory, or as it is.

    That is where sources are to be built, and asked what they need, again; and where servers may be talked to without
    a verified certificate: what they say of wheels must not outlast the run (decision 4). A limit to the time of
    upload that is counted from now is another in each run.
    """
    is_moving = isinstance(config.resolve.uploaded_prior_to, timedelta)
    if config.build.rebuild_projects or config.network.trusted_hosts or is_moving:
        return resolver
    return RememberingResolver(
        inner=resolver,
        offers=offers,
        entries=entries,
        builds=lambda: _builds(conditions, settings),
        state_of=_state_of,
        program_version=__version__,
        verifies=config.cache.is_verified,
        is_shown=config.output.verbosity > 0,
    )


def _builds(conditions: Conditions, settings: BuildSettings) -> Mapping[str, object]:
    """What the metadata of sources may depend on, besides the sources."""
    return {
        "target": conditions.target,
        "variables": conditions.variables,
        "build_constraints": conditions.build_constraints,
        "shared_projects": None if conditions.shared_projects is None else conditions.shared_projects(),
        "settings_of_projects": settings.of_projects,
        "settings_of_places": sorted(settings.of_places.items()),
    }


def _state_of(url: str) -> str | None:
    """Whether a file on this machine is still the same, as far as its inode tells.

    None without one, and where it was changed a moment ago: it may be changed again in the same tick.
    """
    try:
        status = Path(urls.to_path(url, windows=os.name == "nt")).stat()
    except (OSError, ValueError):
        return None
    if max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - MARGIN:
        return None
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
