"""Each source once a run, failures included, and never as part of its own build."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from freewheel.errors import BackendUnusable
from freewheel.index.once import Once
from freewheel.model.artifact import Artifact, Identity

V = TypeVar("V")


def source_name(artifact: Artifact) -> Identity:
    """The name of an artifact's source; whatever the project is called, or thought to be called."""
    return artifact.identity


class OncePerSource(Generic[V]):
    """Outcomes by source. Safe from many threads."""

    def __init__(self) -> None:
        self._once: Once[Identity, V] = Once()
        self._at_work: dict[Identity, int] = {}

    def get(self, artifact: Artifact, work: Callable[[], V]) -> V:
        """The outcome of the first `work` that was given for this source, or the error it raised.

        Raises BackendUnusable where the thread that works on a source asks for it again: the build requirements of
        the project lead back to it.
        """
        name = source_name(artifact)
        if self._at_work.get(name) == threading.get_ident():
            raise BackendUnusable(project=artifact.project, reason="what it needs for its build needs it")

        def guarded() -> V:
            self._at_work[name] = threading.get_ident()
            try:
                return work()
            finally:
                del self._at_work[name]

        return self._once.get(name, guarded)
