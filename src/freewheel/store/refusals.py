"""What the client of object stores says went wrong, as a clause for people, and whether it will stay so.

Its text is a line with the request, the time it took and the answer's body, and after that an account for its
developers, which alone has the cause where there was no answer.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_STATUS: Final = re.compile(r"status code: (\d{3})((?: [A-Z][A-Za-z-]*)*)")
_CODE: Final = re.compile(r"<Code>(\w+)</Code>")
_CAUSES: Final = (
    (re.compile(r'\b(?:message|error): "([^"\n]+)"'), ""),
    (re.compile(r"\bInvalidCertificate\(\s*(\w+)"), "its certificate is not trusted: "),
    (re.compile(r"\bkind: (Timeout)\b"), ""),
)
"""Where the cause is in the account, and what goes before it; the first that is there counts."""

_GENERIC: Final = re.compile(r"^Generic \w+ error: ")
"""What the client says before anything else."""

_QUERY: Final = re.compile(r"(https?://[^\s?\"]+)\?[^\s\"]+")
"""Of a URL: it may be a token."""

_METADATA: Final = re.compile(r"//(?:169\.254\.\d+\.\d+|metadata\.google\.internal)\b")
"""Where a machine in a cloud asks for credentials when nothing names any."""

_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound")
_REFUSING: Final = ("401", "403")


class Refusal(Struct, frozen=True, kw_only=True):
    """Why there is no answer, as a clause; with `is_final` there will be none in this run."""

    reason: str
    is_final: bool = False


def refusal(text: str) -> Refusal:
    """What a text says.

    >>> refusal("Error performing GET http://s/b/x in 1ms - Server returned non-2xx status code: 403 Forbidden: "
    ...         "<Error><Code>AccessDenied</Code></Error>")
    Refusal(reason='it refuses (403 Forbidden: AccessDenied)', is_final=True)
    """
    text = text.strip()
    line, _, account = _GENERIC.sub("", text).partition("\n\nDebug source:")
    line = _QUERY.sub(r"\1", line)
    status, code = _STATUS.search(line), _CODE.search(line)
    if _METADATA.search(line):
        return Refusal(reason="nothing names credentials for it, and this machine has none of its own", is_final=True)
    if status is None:
        return Refusal(reason=_cause(account) if "HTTP error" in line else line.partition("\n")[0])
    said = status[1] + status[2] + ("" if code is None else f": {code[1]}")
    if code is not None and code[1] in _NO_BUCKET:
        return Refusal(reason=f"there is no such bucket ({code[1]})", is_final=True)
    if status[1] in _REFUSING:
        return Refusal(reason=f"it refuses ({said})", is_final=True)
    return Refusal(reason=f"it answers {said}")


def _cause(account: str) -> str:
    found = ((pattern.search(account), before) for pattern, before in _CAUSES)
    cause = next((before + match[1] for match, before in found if match is not None), None)
    return "it cannot be reached" if cause is None else f"it cannot be reached ({cause})"
