"""Config settings of builds, by the project or the place that they were given for."""

from __future__ import annotations

from dataclasses import dataclass, field

from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, NormalizedName
from freewheel.model.config_settings import ConfigSettings
from freewheel.model.requirement import Requirement, SourceRequirement


@dataclass(slots=True)
class BuildSettings:
    """What was noted holds for the rest of the run; a place weighs more than a project."""

    _of_projects: dict[NormalizedName, ConfigSettings] = field(default_factory=dict)
    _of_places: dict[tuple[str, str], ConfigSettings] = field(default_factory=dict)

    def note(self, requirement: Requirement | SourceRequirement, settings: ConfigSettings) -> None:
        """These settings are for what a requirement names."""
        if requirement.url is not None:
            place = urls.without_fragment(requirement.url), urls.subdirectory(requirement.url)
            self._of_places[place] = settings
        if isinstance(requirement, Requirement):
            self._of_projects[requirement.name] = settings

    def of(self, artifact: Artifact) -> ConfigSettings:
        """The settings for building an artifact."""
        by_place = self._of_places.get((artifact.url, artifact.subdirectory))
        return by_place if by_place is not None else self._of_projects.get(artifact.project, ())
