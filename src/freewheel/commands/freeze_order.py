"""`freeze -r`: requirements in the order of files, with the files' comments and options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from freewheel.commands.requirements_text import parse_line
from freewheel.errors import MalformedRequirement, UsageError
from freewheel.model import requirement as requirements
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName, normalize

ADDED = "## The following requirements were added by pip freeze:"
"""The line before what stands in no file, word for word as scripts know it."""

_COMMENT = re.compile(r"(^|\s+)#.*$")
_EDITABLE = re.compile(r"(?:-e|--editable)[\s=]*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
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
        for line in _lines(file.text):
            requirement = _requirement_on(line)
            if requirement is None:
                if line.rstrip() not in told:
                    told.add(line.rstrip())
                    yield line.rstrip()
                continue
            project = _project(requirement)
            if project is None:
                warn(
                    f"Skipping line in requirement file [{file.path}] because it's not clear what it would install: "
                    f"{urls.redacted(line.strip())}"
                )
            elif project in left:
                yield from left.pop(project)
                seen.setdefault(project, []).append(file.path)
            elif project in seen:
                seen[project].append(file.path)
            else:
                warn(
                    f"Requirement file [{file.path}] contains {urls.redacted(requirement)}, but package "
                    f"{project!r} is not installed"
                )
    for project, paths in seen.items():
        if len(paths) > 1:
            warn(f"Requirement {project} included multiple times [{', '.join(sorted(set(paths)))}]")
    yield ADDED
    for lines in left.values():
        yield from lines


def projects_in(file: OrderFile) -> Iterator[NormalizedName]:
    """The projects that a file names, in its order."""
    for line in _lines(file.text):
        requirement = _requirement_on(line)
        project = None if requirement is None else _project(requirement)
        if project is not None:
            yield project


def _lines(text: str) -> Iterator[str]:
    r"""Lines as they stand, but those that a backslash continues are one."""
    joined = ""
    for line in text.splitlines():
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            joined += line[:-1]
            continue
        yield joined + line
        joined = ""
    if joined:
        yield joined


def _requirement_on(line: str) -> str | None:
    """The requirement on a line; None for comments, options and empty lines."""
    text = _COMMENT.sub("", line).strip()
    editable = _EDITABLE.fullmatch(text)
    if editable is not None:
        return editable[1]
    return None if not text or text.startswith("-") else text


def _project(requirement: str) -> NormalizedName | None:
    """The project that a requirement names, by name or by `#egg=`; None for a path alone."""
    try:
        text, _ = parse_line(requirement)
        if urls.is_url(text):
            named = parse_qs(urlsplit(text).fragment).get("egg")
            return normalize(named[0].partition("[")[0]) if named else None
        return requirements.parse(text).name
    except (MalformedRequirement, UsageError, ValueError):
        return None
