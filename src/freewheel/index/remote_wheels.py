"""Parts of wheels that stay on their server; never a reason to fail, since the whole wheel has them too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import BinaryIO, cast

from msgspec import Struct

from freewheel.errors import ArtifactError, NetworkError, RangesRefused
from freewheel.events import Noted, Reporter
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact
from freewheel.model.digest import strongest
from freewheel.net.framing import stated_length
from freewheel.net.protocol import Reply, Transport
from freewheel.net.ranges import TAIL, RemoteFile
from freewheel.store.protocol import Miss

WHOLE_BELOW = 256 * 1024
"""Bytes below which a wheel is fetched whole. From a near index both took 5 to 14 ms up to 200 kB, and at 10 MB parts
took 80 ms and the whole 180; from a far one a second request costs a round trip, at 30 ms and 10 MB/s as much as
300 kB. And a wheel that is chosen is fetched in any case."""


class PartlyRead(Struct, frozen=True, kw_only=True):
    """What was read, how many bytes that took, and whether anything of it may outlast the run."""

    content: bytes
    received: int
    may_be_kept: bool


class WholeSent(Struct, frozen=True, kw_only=True):
    """A server sent all of a wheel where a part was asked for; whoever gets the reply closes its body."""

    reply: Reply


class RemoteWheels:
    """Reads in parts where that pays and the server can; a server that once could not is not asked again."""

    def __init__(self, *, transport: Transport, reporter: Reporter) -> None:
        self._transport = transport
        self._reporter = reporter
        self._lock = threading.Lock()
        self._whole_only: set[tuple[str, str, int | None]] = set()

    def may_read(self, artifact: Artifact) -> bool:
        """Whether parts are worth asking for: of an index's wheel on a server, not a small one."""
        if artifact.is_direct or urls.is_local(artifact.url):
            return False
        is_small = artifact.size is not None and artifact.size < WHOLE_BELOW
        return not is_small and _origin(artifact) not in self._whole_only

    def read(self, artifact: Artifact, extract: Callable[[BinaryIO], bytes]) -> PartlyRead | WholeSent | Miss:
        """What `extract` finds, of bytes that nobody has checked, or why it has to be read from the whole wheel.

        `extract` is given a seekable stream of the wheel; what it raises as ArtifactError is a miss. The first answer
        may be the whole wheel: of a small one, or from a server that knows no parts.
        """
        digest = strongest(artifact.digests)
        file = RemoteFile(url=artifact.url, transport=self._transport, size=artifact.size, digest=digest)
        try:
            if (reply := file.begin()) is not None:
                size = stated_length(reply.response)
                if size is None or size > TAIL:
                    self._go_without(artifact, "its server sends the whole")
                return WholeSent(reply=reply)
            content = extract(cast("BinaryIO", file))  # to `zipfile` one is as good as the other
        except RangesRefused as refused:
            reason = refused.reason
            if refused.status is not None:
                return self._go_without(artifact, reason)
        except NetworkError as error:
            reason = type(error).__name__
        except ArtifactError as error:
            reason = f"what came is no wheel: {type(error).__name__}"
        else:
            return PartlyRead(content=content, received=file.received, may_be_kept=file.may_be_kept)
        return self._note(artifact, reason)

    def _go_without(self, artifact: Artifact, reason: str) -> Miss:
        with self._lock:
            self._whole_only.add(_origin(artifact))
        return self._note(artifact, reason)

    def _note(self, artifact: Artifact, reason: str) -> Miss:
        message = f"{artifact.filename} cannot be read in parts ({reason}): the whole wheel is."
        self._reporter.emit(Noted(message=message))
        return Miss(reason=reason)


def _origin(artifact: Artifact) -> tuple[str, str, int | None]:
    return urls.scheme(artifact.url), urls.host(artifact.url), urls.port(artifact.url)
