"""`show`: what is known of installed projects."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from freewheel.commands.check import needs
from freewheel.install.installed import InstalledDistribution
from freewheel.model import full_metadata
from freewheel.model.artifact import NormalizedName, normalize
from freewheel.model.full_metadata import FullMetadata

_MARKS = str.maketrans("", "", string.punctuation + string.whitespace)


class Shown(Struct, frozen=True, kw_only=True):
    """One project; `requires` and `required_by` are names, `files` is None where nothing lists them."""

    distribution: InstalledDistribution
    metadata: FullMetadata
    homepage: str
    requires: Sequence[str]
    required_by: Sequence[str]
    entry_points: Sequence[str]
    files: Sequence[str] | None


def shown(
    names: Iterable[str],
    installed: Mapping[NormalizedName, InstalledDistribution],
    *,
    markers: Mapping[str, str],
) -> Iterator[Shown]:
    """Each project that is named and installed, in the order of the names; reads the metadata of everything."""
    required: dict[NormalizedName, list[str]] = {}
    for one in installed.values():
        for needed in {need.name for need in needs(one.metadata(), markers)}:
            required.setdefault(needed, []).append(one.name)
    for name in names:
        distribution = installed.get(normalize(name))
        if distribution is not None:
            yield _shown(distribution, required.get(distribution.project, []), markers)


def _shown(one: InstalledDistribution, required_by: Iterable[str], markers: Mapping[str, str]) -> Shown:
    metadata = full_metadata.parse(one.metadata_bytes())
    entries = one.entries()
    return Shown(
        distribution=one,
        metadata=metadata,
        homepage=metadata.first_of("Home-page") or _homepage(metadata.all_of("Project-URL")),
        requires=sorted({need.given_name for need in needs(one.metadata(), markers)}, key=str.lower),
        required_by=sorted(required_by, key=str.lower),
        entry_points=(one.text_of("entry_points.txt") or "").splitlines(),
        files=None if entries is None else sorted(entries),
    )


def _homepage(project_urls: Iterable[str]) -> str:
    """The URL whose label says that it is the homepage (PEP 753).

    >>> _homepage(["Docs, https://docs.example", "Home-Page, https://six.example"])
    'https://six.example'
    """
    for labelled in project_urls:
        label, _, url = labelled.partition(",")
        if label.translate(_MARKS).lower() == "homepage":
            return url.strip()
    return ""
