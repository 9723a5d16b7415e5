"""Which folder lies in which, whatever they are called: links are followed."""

from __future__ import annotations

import os
from collections.abc import Iterable


def real(folders: Iterable[str]) -> tuple[str, ...]:
    """The folders by the names that no link leads to, each once."""
    return tuple(dict.fromkeys(map(os.path.realpath, folders)))


def is_below(folder: str, root: str) -> bool:
    """Whether a folder is `root` or lies in it; follows the links of both. Nothing lies in an empty `root`."""
    return bool(root) and is_inside(os.path.realpath(folder), real([root]))


def is_inside(folder: str, roots: Iterable[str]) -> bool:
    """Whether a folder is one of `roots` or lies in one, by names that are real already.

    >>> [is_inside(folder, ["/env", "/"]) for folder in ("/env", "/other")], is_inside("/environment", ["/env"])
    ([True, True], False)
    """
    return any(folder == root or folder.startswith(root.rstrip(os.sep) + os.sep) for root in roots)
