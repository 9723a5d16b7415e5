"""`requires.txt` of egg-info folders: what a project needs, by sections, as setuptools writes it."""

from __future__ import annotations

from collections.abc import Iterator

from freewheel.model.artifact import normalize


def requirements(text: str) -> tuple[str, ...]:
    """Every line as a dependency specifier (PEP 508), with its section's extra and condition as a marker.

    >>> requirements("six\\n\\n[Test]\\npytest>=7\\n\\n[:python_version<'3']\\nfutures")
    ('six', 'pytest>=7 ; extra == "test"', "futures ; python_version<'3'")
    """
    return tuple(f"{need} ; {marker}" if marker else need for need, _, marker in _entries(text))


def extras(text: str) -> tuple[str, ...]:
    """The extras that have sections of their own, each once and normalized.

    >>> extras("six\\n[Test:os_name=='nt']\\na\\n[test]\\nb")
    ('test',)
    """
    return tuple(dict.fromkeys(extra for _, extra, _ in _entries(text) if extra))


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """Each requirement with the extra it belongs to and its whole marker, both empty where there is none."""
    extra = marker = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            name, _, condition = line[1:-1].partition(":")
            extra = normalize(name.strip())
            conditions = [f"({condition})" if extra else condition] if condition else []
            marker = " and ".join([*conditions, *([f'extra == "{extra}"'] if extra else [])])
        elif line and not line.startswith("#"):
            yield line, extra, marker
