"""The client of one index: a project's page over HTTP or from a folder, once a run."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from freewheel.errors import IndexPageError
from freewheel.events import Noted, Reporter
from freewheel.httpcache.message import Headers, Request
from freewheel.index import representation
from freewheel.index.link_credentials import places
from freewheel.index.missing import missing_folder
from freewheel.index.once import Once
from freewheel.index.page import ProjectPage
from freewheel.index.protocol import NoSuchProject
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName
from freewheel.model.url import Credentials
from freewheel.net.bodies import read_within
from freewheel.net.protocol import Reply, Transport
from freewheel.net.statuses import ABSENT, refusal

NoteCredentials = Callable[[str, Credentials], None]
"""Hears of credentials, and the URL that they hold near."""


class SimpleIndex:
    """An index of the simple repository API, at an `https:`, `http:` or `file:` URL.

    Credentials in `url` are taken out: sending them is the transport's business. `written` is the path that somebody
    wrote in its stead, if it was one. `note_credentials` is told of those in links.
    """

    def __init__(
        self,
        *,
        url: str,
        transport: Transport,
        reporter: Reporter,
        written: str | None = None,
        note_credentials: NoteCredentials | None = None,
    ) -> None:
        self._url, _ = urls.split_credentials(url)
        self._written = written
        self._shown = urls.redacted(url)
        self._transport = transport
        self._note_credentials = note_credentials
        self._reporter = reporter
        self._pages: Once[NormalizedName, ProjectPage | NoSuchProject] = Once()
        self._anew: Once[NormalizedName, ProjectPage | NoSuchProject] = Once()
        self._stored: dict[NormalizedName, bool] = {}  # absent: not from the store; False: validated since

    @property
    def shown(self) -> str:
        """The root, passwords masked."""
        return self._shown

    def page(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The project's page, asked for once; raises NetworkError, IndexFolderMissing, IndexPageError."""
        if self._stored.get(project) is False:
            return self.page_anew(project)
        return self._pages.get(project, lambda: self._read(project))

    def page_anew(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The project's page, validated; one request more at most in a run."""
        self._stored[project] = False
        return self._anew.get(project, lambda: self._read(project, is_validated=True))

    def may_have_changed(self, project: NormalizedName) -> bool:
        """Whether the page came from the store, and was not validated since."""
        return self._stored.get(project, False)

    def _read(self, project: NormalizedName, *, is_validated: bool = False) -> ProjectPage | NoSuchProject:
        url = urls.project_page(self._url, project)
        page = get_page(
            url, transport=self._transport, is_validated=is_validated, note_credentials=self._note_credentials
        )
        if page.was_stored:
            self._stored.setdefault(project, True)
        if isinstance(page, NoSuchProject):
            if urls.is_local(url) and (missing := missing_folder(self._url, url, written=self._written)) is not None:
                raise missing
            self._reporter.emit(Noted(message=f"{self._shown} has no project {project}: {page.reason}."))
        return page


def get_page(
    url: str,
    *,
    transport: Transport,
    is_validated: bool = False,
    note_credentials: NoteCredentials | None = None,
) -> ProjectPage | NoSuchProject:
    """Read the page at `url` (no credentials): one request, and whatever redirects the transport follows.

    Where a stored page cannot be read, a second one: what an index in trouble sent must not stand as long as it is
    fresh.

    `is_validated` asks the origin even where a stored answer is fresh (RFC 9111 §5.2.1.4). Raises
    NetworkError (AccessDenied, UnexpectedStatus), IndexPageError.
    """
    headers = Headers((("Accept", representation.ACCEPT), ("Accept-Encoding", representation.ACCEPT_ENCODING)))
    if is_validated:
        headers = headers.plus("Cache-Control", "no-cache")
    reply = transport.send(Request(url=url, headers=headers))
    try:
        if reply.response.status in ABSENT:
            reason = "there is no page" if urls.is_local(url) else f"the status is {reply.response.status}"
            return NoSuchProject(reason=reason, was_stored=_was_stored(reply))
        if (error := refusal(reply)) is not None:
            raise error
        content = read_within(reply.body, representation.LARGEST_PAGE)
    finally:
        reply.body.close()
    if content is None:
        raise IndexPageError(
            url=reply.url,
            content_type=reply.response.headers.get("Content-Type") or "",
            reason=f"it has more than {representation.LARGEST_PAGE} bytes",
        )
    try:
        page = representation.read(content, reply.response.headers, url=reply.url)
    except IndexPageError:
        if is_validated or not _was_stored(reply):
            raise
        return get_page(url, transport=transport, is_validated=True, note_credentials=note_credentials)
    if note_credentials is not None:
        for place, credentials in places(page.files):
            note_credentials(place, credentials)
    return replace(page, was_stored=_was_stored(reply))


def _was_stored(reply: Reply) -> bool:
    return reply.cache_status is not None and reply.cache_status.hit
