"""Every index and all find-links as one source of artifacts.

By pip's rule, `best-version`, all that they offer takes part, and a folder that is not there is warned of and passed
over. By `first-index` the first index, in the order in which they were named, that offers any file of a project
decides it alone, and none after it is even asked: nobody can push a version of a private project's name through a
public index (dependency confusion). So a folder that is not there is an error: the next index must not win by that.
What a person put among the find-links takes part by both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from threading import Lock
from typing import Literal, TypeVar

from freewheel.errors import IndexFolderMissing
from freewheel.events import Noted, Reporter, Warned
from freewheel.index.missing import ignored, lacking_scheme
from freewheel.index.once import Once
from freewheel.index.overlap import Doubt, first_doubt
from freewheel.index.protocol import ABSENCE, Index, NoSuchProject
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, NormalizedName
from freewheel.net.aside import Aside

Strategy = Literal["best-version", "first-index"]

T = TypeVar("T")

_Ask = Callable[[Index, NormalizedName], tuple[Artifact, ...]]

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
        self,
        *,
        find_links: Index | None,
        indexes: Sequence[Index],
        reporter: Reporter,
        strategy: Strategy = "best-version",
        threads: int = 16,
    ) -> None:
        self._find_links = () if find_links is None else (find_links,)
        self._indexes = tuple({index.shown.rstrip("/"): index for index in indexes}.values())
        self._reporter = reporter
        self._strategy = strategy
        self._aside = Aside(threads=threads)
        self._artifacts: Once[NormalizedName, tuple[Artifact, ...]] = Once()
        self._begun: set[NormalizedName] = set()
        self._doubtful: set[NormalizedName] = set()
        self._warning = Lock()
        self._missing: set[str] = set()

    def artifacts(self, project: NormalizedName) -> Sequence[Artifact]:
        """All that find-links have of a project, then what the indexes have that count, in order.

        Raises NetworkError, IndexPageError, and IndexFolderMissing by `first-index`.

        An index that does not answer is an error, not an index without the project: it might have had the best
        version.
        """
        return self._artifacts.get(project, lambda: self._gather(project))

    def prefetch(self, projects: Sequence[NormalizedName]) -> None:
        """Begin to read the projects' pages; returns at once."""
        # Backtracking asks for the same projects again and again: a thread for each took a quarter of a long search.
        new = [project for project in projects if project not in self._begun]
        self._begun.update(new)
        jobs: list[Callable[[], object]] = []
        for project in new:
            jobs += [partial(index.page, project) for index in self._find_links]
            if self._strategy == "first-index":
                jobs.append(partial(self._of_first, project, _offer))
            else:
                jobs += [partial(index.page, project) for index in self._indexes]
        self._aside(*jobs)

    def ask_ahead(self, projects: Sequence[NormalizedName]) -> None:
        """Begin to ask for the projects' pages, of which `digests` is to be told; returns at once."""
        if self._strategy == "first-index":
            self.prefetch(projects)  # which asks no further than it must
            return
        places = (*self._find_links, *self._indexes)
        self._aside(*(partial(place.digest, project) for project in projects for place in places))

    def digests(self, project: NormalizedName) -> tuple[str, ...] | None:
        """What tells whether everything that is offered of a project is the same as another time.

        None where only a look at what is offered tells that: by `first-index`, which asks no further than it must,
        and where nobody has the project. Raises as `artifacts`.
        """
        if self._strategy == "first-index":
            return None
        places = (*self._find_links, *self._indexes)
        found = tuple(self._unless_missing(partial(place.digest, project), ABSENCE) for place in places)
        return None if set(found) <= {ABSENCE} else found

    def may_be_kept(self, project: NormalizedName) -> bool:
        """Whether what was found of a project may outlast the run."""
        return all(place.may_be_kept(project) for place in (*self._find_links, *self._indexes))

    def has_to_be_read(self, project: NormalizedName) -> bool:
        """Whether `artifacts` said that indexes may be unrelated, or noted credentials of links: so in each run."""
        return project in self._doubtful or any(index.has_credentials(project) for index in self._indexes)

    def look_again(self, project: NormalizedName) -> bool:
        """Validate the pages of a project that were taken from the store, for whoever asks next; whether any was.

        Raises NetworkError, IndexPageError.
        """
        stored = [index for index in self._indexes if index.may_have_changed(project)]
        for index in stored:
            index.page_anew(project)
        self._artifacts.forget(project)
        return bool(stored)

    def consulted(self) -> tuple[str, ...]:
        """The indexes, then the find-links, as they may be shown."""
        return tuple(index.shown for index in (*self._indexes, *self._find_links))

    def _gather(self, project: NormalizedName) -> tuple[Artifact, ...]:
        if len(self._indexes) > 1:
            self.prefetch((project,))
        found_lying_about = [_offer(index, project) for index in self._find_links]
        offers = self._offers(project, _offer)
        if not any(chain(found_lying_about, (offer for _, offer in offers))):
            # "No such project" is never said on the word of a stored answer alone: it may have been published since.
            offers = self._offers(project, _offer_anew)
        # What a person put among the find-links is there to take part: only indexes can be unrelated by mistake.
        doubt = first_doubt(offers)
        if doubt is not None:
            self._doubtful.add(project)
            self._warn(project, doubt)
        return tuple(chain(*found_lying_about, *(offer for _, offer in offers)))

    def _offers(self, project: NormalizedName, ask: _Ask) -> list[tuple[str, tuple[Artifact, ...]]]:
        """What takes part, each with its index."""
        if self._strategy == "first-index":
            return self._of_first(project, ask)
        return [(index.shown, self._unless_missing(partial(ask, index, project), ())) for index in self._indexes]

    def _unless_missing(self, ask: Callable[[], T], nothing: T) -> T:
        """What is there; `nothing` where a folder is not, which is warned of once."""
        try:
            return ask()
        except IndexFolderMissing as missing:
            location = urls.redacted(missing.location)
            if location not in self._missing:
                self._missing.add(location)
                if missing.lacks_scheme:
                    self._reporter.emit(Warned(message=lacking_scheme(location)))
                self._reporter.emit(Warned(message=ignored(location, missing.reason)))
            return nothing

    def _of_first(self, project: NormalizedName, ask: _Ask) -> list[tuple[str, tuple[Artifact, ...]]]:
        for index in self._indexes:
            offer = ask(index, project)
            if offer:
                return [(index.shown, offer)]
        return []

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
