"""One thing that the cache holds, in the words of its listings; what people see, select, limit and remove."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

KINDS: Final = ("wheels", "downloads", "pages", "metadata", "trees", "resolutions", "repositories", "other")
"""What things are told apart by; `other` is what only this program makes sense of."""


class Holding(Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """A thing that is kept or goes as a whole; 100,000 of them take 70 MB, for which some parts are shared.

    `project` is a normalized name; it and `version` are empty where there is none. `origin` is where it came from:
    a URL without credentials, empty where that is not known. `folder` and `entry` are where it lies. `size` is what
    it is about, `own` what lies in its place and nowhere else, both in bytes; what its `blobs` (SHA-256 digests)
    take is not in `own`, as others may need them too. `made` and `last_use` are in seconds since the epoch, `made`
    None where nobody noted it. `effort` is how long it took to make, in seconds, as far as that is known. A pointer
    only says which blob has a digest. `digest` (`sha256:...`) is that of a built wheel, or of the wheel that a tree
    was. What is private was got with credentials, or from a server that was not
    verified.
    """

    kind: str
    project: str
    version: str
    origin: str
    folder: str
    entry: str
    size: int
    own: int
    made: float | None
    last_use: float
    effort: float = 0.0
    blobs: tuple[bytes, ...] = ()
    called: str | None = None
    digest: str = ""
    is_damaged: bool = False
    is_pointer: bool = False
    is_private: bool = False

    def bare(self) -> Holding:
        """The same without its origin, which takes a quarter of its memory and is of use to listings alone."""
        return replace(self, origin="", called="")

    @property
    def name(self) -> str:
        """A file name, or what a person would call it: what it is `called`, else the last part of its origin."""
        return last_part(self.origin) if self.called is None else self.called

    @property
    def place(self) -> str:
        """The file or the folder that holds it."""
        return f"{self.folder}{os.sep}{self.entry}"


def last_part(url: str) -> str:
    """The last part of a URL's path, decoded.

    >>> last_part("https://example.org/a/six%2B1.whl?x=1"), last_part("https://example.org/six/")
    ('six+1.whl', 'six')
    """
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return unquote(name) if "%" in name else name
