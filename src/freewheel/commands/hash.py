"""`hash`: digests of archives, as requirements files take them."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path

from freewheel.errors import UnusablePath
from freewheel.model.digest import Digest
from freewheel.model.requirement import COMMAND_LINE


def digest_of(path: Path, algorithm: str) -> Digest:
    """The digest of a file's bytes; raises UnusablePath."""
    try:
        with path.open("rb") as stream:
            return Digest(algorithm=algorithm, value=file_digest(stream, algorithm).hexdigest())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnusablePath(origin=str(COMMAND_LINE), path=str(path), reason=reason, expected="a file") from error
