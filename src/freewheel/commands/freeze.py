"""`freeze`: what an environment has, as requirements that bring it about again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import NormalizedName

INSTALLERS = frozenset(NormalizedName(name) for name in ("pip", "setuptools", "wheel", "distribute"))
"""What belongs to an environment rather than to a project in it, as in pip; setuptools and wheel until 3.11."""


def frozen(
    distributions: Iterable[InstalledDistribution], *, python_version: str, with_installers: bool
) -> Iterator[str]:
    """A requirement for each distribution, in the order given; `python_version` is such as `3.12`."""
    minor = int(python_version.partition(".")[2] or sys.version_info.minor)
    hidden = INSTALLERS if minor < 12 else frozenset({NormalizedName("pip")})
    for one in distributions:
        if with_installers or one.project not in hidden:
            yield from _lines(one)


def _lines(one: InstalledDistribution) -> Iterator[str]:
    if one.editable_project is not None:
        yield f"# Editable install with no version control ({one.name}=={one.version})"
        yield f"-e {one.editable_project}"
        return
    yield f"{one.name} @ {reference}" if (reference := _direct_reference(one)) else f"{one.name}=={one.version}"


def _direct_reference(one: InstalledDistribution) -> str | None:
    """The URL that a distribution came from, with its digest; None for one from an index (PEP 440, 610)."""
    try:
        origin = json.loads(one.direct_url or "null")
        url = str(origin["url"])
    except (ValueError, KeyError, TypeError):
        return None
    parts = []
    if vcs := origin.get("vcs_info"):
        url = f"{vcs.get('vcs')}+{url}@{vcs.get('commit_id')}"
    if digest := (origin.get("archive_info") or {}).get("hash"):
        parts.append(str(digest))
    if subdirectory := origin.get("subdirectory"):
        parts.append(f"subdirectory={subdirectory}")
    return url + (f"#{'&'.join(parts)}" if parts else "")
