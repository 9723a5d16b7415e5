"""Words that name a lock file (PEP 751): by its file name alone, before anything of it is read."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from freewheel.model import url as urls
from freewheel.model.artifact import normalize

_NAME = re.compile(r"(^|[/\\])pylock(\.[^./\\]+)?\.toml$")
"""As packaging.pylock has it, whose import takes 10 ms, and for paths of both kinds."""

_EXTRAS = re.compile(r"^(?P<path>.+?)\s*\[(?P<extras>[^\[\]]+)\]$")


class LockRequest(Struct, frozen=True, kw_only=True):
    """A lock file, and which of its extras and dependency groups; `path` is as it was written, or a URL."""

    path: str
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    with_default_groups: bool = False

    def joined(self, other: LockRequest) -> LockRequest:
        """What both ask for of the same file."""
        return replace(
            self,
            extras=self.extras | other.extras,
            groups=self.groups | other.groups,
            with_default_groups=self.with_default_groups or other.with_default_groups,
        )


def is_lock_name(path: str) -> bool:
    """Whether a path or URL is that of a lock file.

    >>> [is_lock_name(path) for path in ("deep/pylock.dev.toml", "https://x.example/pylock.toml?v=1", "lock.toml")]
    [True, True, False]
    """
    return bool(_NAME.search(path.partition("?")[0].partition("#")[0] if urls.is_url(path) else path))


def lock_request(text: str, *, group: str | None = None) -> LockRequest | None:
    """What a word asks for that names a lock file, extras behind it; None where it names something else.

    >>> lock_request("deep/pylock.dev.toml[docs]").extras
    frozenset({'docs'})
    """
    found = _EXTRAS.match(text)
    path, listed = (found["path"], found["extras"].split(",")) if found else (text, [])
    if not is_lock_name(path):
        return None
    return LockRequest(
        path=path,
        extras=frozenset(normalize(extra.strip()) for extra in listed if extra.strip()),
        groups=frozenset() if group is None else frozenset({group}),
        with_default_groups=group is None,
    )
