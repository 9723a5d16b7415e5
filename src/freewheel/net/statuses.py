"""What a final status means to somebody who wanted the file."""

from __future__ import annotations

from freewheel import errors
from freewheel.net.protocol import Reply

ABSENT = frozenset({404, 410})
"""Statuses of what is not there (RFC 9110 §15.5.5, §15.5.11)."""


def refusal(reply: Reply) -> errors.NetworkError | None:
    """The error that stands for a status other than 200; None for 200."""
    response = reply.response
    if response.status == 200:
        return None
    if response.status in (401, 403):
        return errors.AccessDenied(
            url=reply.url,
            status=response.status,
            had_credentials=reply.was_authenticated,
            credentials_from=reply.credentials_from,
        )
    return errors.UnexpectedStatus(url=reply.url, status=response.status, reason=response.reason)
