"""`freeze`: what an environment has, as requirements that bring it about again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.version import InvalidVersion, Version

from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import NormalizedName

INSTALLERS = frozenset(NormalizedName(name) for name in ("pip", "setuptools", "wheel", "distribute"))
"""What belongs to an environment rather than to a project in it, as in pip; setuptools and wheel until 3.11."""


def frozen(
    distributions: Iterable[InstalledDistribution],
    *,
    python_version: str,
    with_installers: bool,
    editable_lines: Callable[[str, str, str], Iterable[str]] | None = None,
) -> Iterator[str]:
    """A requirement for each distribution, in the order given; `python_version` is such as `3.12`.

    `editable_lines` gives those for an editable project by its folder, its name, and its name with its version;
    without it nobody looks whether the folder belongs to a repository.
    """
    is_old = Version(python_version) < Version("3.12")
    hidden = INSTALLERS if is_old else frozenset({NormalizedName("pip")})
    for one in distributions:
        if with_installers or one.project not in hidden:
            if one.editable_project is not None:
                yield from (editable_lines or folder_lines)(one.editable_project, one.name, _pinned(one))
            else:
                reference = _direct_reference(one.origin)
                yield f"{one.name} @ {reference}" if reference else _pinned(one)


def folder_lines(folder: str, _name: str, pinned: str) -> Iterator[str]:
    """What is said of an editable project that belongs to no repository."""
    yield f"# Editable install with no version control ({pinned})"
    yield f"-e {folder}"


def _pinned(one: InstalledDistribution) -> str:
    return f"{one.name}{_equal(one.version)}{one.version}"


def _equal(version: str) -> str:
    """The operator that means this very version: `===` for one that PEP 440 does not know."""
    try:
        Version(version)
    except InvalidVersion:
        return "==="
    return "=="


def _direct_reference(origin: Mapping[str, object]) -> str | None:
    """The URL that a distribution came from, with its digest; None for one from an index (PEP 440, 610)."""
    url = origin.get("url")
    if not isinstance(url, str):
        return None
    repository, archive = (_table(origin.get(name)) for name in ("vcs_info", "archive_info"))
    if repository:
        url = f"{repository.get('vcs')}+{url}@{repository.get('commit_id')}"
    parts = [str(archive["hash"])] if archive.get("hash") else []
    if subdirectory := origin.get("subdirectory"):
        parts.append(f"subdirectory={subdirectory}")
    return url + (f"#{'&'.join(parts)}" if parts else "")


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
