"""What happens, for the `logging` of the program: the logger `freewheel.http`."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from freewheel.events import Event, Healed, Noted, Warned
from freewheel.httpcache.message import Request
from freewheel.model.url import redacted
from freewheel.net.protocol import Reply

LOGGER = "freewheel.http"


@dataclass(frozen=True, slots=True)
class Log:
    """A reporter that logs what somebody should know as warnings, retries and responses for debugging."""

    logger: logging.Logger

    def emit(self, event: Event) -> None:
        """Log an event, if it is to be told."""
        match event:
            case Warned():
                self.logger.warning("%s", event.message)
            case Healed():
                self.logger.warning("What was stored for %s was damaged: %s.", event.subject, event.reason)
            case Noted():
                self.logger.debug("%s", event.message)
            case _:
                return

    def answered(self, request: Request, reply: Reply) -> None:
        """Log a response, in a line with the cache's account of it."""
        if self.logger.isEnabledFor(logging.DEBUG):
            shown = redacted(reply.url)
            self.logger.debug("%s %s: %d (%s)", request.method, shown, reply.response.status, reply.cache_status)


def log() -> Log:
    """The log of this package."""
    return Log(logging.getLogger(LOGGER))
