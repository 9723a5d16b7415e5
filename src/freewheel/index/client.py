"""The client of one index: a project's page over HTTP or from a folder, once a run."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from freewheel.errors import IndexPageError
from freewheel.events import Noted, Reporter
from freewheel.httpcache.cache_control import of_response
from freewheel.httpcache.message import Headers, Request
from freewheel.index import representation
from freewheel.index.link_credentials import places
from freewheel.index.missing import missing_folder
from freewheel.index.once import Once
from freewheel.index.page import ProjectPage
from freewheel.index.protocol import ABSENCE, NoSuchProject
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName
from freewheel.model.digest import Digest, sha256_of
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
        self._sent: Once[NormalizedName, SentPage | NoSuchProject] = Once()
        self._unkept: set[NormalizedName] = set()
        self._with_credentials: set[NormalizedName] = set()
        self._digests: dict[NormalizedName, str] = {}
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

    def digest(self, project: NormalizedName) -> str:
        """What the project's page says, as a digest: nothing is taken apart; raises as `page`."""
        if project not in self._digests:
            self._sent.get(project, lambda: self._ask(project))
        return self._digests[project]

    def may_be_kept(self, project: NormalizedName) -> bool:
        """Whether what the page says may outlast the run (RFC 9111 §5.2.2.5)."""
        return project not in self._unkept

    def has_credentials(self, project: NormalizedName) -> bool:
        """Whether credentials were found in the links of the page, which only taking it apart tells of."""
        return project in self._with_credentials

    def page_anew(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The project's page, validated; one request more at most in a run."""
        self._stored[project] = False
        return self._anew.get(project, lambda: self._read(project, is_validated=True))

    def may_have_changed(self, project: NormalizedName) -> bool:
        """Whether the page came from the store, and was not validated since."""
        return self._stored.get(project, False)

    def _read(self, project: NormalizedName, *, is_validated: bool = False) -> ProjectPage | NoSuchProject:
        if is_validated:
            sent = self._ask(project, is_validated=True)
        else:
            sent = self._sent.get(project, lambda: self._ask(project))
        if isinstance(sent, NoSuchProject):
            return sent
        self._sent.forget(project)  # what was taken apart is not needed as it came
        page = taken_apart(sent, transport=self._transport, note_credentials=self._note_credentials)
        if isinstance(page, ProjectPage) and any(file.credentials is not None for file in page.files):
            self._with_credentials.add(project)
        return page

    def _ask(self, project: NormalizedName, *, is_validated: bool = False) -> SentPage | NoSuchProject:
        url = urls.project_page(self._url, project)
        sent = ask_for_page(url, transport=self._transport, is_validated=is_validated)
        if sent.was_stored:
            self._stored.setdefault(project, True)
        if isinstance(sent, NoSuchProject):
            if urls.is_local(url) and (missing := missing_folder(self._url, url, written=self._written)) is not None:
                raise missing
            self._reporter.emit(Noted(message=f"{self._shown} has no project {project}: {sent.reason}."))
        if not (isinstance(sent, NoSuchProject) or sent.may_be_kept):
            self._unkept.add(project)
        self._digests[project] = ABSENCE if isinstance(sent, NoSuchProject) else sent.digest
        return sent


class SentPage(Struct, frozen=True, kw_only=True):
    """A page as it came, not yet taken apart; `url` (no credentials) is where it was in the end."""

    url: str
    headers: Headers
    content: bytes
    was_stored: bool
    is_validated: bool
    blob: Digest | None = None

    @property
    def may_be_kept(self) -> bool:
        """Whether what it says may outlast the run (RFC 9111 §5.2.2.5)."""
        return not of_response(self.headers).forbids_storing

    @property
    def digest(self) -> str:
        """What tells pages apart: the SHA-256 digest of the content, and what says how that is to be read."""
        blob = self.blob or sha256_of(self.content)
        how = (self.headers.get("Content-Type") or "", *self.headers.get_all("Content-Encoding"))
        return " ".join((str(blob), self.url, *how))


def taken_apart(
    sent: SentPage, *, transport: Transport, note_credentials: NoteCredentials | None = None
) -> ProjectPage | NoSuchProject:
    """What a page says. Raises IndexPageError; and as `ask_for_page`.

    Where a stored page cannot be read it is asked for again: what an index in trouble sent must not stand as long as
    it is fresh.
    """
    try:
        page = representation.read(sent.content, sent.headers, url=sent.url)
    except IndexPageError:
        if sent.is_validated or not sent.was_stored:
            raise
        again = ask_for_page(sent.url, transport=transport, is_validated=True)
        if isinstance(again, NoSuchProject):
            return again
        return taken_apart(again, transport=transport, note_credentials=note_credentials)
    if note_credentials is not None:
        for place, credentials in places(page.files):
            note_credentials(place, credentials)
    return replace(page, was_stored=sent.was_stored)


def ask_for_page(url: str, *, transport: Transport, is_validated: bool = False) -> SentPage | NoSuchProject:
    """Ask for the page at `url` (no credentials): one request, and whatever redirects the transport follows.

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
    return SentPage(
        url=reply.url,
        headers=reply.response.headers,
        content=content,
        was_stored=_was_stored(reply),
        is_validated=is_validated,
        blob=reply.body.blob,
    )


def _was_stored(reply: Reply) -> bool:
    return reply.cache_status is not None and reply.cache_status.hit
