"""What a URL is asked for: as a page, a file or its metadata, and of which project, which the URL alone decides."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from freewheel.httpcache.message import Headers, Request
from freewheel.model import url as urls
from freewheel.model.artifact import normalize, sdist_stem

NO_PROJECT = "_"
"""The partition of what belongs to no project."""

FILE_FIELDS = Headers((("Accept", "*/*"), ("Accept-Encoding", "identity")))
"""How a file is asked for: it is compressed already, and its digest is that of the file, not of a coding of it."""

_METADATA = ".metadata"
_NORMALIZED = re.compile(r"[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?")


class Purpose(Struct, frozen=True, kw_only=True):
    """What is asked for; `project` is a normalized name, or `_`. It names the partition of what is stored.

    `subject` is what a person calls it: a file's name, or a page's URL.
    """

    kind: Literal["page", "download", "metadata"]
    project: str
    subject: str


@lru_cache(maxsize=1024)
def purpose_of(url: str, *, is_file: bool = False) -> Purpose:
    """Read from the path what a URL is asked for; `is_file` tells that it is a file whatever its path looks like.

    The project does not depend on `is_file`: a URL has one partition.

    >>> purpose_of("https://files.example/ab/Foo_Bar-1.0-py3-none-any.whl.metadata")
    Purpose(kind='metadata', project='foo-bar', subject='Foo_Bar-1.0-py3-none-any.whl.metadata')
    >>> purpose_of("https://index.example/simple/foo-bar/").project
    'foo-bar'
    >>> purpose_of("https://example.org/requirements.txt").project
    '_'
    """
    bare, _ = urls.split_credentials(urls.without_fragment(url))
    filename = urls.filename(bare)
    archive = filename.removesuffix(_METADATA)
    name = _project_of_archive(archive)
    if name is not None:
        kind: Literal["download", "metadata"] = "download" if archive == filename else "metadata"
        return Purpose(kind=kind, project=_partition(name), subject=filename)
    is_folder = urlsplit(bare).path.endswith("/")
    project = _partition(filename) if is_folder else NO_PROJECT
    if is_file:
        return Purpose(kind="download", project=project, subject=filename or bare)
    return Purpose(kind="page", project=project, subject=bare)


def purpose_of_request(request: Request) -> Purpose:
    """What a request of an installer's is for: who asks for a page names the media types that it can read."""
    return purpose_of(request.url, is_file=request.headers.get("Accept") == "*/*")


def _project_of_archive(filename: str) -> str | None:
    if filename.endswith(".whl"):
        return filename.partition("-")[0]
    stem = sdist_stem(filename)
    return None if stem is None else stem.rpartition("-")[0]


def _partition(name: str) -> str:
    normalized = normalize(name)
    return normalized if _NORMALIZED.fullmatch(normalized) else NO_PROJECT
