"""Dependency groups of `pyproject.toml` files (PEP 735)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from msgspec import Struct, field
from packaging.dependency_groups import DependencyGroupResolver

from freewheel.commands.naming import parse_specifier
from freewheel.errors import DependencyGroupError
from freewheel.model import toml
from freewheel.model import url as urls
from freewheel.model.requirement import Origin, Requirement


class GroupName(Struct, frozen=True, kw_only=True):
    """A group, and the `pyproject.toml` that it stands in, as a person wrote it."""

    path: str
    group: str

    @property
    def origin(self) -> Origin:
        """Who asks for what the group has."""
        return Origin(text=f"--group {self.shown}:{self.group}", is_user=True)

    @property
    def shown(self) -> str:
        """The path without passwords, should it be a URL."""
        return urls.redacted(self.path)


class DependencyGroups(Struct, kw_only=True):
    """Reads each file once; `read` gives the text of a file (raises RequirementsFileError)."""

    read: Callable[[str, Origin], str]
    _known: dict[str, DependencyGroupResolver] = field(default_factory=dict)

    def requirements(self, name: GroupName) -> Iterator[Requirement]:
        """What a group and the groups that it includes ask for.

        Raises DependencyGroupError, MalformedToml, RequirementsFileError, MalformedRequirement.
        """
        try:
            known = self._known.get(name.path)
            if known is None:
                known = self._known[name.path] = DependencyGroupResolver(self._table(name))
            found = known.resolve(name.group)
        except ExceptionGroup as errors:
            raise _unusable(name, "; ".join(str(error) for error in errors.exceptions)) from errors
        for requirement in found:
            yield parse_specifier(str(requirement), origin=name.origin)

    def _table(self, name: GroupName) -> dict[str, list[str | dict[str, str]]]:
        document = toml.parse(self.read(name.path, name.origin), path=name.shown, origin=str(name.origin))
        if "dependency-groups" not in document:
            raise _unusable(name, f"[dependency-groups] table was missing from '{name.shown}'")
        table = document["dependency-groups"]
        if not isinstance(table, dict):
            raise _unusable(name, f"[dependency-groups] table was malformed in {name.shown}")
        # The resolver looks at everything below.
        return cast("dict[str, list[str | dict[str, str]]]", table)


def _unusable(name: GroupName, reason: str) -> DependencyGroupError:
    return DependencyGroupError(origin=str(name.origin), path=name.shown, group=name.group, reason=reason)
