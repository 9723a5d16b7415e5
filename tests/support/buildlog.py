"""What the in-tree backend was asked to do, counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BuildLog:
    """The file that in-tree backends append their hook calls to; hand `variables` to the process that builds."""

    path: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment variable that names the file."""
        return {"BUILD_LOG": str(self.path)}

    def calls(self) -> list[tuple[str, str, str]]:
        """Every call so far: hook, project, version."""
        if not self.path.exists():
            return []
        words = [line.split() for line in self.path.read_text(encoding="utf-8").splitlines()]
        return [(hook, project, version) for hook, project, version in words]

    def count(self, hook: str, project: str | None = None) -> int:
        """How often a hook was called, of one project or of all."""
        return sum(1 for call in self.calls() if call[0] == hook and project in (None, call[1]))

    def builds(self, project: str | None = None) -> int:
        """How many wheels were built."""
        return self.count("build_wheel", project)
