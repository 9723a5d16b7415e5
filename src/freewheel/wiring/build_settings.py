"""Config settings of builds, by the project or the place that they were given for."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from freewheel.commands.request import Request
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, NormalizedName
from freewheel.model.config_settings import ConfigSettings
from freewheel.model.requirement import COMMAND_LINE, Requirement


class BuildSettings(Struct, frozen=True, kw_only=True):
    """A place, which is a URL and a subdirectory, weighs more than a project."""

    of_projects: Mapping[NormalizedName, ConfigSettings] = field(default_factory=dict)
    of_places: Mapping[tuple[str, str], ConfigSettings] = field(default_factory=dict)

    @classmethod
    def of_request(cls, request: Request) -> BuildSettings:
        """As in pip: `-C` on the command line is for what is named there, a file's line for its own requirement."""
        of_projects: dict[NormalizedName, ConfigSettings] = {}
        of_places: dict[tuple[str, str], ConfigSettings] = {}
        for requirement in request.requirements:
            settings = requirement.config_settings
            if requirement.origin == COMMAND_LINE:
                settings = (*request.config.build.config_settings, *settings)
            if settings and requirement.url is not None:
                place = urls.without_fragment(requirement.url), urls.subdirectory(requirement.url)
                of_places[place] = settings
            if settings and isinstance(requirement, Requirement):
                of_projects[requirement.name] = settings
        return cls(of_projects=of_projects, of_places=of_places)

    def of(self, artifact: Artifact) -> ConfigSettings:
        """The settings for building an artifact."""
        by_place = self.of_places.get((artifact.url, artifact.subdirectory))
        return by_place if by_place is not None else self.of_projects.get(artifact.project, ())
