"""`freeze -r`: requirements in the order of files, with the files' comments and options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from freewheel.commands.requirements_text import LogicalLine, all_lines, read_line
from freewheel.errors import MalformedRequirement, UsageError
from freewheel.model import requirement as requirements
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName, normalize

ADDED = "## The following requirements were added by pip freeze:"
"""The line before what stands in no file, word for word as scripts know it."""


class OrderFile(Struct, frozen=True, kw_only=True):
    """A requirements file: its path as it was given, and its text."""

    path: str
    text: str


def in_order(
    files: Sequence[OrderFile],
    frozen: Mapping[NormalizedName, Sequence[str]],
    *,
    warn: Callable[[str], None],
) -> Iterator[str]:
    """The lines of `files`, each requirement as it is installed, and then the rest of `frozen`.

    Lines that are no requirement come as they are, each once. `warn` is told of what is not installed, of what stands
    there several times, and of what names no project.
    """
    left, told = dict(frozen), set[str]()
    seen: dict[NormalizedName, list[str]] = {}
    for file in files:
        for line in all_lines(file.text):
            named = _named_on(line)
            if named is None:
                said = line.raw.rstrip()
                if said not in told:
                    told.add(said)
                    yield said
            elif named.project is None:
                warn(
                    f"Skipping line in requirement file [{file.path}] because it's not clear what it would install: "
                    f"{urls.redacted(line.raw.strip())}"
                )
            elif named.project in left:
                yield from left.pop(named.project)
                seen.setdefault(named.project, []).append(file.path)
            elif named.project in seen:
                seen[named.project].append(file.path)
            else:
                warn(
                    f"Requirement file [{file.path}] contains {urls.redacted(named.text)}, but package "
                    f"{named.project!r} is not installed"
                )
    for project, paths in seen.items():
        if len(paths) > 1:
            warn(f"Requirement {project} included multiple times [{', '.join(sorted(set(paths)))}]")
    yield ADDED
    for lines in left.values():
        yield from lines


def projects_in(file: OrderFile) -> Iterator[NormalizedName]:
    """The projects that a file names, in its order."""
    for line in all_lines(file.text):
        named = _named_on(line)
        if named is not None and named.project is not None:
            yield named.project


class _Named(Struct, frozen=True, kw_only=True):
    """A requirement as it stands, and the project that it names by name or by `#egg=`; None for a path alone."""

    text: str
    project: NormalizedName | None


def _named_on(line: LogicalLine) -> _Named | None:
    """The requirement on a line; None for comments, options and empty lines."""
    if not line.text:
        return None
    try:
        parsed = read_line(line.text)
    except UsageError:
        return None if line.text.startswith("-") else _Named(text=line.text, project=None)
    if not parsed.requirement and not parsed.is_editable:
        return None
    text = parsed.requirement if parsed.is_editable else line.text
    return _Named(text=text, project=_project(parsed.requirement))


def _project(requirement: str) -> NormalizedName | None:
    try:
        if urls.is_url(requirement):
            named = parse_qs(urlsplit(requirement).fragment).get("egg")
            return normalize(named[0].partition("[")[0]) if named else None
        return requirements.parse(requirement).name
    except (MalformedRequirement, ValueError):
        return None
