"""What of a build other machines may have: a decision about its source and what decided over it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from msgspec import Struct

from freewheel.build.key import BuildInputs, FolderSource
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact

_PATH = re.compile(
    r"(?:^|[\s=:;,'\"(\[])"  # where a word of a setting begins
    r"(?:-[A-Za-z]+)?"  # a compiler's option that its value follows at once: -I/opt/include
    r"(?:/[^/\s]|~|[A-Za-z]:[\\/][^/]|file:)"
)


class Sharing(Struct, frozen=True, kw_only=True):
    """What may be shared. `is_private` tells whether an artifact came, or would come, for this user alone.

    `shares_private` is for a store that nobody else reads than those who may see all that.
    """

    is_private: Callable[[Artifact], bool]
    shares_private: bool = False

    def obstacle(self, artifact: Artifact, inputs: BuildInputs) -> str | None:
        """Why nothing that is made of a source is shared or looked for elsewhere, as a clause; None where it is."""
        if isinstance(inputs.source, FolderSource) or urls.is_local(artifact.url.removeprefix("git+")):
            return "its source lies on this machine"
        if not artifact.project:
            return "its project is not known yet"
        if inputs.shared_projects is not None:
            return "it is built with what this environment has (--no-build-isolation)"
        named = next(_with_paths(inputs), None)
        if named is not None:
            return f"it depends on a place on this machine ({named})"
        if not self.shares_private and self.is_private(artifact):
            return "its source is not open to everybody (--shared-cache-private)"
        return None


def _with_paths(inputs: BuildInputs) -> Iterator[str]:
    """The names of settings that say where something lies."""
    settings: Iterable[tuple[str, str]] = chain(
        inputs.variables,
        inputs.config_settings,
        (("build constraints", text) for text in inputs.build_constraints),
    )
    return (name for name, value in settings if names_place(value))


def names_place(text: str) -> bool:
    """Whether a setting's value has an absolute path in it.

    >>> names_place("-O2 -I/opt/include"), names_place("gcc-12 -DX=a/b"), names_place("https://files.example/x")
    (True, False, False)
    """
    return _PATH.search(text) is not None
