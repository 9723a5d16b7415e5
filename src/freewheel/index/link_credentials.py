"""Credentials that stand in the links of a page, as in `https://user:password@host/six-1.0.zip`: where they hold."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from freewheel.index.page import PageFile
from freewheel.model import url as urls
from freewheel.model.url import Credentials


def places(files: Iterable[PageFile]) -> Iterator[tuple[str, Credentials]]:
    """URLs with the credentials for what lies nearest to them: a few, where many files have the same.

    Those of one server with the same credentials share the folder that all of them lie in; where a server's files
    have different ones, or nothing but its root in common, each file stands for itself.
    """
    by_server: dict[str, dict[Credentials, list[str]]] = {}
    for file in files:
        if file.credentials is not None:
            found = by_server.setdefault(urls.join(file.url, "/"), {})
            found.setdefault(file.credentials, []).append(file.url)
    for root, found in by_server.items():
        for credentials, members in found.items():
            folder = posixpath.commonpath([urlsplit(url).path.rpartition("/")[0] or "/" for url in members])
            shared = [urls.join(root, urls.with_slash(folder))] if len(found) == 1 and folder != "/" else members
            yield from ((url, credentials) for url in shared)
