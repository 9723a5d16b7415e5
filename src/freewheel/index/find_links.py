"""Archives that lie about: folders, single files and HTML pages named by `--find-links`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from msgspec import Struct

from freewheel.events import Reporter, Warned
from freewheel.index.client import NoteCredentials, ask_for_page, taken_apart
from freewheel.index.missing import NO_PATH, NOT_THERE, ignored
from freewheel.index.once import Once
from freewheel.index.page import PageFile, ProjectPage, page_file, possible_projects
from freewheel.index.protocol import ABSENCE, NoSuchProject
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName, sdist_stem
from freewheel.model.digest import sha256_of
from freewheel.net.protocol import Transport

_PAGE_SUFFIXES = (".html", ".htm")

_ByProject = Mapping[NormalizedName, Sequence[PageFile]]
"""Files by each project that they may belong to."""


class _Listing(Struct, frozen=True, kw_only=True):
    """What one location has: archives, which lie there themselves, and pages, which list archives."""

    archives: Sequence[PageFile] = ()
    pages: Sequence[str] = ()


class FindLinks:
    """All locations together as one index; folders are read and pages asked for once a run, and nothing is kept.

    A location is an absolute path, or a URL; one that does not exist is warned of and passed over. `written` has the
    paths that somebody wrote in the stead of some. `note_credentials` is told of those in pages' links.
    """

    def __init__(
        self,
        *,
        locations: Sequence[str],
        transport: Transport,
        reporter: Reporter,
        written: Mapping[str, str] | None = None,
        note_credentials: NoteCredentials | None = None,
    ) -> None:
        self._locations = tuple(dict.fromkeys(locations))
        self._written = written or {}
        self._transport = transport
        self._note_credentials = note_credentials
        self._reporter = reporter
        self._may_be_kept = True
        self._found: Once[None, _ByProject] = Once()

    @property
    def shown(self) -> str:
        """Every location, passwords masked."""
        return ", ".join(urls.redacted(location) for location in self._locations)

    def page(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The files that may be the project's; raises NetworkError, IndexPageError."""
        files = self._found.get(None, self._look).get(project)
        if files is None:
            return NoSuchProject(reason="no file there bears its name")
        return ProjectPage(files=tuple(files))

    def digest(self, project: NormalizedName) -> str:
        """The digest of what is known of its files; raises as `page`."""
        page = self.page(project)
        return ABSENCE if isinstance(page, NoSuchProject) else str(sha256_of(repr(page.files).encode()))

    def may_be_kept(self, project: NormalizedName) -> bool:  # noqa: ARG002 - nobody knows which page a file is from
        """Whether what the pages say may outlast the run."""
        return self._may_be_kept

    def has_credentials(self, project: NormalizedName) -> bool:  # noqa: ARG002 - everything is read in each run
        """Nothing that one run would know and another not."""
        return False

    def page_anew(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The same: that a file is not there is no answer of earlier."""
        return self.page(project)

    def may_have_changed(self, project: NormalizedName) -> bool:  # noqa: ARG002 - one look at all of it a run
        """Never: archives that lie about are not looked at again."""
        return False

    def _look(self) -> _ByProject:
        """In pip's order, which decides among equals: archives, by URL backwards, then what the pages list."""
        listings = [self._listing(location) for location in self._locations]
        archives = sorted(
            chain.from_iterable(listing.archives for listing in listings), key=lambda file: file.url, reverse=True
        )
        pages = dict.fromkeys(chain.from_iterable(listing.pages for listing in listings))
        return _by_project(chain(archives, chain.from_iterable(map(self._files_of_page, pages))))

    def _listing(self, location: str) -> _Listing:
        if urls.is_url(location) and not urls.is_local(location):
            url, _ = urls.split_credentials(location)
            file = page_file(base=url, reference=url)
            if file is not None and _is_archive(file.filename):
                return _Listing(archives=(file,))
            return _Listing(pages=(url,))
        try:
            is_windows = os.name == "nt"
            path = Path(urls.to_path(location, windows=is_windows) if urls.is_url(location) else location)
            return _local_listing(path)
        except (OSError, ValueError) as error:
            written = self._written.get(location)
            self._warn(written or location, _why(error, is_path=written is not None))
            return _Listing()

    def _files_of_page(self, url: str) -> tuple[PageFile, ...]:
        sent = ask_for_page(url, transport=self._transport)
        page = (
            sent
            if isinstance(sent, NoSuchProject)
            else taken_apart(sent, transport=self._transport, note_credentials=self._note_credentials)
        )
        self._may_be_kept &= isinstance(sent, NoSuchProject) or sent.may_be_kept
        if isinstance(page, NoSuchProject):
            self._warn(url, page.reason)
            return ()
        return page.files

    def _warn(self, location: str, reason: str) -> None:
        self._reporter.emit(Warned(message=ignored(urls.redacted(location), reason)))


def _why(error: OSError | ValueError, *, is_path: bool) -> str:
    """Why there is nothing at a location that was written as a path or as a URL."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NO_PATH if is_path else NOT_THERE
    return (isinstance(error, OSError) and error.strerror) or "it is no absolute path here"


def _by_project(files: Iterable[PageFile]) -> _ByProject:
    """A table, so that a project costs one look-up and not a walk over all files."""
    table: dict[NormalizedName, list[PageFile]] = {}
    for file in files:
        for project in possible_projects(file.filename):
            table.setdefault(project, []).append(file)
    return table


def _local_listing(path: Path) -> _Listing:
    """A folder's archives and pages, or a file as the only one; raises OSError when there is neither."""
    if not path.is_dir():
        path.stat()
        return _parted((path,))
    return _parted(path.iterdir())


def _parted(paths: Iterable[Path]) -> _Listing:
    archives: list[PageFile] = []
    pages: list[str] = []
    for path in paths:
        url = urls.from_path(path)
        if path.name.lower().endswith(_PAGE_SUFFIXES):
            pages.append(url)
        elif _is_archive(path.name):
            file = page_file(base=url, reference=url)
            archives.extend(() if file is None else (file,))
    return _Listing(archives=archives, pages=sorted(pages))


def _is_archive(filename: str) -> bool:
    return filename.endswith(".whl") or sdist_stem(filename) is not None
