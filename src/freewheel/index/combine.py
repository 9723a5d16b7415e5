"""Every index and all find-links as one source of artifacts: pip's rule is that the best version over all wins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain
from threading import Lock

from freewheel.events import Noted, Reporter, Warned
from freewheel.index.once import Once
from freewheel.index.overlap import Doubt, first_doubt
from freewheel.index.protocol import Index, NoSuchProject
from freewheel.index.read_ahead import ReadAhead
from freewheel.model.artifact import Artifact, NormalizedName

_WHY = {
    "contradiction": "with different files of the same name",
    "nothing in common": "without a file in common",
}


class CombinedIndex:
    """Asks every index for every project. Safe from many threads.

    An index given twice is asked once. `threads` is how many pages are read at a time; waiting for a server costs
    next to no processor time, so it may be more than the machine has processors.
    """

    def __init__(
        self, *, find_links: Index | None, indexes: Sequence[Index], reporter: Reporter, threads: int = 16
    ) -> None:
        self._find_links = () if find_links is None else (find_links,)
        self._indexes = tuple({index.shown.rstrip("/"): index for index in indexes}.values())
        self._reporter = reporter
        self._read_ahead = ReadAhead(threads=threads)
        self._artifacts: Once[NormalizedName, tuple[Artifact, ...]] = Once()
        self._warning = Lock()

    def artifacts(self, project: NormalizedName) -> Sequence[Artifact]:
        """All that find-links have of a project, then each index's, in order; raises NetworkError, IndexPageError.

        An index that does not answer is an error, not an index without the project: it might have had the best
        version.
        """
        return self._artifacts.get(project, lambda: self._gather(project))

    def prefetch(self, projects: Sequence[NormalizedName]) -> None:
        """Begin to read the projects' pages; returns at once."""
        for project in projects:
            for index in (*self._find_links, *self._indexes):
                self._read_ahead.begin(partial(index.page, project))

    def consulted(self) -> tuple[str, ...]:
        """The indexes, then the find-links, as they may be shown."""
        return tuple(index.shown for index in (*self._indexes, *self._find_links))

    def _gather(self, project: NormalizedName) -> tuple[Artifact, ...]:
        if len(self._indexes) > 1:
            self.prefetch((project,))
        found_lying_about = [_offer(index, project) for index in self._find_links]
        offers = [_offer(index, project) for index in self._indexes]
        if not any(chain(found_lying_about, offers)):
            # "No such project" is never said on the word of a stored answer alone: it may have been published since.
            offers = [_offer_anew(index, project) for index in self._indexes]
        # What a person put among the find-links is there to take part: only indexes can be unrelated by mistake.
        doubt = first_doubt([(index.shown, offer) for index, offer in zip(self._indexes, offers, strict=True)])
        if doubt is not None:
            self._warn(project, doubt)
        return tuple(chain(*found_lying_about, *offers))

    def _warn(self, project: NormalizedName, doubt: Doubt) -> None:
        """Warn once a run: whoever combines two indexes on purpose would see a line for nearly every project."""
        message = (
            f"Both {doubt.first} and {doubt.second} offer {project}, {_WHY[doubt.kind]}:"
            " the best version of all is taken."
            " If one of them has another project of that name, give only the index that has the right one."
        )
        is_first = self._warning.acquire(blocking=False)  # never released: the first one warns
        self._reporter.emit(Warned(message=message) if is_first else Noted(message=message))


def _offer_anew(index: Index, project: NormalizedName) -> tuple[Artifact, ...]:
    page = index.page(project)
    if isinstance(page, NoSuchProject) and page.was_stored:
        page = index.page_anew(project)
    return () if isinstance(page, NoSuchProject) else page.artifacts(project)


def _offer(index: Index, project: NormalizedName) -> tuple[Artifact, ...]:
    page = index.page(project)
    return () if isinstance(page, NoSuchProject) else page.artifacts(project)
