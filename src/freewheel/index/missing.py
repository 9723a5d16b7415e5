"""Locations that are not there: what is the matter with them, and what is said of it, in pip's sentences."""

from __future__ import annotations

import os
from pathlib import Path

from freewheel.errors import IndexFolderMissing
from freewheel.model import url as urls

NOT_THERE = "it is neither a file nor a directory"
NO_PATH = "it is either a non-existing path or lacks a specific scheme"


def ignored(location: str, reason: str) -> str:
    """The warning of a location, which may be shown, that is passed over."""
    return f"Location '{location}' is ignored: {reason}."


def lacking_scheme(location: str) -> str:
    """What else is said of an index that was named by no URL."""
    return f'The index url "{location}" seems invalid, please provide a scheme.'


def missing_folder(root: str, page: str, *, written: str | None) -> IndexFolderMissing | None:
    """Why an index in a folder has no page at the `file:` URL `page`, where it should; None where it need not.

    `written` is the path that stands for the URL `root`, if one was given. Looks at the disk.
    """
    if (folder := _path(root)) is not None and not folder.is_dir():
        if folder.exists():
            reason = "it is a file, and no folder of an index"
        else:
            reason = NOT_THERE if written is None else NO_PATH
        return IndexFolderMissing(location=written or root, reason=reason, lacks_scheme=written is not None)
    if (project := _path(page)) is not None and project.is_dir():
        return IndexFolderMissing(location=page, reason="there is no index.html in it")
    return None


def _path(url: str) -> Path | None:
    try:
        return Path(urls.to_path(url, windows=os.name == "nt"))
    except ValueError:  # of another machine: reading it has said so
        return None
