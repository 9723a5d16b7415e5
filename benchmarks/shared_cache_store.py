"""An object store on loopback for `shared_cache.py`: prints its port, and answers until it is ended.

    python shared_cache_store.py [SECONDS]     added before each answer, as a network would

It speaks as much of S3 as a shared cache asks for: GET, HEAD, PUT (`If-None-Match: *` too) and DELETE of objects by
path, in memory, in one thread; it checks no signature. `GET /` is no part of S3: it tells, without the wait, what was
asked for since it last told that.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

_FAULT = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
_CODES = {404: "NoSuchKey", 412: "PreconditionFailed", 501: "NotImplemented"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, with its fields by lower-case name."""

    method: str
    path: str
    fields: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer; `length` is told where there is no body to tell it."""

    status: int
    body: bytes = b""
    fields: tuple[tuple[str, str], ...] = ()
    length: int | None = None


@dataclass(slots=True)
class Asked:
    """What was asked for: how often each method got each status, bytes of objects, most requests at one time."""

    requests: Counter[str] = field(default_factory=Counter)
    received: int = 0
    sent: int = 0
    peak: int = 0


@dataclass(slots=True)
class Store:
    """Objects by path, and what was asked for; `latency` in seconds."""

    latency: float
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)
    waiting: int = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a connection's requests until it ends."""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                request = await read(reader)
                answer = self.told() if request.path == "/" else await self.timely(request)
                writer.write(to_bytes(answer, with_body=request.method != "HEAD"))
                await writer.drain()
        writer.close()

    async def timely(self, request: Request) -> Answer:
        """The answer, late and counted."""
        self.waiting += 1
        self.asked.peak = max(self.asked.peak, self.waiting)
        await asyncio.sleep(self.latency)
        self.waiting -= 1
        answer = self.answer(request)
        self.asked.requests[f"{request.method} {answer.status}"] += 1
        self.asked.received += len(request.body)
        self.asked.sent += len(answer.body) if answer.status == HTTPStatus.OK else 0
        return answer

    def answer(self, request: Request) -> Answer:
        """What S3 would answer."""
        path = request.path
        found = self.objects.get(path)
        match request.method:
            case "PUT" if found is not None and request.fields.get("if-none-match") == "*":
                return fault(412)
            case "PUT" if "?" not in path:
                tag = f'"{hashlib.sha256(request.body).hexdigest()[:32]}"'
                self.objects[path] = (request.body, tag)
                return Answer(status=200, fields=(("ETag", tag),))
            case "GET" | "HEAD" if "?" not in path:
                if found is None:
                    return fault(404)
                body, tag = found
                dated = (("ETag", tag), ("Last-Modified", formatdate(usegmt=True)), ("Content-Type", "binary/x"))
                is_head = request.method == "HEAD"
                return Answer(status=200, body=b"" if is_head else body, fields=dated, length=len(body))
            case "DELETE":
                self.objects.pop(path, None)
                return Answer(status=204)
        return fault(501)

    def told(self) -> Answer:
        """What was asked for, which is then forgotten; `cpu` is this process's seconds so far."""
        asked, self.asked = self.asked, Asked()
        found = {
            "requests": asked.requests,
            "received": asked.received,
            "sent": asked.sent,
            "peak": asked.peak,
            "cpu": time.process_time(),
        }
        return Answer(status=200, body=json.dumps(found).encode())


async def read(reader: asyncio.StreamReader) -> Request:
    """The next request; IncompleteReadError where there is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    return Request(method=method, path=path, fields=fields, body=body)


def fault(status: int) -> Answer:
    """An error as S3 words it."""
    return Answer(status=status, body=_FAULT.format(code=_CODES[status]).encode())


def to_bytes(answer: Answer, *, with_body: bool) -> bytes:
    """An answer as it is sent."""
    status = HTTPStatus(answer.status)
    length = len(answer.body) if answer.length is None else answer.length
    fields = (("Date", formatdate(usegmt=True)), *answer.fields, ("Content-Length", str(length)))
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (answer.body if with_body else b"")


async def main(latency: float) -> None:
    """Listen and answer."""
    server = await asyncio.start_server(Store(latency).converse, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
