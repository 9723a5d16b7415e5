"""Git repositories of a test's own, on this machine and behind a server on loopback."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self, Unpack
from urllib.parse import urlsplit

from tests.support.projects import ProjectOptions
from tests.support.sources import make_project_dir

VARIABLES: Mapping[str, str] = {
    "GIT_AUTHOR_NAME": "A tester",
    "GIT_AUTHOR_EMAIL": "tester@host.example",
    "GIT_COMMITTER_NAME": "A tester",
    "GIT_COMMITTER_EMAIL": "tester@host.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
"""What git needs to commit, and nothing of whoever runs the tests."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a working copy in `folder`."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, name: str = "six", version: str = "1.0", **options: Unpack[ProjectOptions]) -> Self:
        """A new one with a project in its first commit, on the branch `main`."""
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository.git("init", "--quiet", "--initial-branch=main")
        make_project_dir(folder, name, version, **options)
        repository.commit("The project")
        return repository

    @property
    def url(self) -> str:
        """As a requirement has it."""
        return f"git+{self.folder.as_uri()}"

    def git(self, *words: str | Path) -> str:
        """What a git command in the folder printed."""
        return subprocess.run(
            ["git", *map(str, words)],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": os.devnull, **VARIABLES},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        ).stdout.strip()

    def commit(self, message: str, files: Mapping[str, str] | None = None) -> str:
        """Commit everything, after writing `files`; the commit's hash."""
        for name, content in (files or {}).items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(content, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    @property
    def head(self) -> str:
        """The hash of the present commit."""
        return self.git("rev-parse", "HEAD")


@dataclass(slots=True, kw_only=True)
class GitServer:
    """Serves the repositories below `folder` by git's own HTTP program, while this context is open.

    With `password` only the user `me` with it is let in. `gate`, where it is set, holds every answer back. `requests`
    are the paths asked for, refused ones included.
    """

    folder: Path
    password: str | None = None
    gate: Event | None = None
    requests: list[str] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None
    _thread: Thread | None = None
    _port: int = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen; on the same port again after `stop`."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            def do_GET(self) -> None:
                owner._respond(self)

            def do_POST(self) -> None:
                owner._respond(self)

            def log_message(self, *_: object) -> None:
                """Tests run quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Refuse connections; harmless when stopped."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def url(self, repository: Repository, user: str = "") -> str:
        """As a requirement has it; `user` is such as `me:password`."""
        path = repository.folder.relative_to(self.folder).as_posix()
        return f"git+http://{f'{user}@' if user else ''}127.0.0.1:{self._port}/{path}"

    def _respond(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append(request.path)
        if self.gate is not None:
            self.gate.wait(60)
        expected = base64.b64encode(f"me:{self.password}".encode()).decode()
        if self.password is not None and request.headers.get("Authorization") != f"Basic {expected}":
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="tests"')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        head, _, body = self._run(request).partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().splitlines()]
        fields = {name: value for name, _, value in lines}
        request.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _run(self, request: BaseHTTPRequestHandler) -> bytes:
        """git's answer as a CGI program (RFC 3875)."""
        parts = urlsplit(request.path)
        variables = {
            "PATH": os.environ["PATH"],
            **VARIABLES,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        done = subprocess.run(["git", "http-backend"], env=variables, input=body, capture_output=True, check=True)
        return done.stdout
