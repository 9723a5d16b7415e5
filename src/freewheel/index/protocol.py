"""What every index can do: give a project's page, or say that it has none."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from freewheel.index.page import ProjectPage
from freewheel.model.artifact import NormalizedName


class NoSuchProject(Struct, frozen=True, kw_only=True):
    """An index does not have a project; `reason` is a clause a person can read.

    `was_stored` says that this is an answer of earlier, which may have become wrong since.
    """

    reason: str
    was_stored: bool = False


ABSENCE = "absent"
"""The digest of a page that is not there."""


class Index(Protocol):
    """A place that offers distribution archives by project. Safe from many threads."""

    @property
    def shown(self) -> str:
        """Where it is, as a person may see it."""

    def page(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The project's page; one request at most in a run, then memory-fast, an error included.

        Raises NetworkError, IndexFolderMissing, IndexPageError.
        """

    def digest(self, project: NormalizedName) -> str:
        """What tells whether the project's page says the same as another time; `ABSENCE` where there is none.

        Asks as `page` does, and takes nothing apart. Raises NetworkError, IndexFolderMissing, IndexPageError.
        """

    def may_be_kept(self, project: NormalizedName) -> bool:
        """Whether what the project's page says may outlast the run."""

    def has_credentials(self, project: NormalizedName) -> bool:
        """Whether the project's page was taken apart, and has credentials in its links."""

    def page_anew(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        """The project's page asked for past what is stored, and then remembered for the run; else as `page`."""

    def may_have_changed(self, project: NormalizedName) -> bool:
        """Whether the page was read in this run, and is an answer of earlier that nobody has asked about since."""
