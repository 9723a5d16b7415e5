"""What every HTTP layer can do: send one request, and hand back the answer as it arrives."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.status import CacheStatus
from freewheel.model.digest import Digest


class Body(Protocol):
    """The bytes of an answer as they stand on the wire after transfer coding, read once, from one thread."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes, empty at the end; raises NetworkError (IncompleteBody).

        Where the request stated a digest, the cache raises DigestMismatch instead of the end.
        """

    def close(self) -> None:
        """Let go of the connection or file; may be called at any time, and again."""

    @property
    def blob(self) -> Digest | None:
        """The blob that holds these bytes: at once for a stored response, after the last read for one just stored.

        None when the bytes are not kept: whoever needs them later keeps them itself.
        """

    @property
    def will_be_kept(self) -> bool:
        """Whether `blob` will be set once everything has been read (false also where it is set already).

        A store can still fail half way: then `blob` stays None, and the bytes have to be asked for again.
        """


class Reply(Struct, frozen=True, kw_only=True):
    """An answer: status line and fields, the body still to be read, and how the cache dealt with the request.

    `url` is that of the last request, where redirects were followed. `was_authenticated` tells whether credentials
    went with that request, `credentials_from` where they came from (`Credentials.source`), if that is known. Whoever
    receives a reply closes its body.
    """

    response: Response
    body: Body
    url: str
    cache_status: CacheStatus | None = None
    was_authenticated: bool = False
    credentials_from: str = ""


class Transport(Protocol):
    """Sends requests. Safe from many threads."""

    def send(self, request: Request) -> Reply:
        """One request, one final answer (no 1xx), whatever its status; raises NetworkError.

        Costs what the layers below cost: nothing but a file read for a fresh stored response, else a round trip.
        """
