"""What building needs from others: an environment with the build requirements in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from freewheel.model.target import Interpreter


class BuildEnvironment(Protocol):
    """Puts distributions into a new environment; joined to the resolver and installer by the wiring."""

    def provide(self, requirements: Sequence[str], interpreter: Interpreter) -> tuple[str, ...]:
        """Resolve and install `requirements` into `interpreter`'s own paths; `name==version` of all that went in.

        Raises ResolutionError, NetworkError, ArtifactError, BuildError, TargetError.
        """
