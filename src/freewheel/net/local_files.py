"""`file:` URLs answered as if by a server, so that local indexes need no code of their own."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from freewheel import errors
from freewheel.httpcache import dates
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.model import url as urls
from freewheel.net.bodies import StreamBody
from freewheel.net.protocol import Reply

_CONTENT_TYPES = {".html": "text/html", ".htm": "text/html", ".json": "application/json"}


class LocalFileTransport:
    """Reads files: 200 or 404, always from the disk, never stored. A folder answers with its `index.html`.

    Raises Unreachable when a file is there and cannot be read, or the URL names another machine.
    """

    def send(self, request: Request) -> Reply:
        """One file; the query and the request's fields do not count."""
        try:
            path = Path(urls.to_path(request.url, windows=os.name == "nt"))
        except ValueError as error:
            raise errors.Unreachable(url=request.url, reason="it names another machine") from error
        try:
            if path.is_dir():
                path /= "index.html"
            stream = path.open("rb")
        except (FileNotFoundError, NotADirectoryError):
            return _reply(request, Response(status=404, reason="Not Found"), io.BytesIO())
        except (OSError, ValueError) as error:
            raise errors.Unreachable(url=request.url, reason=_reason(error)) from error
        return _reply(request, _found(path, os.fstat(stream.fileno())), stream)


def _found(path: Path, facts: os.stat_result) -> Response:
    fields = [
        ("Content-Type", _CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")),
        ("Last-Modified", dates.format_date(facts.st_mtime)),
    ]
    if stat.S_ISREG(facts.st_mode):
        fields.append(("Content-Length", str(facts.st_size)))
    return Response(status=200, reason="OK", headers=Headers(tuple(fields)))


def _reply(request: Request, response: Response, stream: BinaryIO) -> Reply:
    return Reply(response=response, body=StreamBody(stream=stream), url=request.url)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "it is no path"
