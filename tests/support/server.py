"""A package index on loopback: a real HTTP/1.1 server with a log, whose every route can be told how to answer."""

from __future__ import annotations

import ssl
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Condition, Event, Lock
from types import TracebackType
from typing import Self, Unpack
from urllib.parse import unquote

import trustme

from tests.support.answers import Answer, Behaviour, RequestHead, Resource, Settings, answer
from tests.support.pages import (
    HTML_PAGE,
    JSON_PAGE,
    OLD_HTML_PAGE,
    Listed,
    choose_format,
    listed,
    project_page,
    root_page,
)
from tests.support.wire import LoopbackServer, exchanging

ALL_FORMATS = (JSON_PAGE, HTML_PAGE, OLD_HTML_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """A request, noted when it arrives, with the answer that it is going to get.

    `path` is the request target with its query, `response_bytes` how much of a body the server sets out to send;
    `status` is 0 where it hangs up before answering.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    status: int
    response_bytes: int

    def header(self, name: str) -> str | None:
        """The first value of a request field, or None."""
        return next((value for field_name, value in self.headers if field_name.lower() == name.lower()), None)


@dataclass(slots=True, kw_only=True)
class _Rule:
    """Settings for the routes that match; `left` counts the requests that it is still good for."""

    pattern: str
    settings: Settings
    left: int | None


@dataclass(slots=True)
class _State:
    """What requests read and tests change, under one lock."""

    lock: Lock = field(default_factory=Lock)
    arrival: Condition = field(init=False)
    files: dict[str, Listed] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    rules: list[_Rule] = field(default_factory=list)
    log: list[LoggedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.arrival = Condition(self.lock)


class IndexServer:
    """An index at `index_url`, while this context is open; inside, `stop` and `start` as often as wanted.

    `formats` are the content types of pages on offer, `file_base` comes before file names on pages (relative by
    default), and `clock` dates the answers. With `tls`, `ca_bundle` is the file that makes clients trust it: that of
    `authority`, or of a new one. The certificate is for `names` until it `expires`; a server that `wants_certificate`
    has clients show one from the same authority. Every method may be called while requests are being answered.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        authority: trustme.CA | None = None,
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        expires: datetime | None = None,
        wants_certificate: bool = False,
        formats: tuple[str, ...] = ALL_FORMATS,
        file_base: str = "../../files/",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.formats = formats
        self.file_base = file_base
        self.clock = clock
        self.port = 0
        self._state = _State()
        self._authority = authority or (trustme.CA() if tls else None)
        self._names = names
        self._expires = expires
        self._wants_certificate = wants_certificate
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: LoopbackServer | None = None
        self._stopping = Event()

    # Life

    def start(self) -> Self:
        """Listen; on the same port again after `stop`."""
        self._stopping.clear()
        self._server = LoopbackServer(
            self.port, exchanging(self._respond, self._stopping), self._stopping, self._tls()
        )
        self.port = self._server.port
        return self

    def stop(self) -> None:
        """Refuse connections and end those that there are; harmless when stopped."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    # Where it is

    @property
    def url(self) -> str:
        """The server's root, with a slash at its end."""
        return f"{'https' if self._authority else 'http'}://127.0.0.1:{self.port}/"

    @property
    def index_url(self) -> str:
        """The simple index."""
        return f"{self.url}simple/"

    def page_url(self, project: str) -> str:
        """A project's page."""
        return f"{self.index_url}{project}/"

    def file_url(self, filename: str) -> str:
        """An archive."""
        return f"{self.url}files/{filename}"

    @property
    def ca_bundle(self) -> Path:
        """The certificate of the authority that signed this server's, in a file."""
        if self._authority is None:
            raise ValueError("this server speaks plain HTTP")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="index-ca-")
        bundle = Path(self._folder.name, "ca.pem")
        self._authority.cert_pem.write_to_path(str(bundle))
        return bundle

    # Who is connected

    def connections(self) -> int:
        """How many connections are open."""
        return 0 if self._server is None else self._server.connections()

    def wait_until_idle(self, *, timeout: float = 60.0) -> None:
        """Return when nobody is connected any more; AssertionError after `timeout` seconds."""
        assert self._server is None or self._server.wait_until_idle(timeout), f"connections after {timeout} s"

    # What it has

    def add(
        self,
        path: Path,
        *,
        project: str | None = None,
        requires_python: str | None = None,
        yanked: str | bool = False,
        upload_time: str | None = None,
        hashes: bool | Mapping[str, str] = True,
        metadata: bool | Mapping[str, str] = True,
    ) -> str:
        """Offer an archive, or list it anew, and return its URL; the options are those of `pages.listed`."""
        entry = listed(
            path,
            project=project,
            requires_python=requires_python,
            yanked=yanked,
            upload_time=upload_time,
            hashes=hashes,
            metadata=metadata,
        )
        with self._state.lock:
            self._state.files[path.name] = entry
        return self.file_url(path.name)

    def add_folder(self, folder: Path) -> None:
        """Offer every wheel and sdist of a folder."""
        for path in sorted(folder.iterdir()):
            if path.name.endswith((".whl", ".tar.gz", ".zip")):
                self.add(path)

    def remove(self, filename: str) -> None:
        """Offer an archive no longer."""
        with self._state.lock:
            del self._state.files[filename]

    def put(self, path: str, content: str | bytes | Path, content_type: str = "text/plain") -> str:
        """Serve anything at a path (`/requirements.txt`), whatever else would be there, and return its URL."""
        body = content.encode() if isinstance(content, str) else content
        with self._state.lock:
            self._state.resources[path] = Resource(content=body, content_type=content_type)
        return self.url + path.lstrip("/")

    # How it answers

    def answer(self, pattern: str, *, times: int | None = None, **settings: Unpack[Settings]) -> None:
        """Change how paths that match `pattern` (as in `fnmatch`) answer, for good or for the next `times` requests.

        Settings are `Behaviour`'s; where several patterns match, the later one wins, setting by setting.
        """
        with self._state.lock:
            self._state.rules.append(_Rule(pattern=pattern, settings=settings, left=times))

    def answer_plainly(self) -> None:
        """Forget everything that `answer` was told."""
        with self._state.lock:
            self._state.rules.clear()

    # What was asked

    @property
    def log(self) -> list[LoggedRequest]:
        """Every request so far, in order of arrival."""
        with self._state.lock:
            return list(self._state.log)

    def requests_for(self, path_suffix: str) -> list[LoggedRequest]:
        """The requests whose path, query aside, ends so."""
        return _ending(self.log, path_suffix)

    def wait_for(self, path_suffix: str, *, count: int = 1, timeout: float = 60.0) -> None:
        """Return when so many requests for such a path have arrived; AssertionError after `timeout` seconds."""
        with self._state.lock:
            arrived = self._state.arrival.wait_for(
                lambda: len(_ending(self._state.log, path_suffix)) >= count, timeout
            )
        assert arrived, f"no {count} requests for {path_suffix} within {timeout} s"

    def paths(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(request.path for request in self.log)

    def clear(self) -> None:
        """Empty the log."""
        with self._state.lock:
            self._state.log.clear()

    # One request, on its connection's thread

    def _respond(self, head: RequestHead) -> Answer | None:
        """The answer, logged; None to hang up."""
        path = unquote(head.target.partition("?")[0])
        with self._state.lock:
            behaviour = self._behaviour(path)
            resource = self._resource(path, head)
        found = None
        if not behaviour.hang_up:
            found = answer(head, resource, behaviour, self.clock())
        entry = LoggedRequest(
            method=head.method,
            path=head.target,
            headers=head.lines,
            status=found.status if found else 0,
            response_bytes=found.length if found else 0,
        )
        with self._state.lock:
            self._state.log.append(entry)
            self._state.arrival.notify_all()
        if behaviour.latency:
            self._stopping.wait(behaviour.latency)
        while behaviour.gate is not None and not behaviour.gate.wait(0.05) and not self._stopping.is_set():
            pass
        return None if self._stopping.is_set() else found

    def _behaviour(self, path: str) -> Behaviour:
        behaviour = Behaviour()
        for rule in self._state.rules:
            if rule.left != 0 and fnmatchcase(path, rule.pattern):
                behaviour = behaviour.changed(rule.settings)
                rule.left = rule.left if rule.left is None else rule.left - 1
        return behaviour

    def _resource(self, path: str, head: RequestHead) -> Resource | None:
        state = self._state
        if path in state.resources:
            return state.resources[path]
        folder, _, name = path.strip("/").rpartition("/")
        if folder == "files":
            return _file(state.files, name)
        if folder not in ("", "simple") or not path.endswith("/"):
            return None
        content_type = choose_format(head.field("accept"), self.formats)
        if content_type is None:
            return None
        if path == "/simple/":
            page = root_page({file.project for file in state.files.values()}, content_type)
            return Resource(content=page, content_type=content_type)
        files = [file for file in state.files.values() if file.project == name]
        if folder != "simple" or not files:
            return None
        return Resource(content=project_page(name, files, content_type, self.file_base), content_type=content_type)

    def _tls(self) -> ssl.SSLContext | None:
        if self._authority is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*self._names, not_after=self._expires).configure_cert(context)
        if self._wants_certificate:
            self._authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _ending(log: list[LoggedRequest], path_suffix: str) -> list[LoggedRequest]:
    return [request for request in log if request.path.partition("?")[0].endswith(path_suffix)]


def _file(files: Mapping[str, Listed], name: str) -> Resource | None:
    if name in files:
        return Resource(content=files[name].path)
    entry = files.get(name.removesuffix(".metadata"))
    if entry is None or entry.metadata is None:
        return None
    return Resource(content=entry.metadata)
