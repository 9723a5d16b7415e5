"""`freeze`: what an environment has, as requirements that bring it about again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeAlias

from packaging.version import InvalidVersion, Version

from freewheel.commands.freeze_order import OrderFile, in_order, projects_in
from freewheel.install.installed import InstalledDistribution
from freewheel.model import direct_url
from freewheel.model.artifact import NormalizedName

INSTALLERS = frozenset(NormalizedName(name) for name in ("pip", "setuptools", "wheel", "distribute"))
"""What belongs to an environment rather than to a project in it, as in pip; setuptools and wheel until 3.11."""


EditableLines: TypeAlias = Callable[[str, str, str], Iterable[str]]
"""The lines for an editable project by its folder, its name, and its name with its version."""


def frozen(
    distributions: Iterable[InstalledDistribution],
    *,
    hidden: Collection[NormalizedName] = (),
    files: Sequence[OrderFile] = (),
    editable_lines: EditableLines | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """A requirement for each distribution, in the order given; with `files`, in the order that they have.

    As in pip, what is `hidden` is shown all the same where a file names it. Without `editable_lines` nobody looks
    whether an editable project's folder belongs to a repository.
    """
    lines = {one.project: tuple(_lines(one, editable_lines or folder_lines)) for one in distributions}
    if not files:
        yield from (line for project, shown in lines.items() if project not in hidden for line in shown)
        return
    named = {project for file in files for project in projects_in(file)}
    kept = {project: shown for project, shown in lines.items() if project in named or project not in hidden}
    yield from in_order(files, kept, warn=warn)


def hidden_installers(python_version: str) -> frozenset[NormalizedName]:
    """The installers that `freeze` leaves out in a Python such as `3.12`."""
    return INSTALLERS if Version(python_version) < Version("3.12") else frozenset({NormalizedName("pip")})


def _lines(one: InstalledDistribution, editable_lines: EditableLines) -> Iterator[str]:
    if one.editable_project is not None:
        yield from editable_lines(one.editable_project, one.name, _pinned(one))
        return
    origin = one.origin
    yield _pinned(one) if origin is None else f"{one.name} @ {direct_url.reference(origin)}"


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
