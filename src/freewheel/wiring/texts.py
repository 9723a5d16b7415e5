"""Text files behind URLs, such as remote requirements."""

from __future__ import annotations

from freewheel.commands.requirements_text import NoText, decode
from freewheel.errors import RequirementsFileError
from freewheel.httpcache.message import Headers, Request
from freewheel.model import url as urls
from freewheel.net.bodies import read_all
from freewheel.net.protocol import Transport
from freewheel.net.statuses import refusal


def fetch_text(transport: Transport, url: str) -> str:
    """The text behind a URL, through the cache; raises NetworkError, RequirementsFileError for what is no text."""
    reply = transport.send(Request(url=url, headers=Headers((("Accept-Encoding", "identity"),))))
    error = refusal(reply)
    if error is not None:
        reply.body.close()
        raise error
    try:
        return decode(read_all(reply.body))
    except (NoText, UnicodeDecodeError, LookupError) as undecodable:
        shown = urls.redacted(url)
        hint = undecodable.hint if isinstance(undecodable, NoText) else None
        raise RequirementsFileError(origin=shown, path=shown, reason=str(undecodable), hint=hint) from undecodable
