"""The caches that `http_cache.py` compares, each in a process of its own, with its name and a folder as arguments.

Orders come on the standard input, a line of JSON each: what to do (`read` or `save`), the URLs, and where to save.
The answer is such a line too: seconds, seconds of CPU, and how many bytes of memory were used beyond those before.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

CHUNK = 1 << 17


class Contender(Protocol):
    """Something that gets URLs."""

    def read(self, url: str) -> int:
        """Read a whole body at once; its size."""

    def pieces(self, url: str) -> Iterable[bytes]:
        """A body piece by piece."""


class Files:
    """No cache: what was saved under the URL's name, opened and read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, url: str) -> str:
        return f"{self._folder}/{url.rpartition('/')[2]}"

    def read(self, url: str) -> int:
        """Read the file; written first, by the size in the URL, where it is missing."""
        try:
            with open(self._path(url), "rb") as file:  # noqa: PTH123 (the floor is what people write)
                return len(file.read())
        except FileNotFoundError:
            size = int(url.rsplit("/", 2)[1])
            Path(self._path(url)).write_bytes(bytes(size))
            return size

    def pieces(self, url: str) -> Iterator[bytes]:
        """Read the file in pieces."""
        self.read(url) if not Path(self._path(url)).exists() else None
        with open(self._path(url), "rb") as file:  # noqa: PTH123
            while piece := file.read(CHUNK):
                yield piece


class Freewheel:
    """`freewheel.http.Client`."""

    def __init__(self, folder: Path) -> None:
        from freewheel.http import Client

        self._client = Client(folder)

    def read(self, url: str) -> int:
        """Read."""
        with self._client.get(url) as response:
            return len(response.body.read())

    def pieces(self, url: str) -> Iterator[bytes]:
        """In pieces."""
        with self._client.get(url) as response:
            yield from response.body


class _Httpx:
    """A client of httpx."""

    _client: Any

    def read(self, url: str) -> int:
        """Read."""
        return len(self._client.get(url).content)

    def pieces(self, url: str) -> Iterator[bytes]:
        """In pieces."""
        with self._client.stream("GET", url) as response:
            yield from response.iter_bytes()


class FreewheelHttpx(_Httpx):
    """`freewheel.http.httpx_transport`."""

    def __init__(self, folder: Path) -> None:
        import httpx

        from freewheel.http.httpx_transport import FreewheelTransport

        self._client = httpx.Client(transport=FreewheelTransport(folder))


class Hishel(_Httpx):
    """hishel by the standard's rules, as a private cache, in its SQLite storage."""

    def __init__(self, folder: Path) -> None:
        import hishel
        from hishel.httpx import CacheClient

        storage = hishel.SqliteStorage(database_path=folder / "hishel.db", max_size=None)
        self._client = CacheClient(storage=storage, rfc={"shared": False})


class _Requests:
    """A session of requests."""

    _session: Any

    def read(self, url: str) -> int:
        """Read."""
        return len(self._session.get(url).content)

    def pieces(self, url: str) -> Iterator[bytes]:
        """In pieces."""
        with self._session.get(url, stream=True) as response:
            yield from response.iter_content(CHUNK)


class CacheControl(_Requests):
    """CacheControl with bodies in files of their own."""

    def __init__(self, folder: Path) -> None:
        import cachecontrol
        import requests
        from cachecontrol.caches import SeparateBodyFileCache

        self._session = cachecontrol.CacheControl(requests.Session(), cache=SeparateBodyFileCache(str(folder)))


class RequestsCache(_Requests):
    """requests-cache as the responses say, in SQLite, its default."""

    def __init__(self, folder: Path) -> None:
        import requests_cache

        self._session = requests_cache.CachedSession(str(folder / "cache"), cache_control=True)


CONTENDERS: dict[str, Callable[[Path], Contender]] = {
    "open().read()": Files,
    "freewheel": Freewheel,
    "freewheel on httpx": FreewheelHttpx,
    "CacheControl": CacheControl,
    "hishel": Hishel,
    "requests-cache": RequestsCache,
}


def main(name: str, folder: str) -> None:
    """Obey orders until there are no more."""
    contender = CONTENDERS[name](Path(folder))
    for line in sys.stdin:
        order = json.loads(line)
        before = _reset_peak()
        started, started_cpu = time.perf_counter(), time.process_time()
        for url in order["urls"]:
            if order["do"] == "read":
                contender.read(url)
            else:
                with Path(order["path"]).open("wb") as file:
                    file.writelines(contender.pieces(url))
        seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
        print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": max(0, _status("VmHWM") - before)}), flush=True)


def _reset_peak() -> int:
    """Forget the peak (Linux), and how much is in use now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


if __name__ == "__main__":
    main(*sys.argv[1:])
