"""Where the files are that a lock file names, read and written: paths are seen from the lock file (PEP 751)."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from urllib.parse import quote, urlsplit

from msgspec import Struct

from freewheel.model import url as urls


class LockPlace(Struct, frozen=True, kw_only=True):
    """A lock file's own place: an absolute path, or a URL without credentials of one that is elsewhere."""

    location: str
    is_remote: bool

    def url(self, *, path: str | None, url: str | None) -> str:
        """The absolute URL of a file or repository, its path before its URL; ValueError where there can be none.

        What lies elsewhere may name nothing on this machine, and by path nothing on another one.
        """
        if path is not None:
            return self._by_path(path)
        if url is None or not urls.is_url(url) or not urls.is_well_formed(url):
            raise ValueError(f"its URL is no URL: {urls.redacted(url or '')}")
        if self.is_remote and urls.is_local(url):
            raise ValueError(f"a lock file behind a URL may not name a file of this machine: {url}")
        return url

    def folder(self, path: str, subdirectory: str | None) -> str:
        """The `file:` URL of a folder; ValueError."""
        if self.is_remote:
            raise ValueError("a lock file behind a URL cannot name a folder")
        return urls.from_path(self._local(path) / (subdirectory or ""))

    def _by_path(self, path: str) -> str:
        if not self.is_remote:
            return urls.from_path(self._local(path))
        if _is_absolute(path) or urls.is_url(path):
            raise ValueError(f"a lock file behind a URL cannot name an absolute path: {path}")
        found = urls.join(self.location, quote(path.replace("\\", "/"), safe="/%+~"))
        base = urlsplit(self.location)
        if urlsplit(found)[:2] != base[:2]:
            raise ValueError(f"its path leads to another place: {path}")
        return found

    def _local(self, path: str) -> Path:
        native = path if os.name == "nt" else path.replace("\\", "/")
        return Path(os.path.normpath(Path(self.location).parent / native))


def path_below(url: str, folder: Path | None) -> str | None:
    """The way from a lock file's folder to what a `file:` URL names, where that lies in it; with forward slashes.

    None for everything else, and without a folder: what does not move with the lock file is named in full.
    """
    if folder is None or not urls.is_local(url):
        return None
    path = Path(urls.to_path(url, windows=os.name == "nt"))
    # As they are written, and as they are without links: a folder may be reached by both.
    for place, start in ((path, folder), (path.parent.resolve() / path.name, folder.resolve())):
        if place.is_relative_to(start):
            return place.relative_to(start).as_posix()
    return None


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or PureWindowsPath(path).is_absolute()
