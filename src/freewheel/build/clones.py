"""Clones of repositories: one of each kept, fetched into, and made anew where it is missing or damaged."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from freewheel.build.git import Git, GitFailed
from freewheel.errors import RepositoryNotStored, RepositoryUnreadable, StoreError
from freewheel.events import Healed, Missed, Noted, Reporter, Reused
from freewheel.model.artifact import normalize
from freewheel.model.repository import RepositoryUrl
from freewheel.store.protocol import Clone, Locks, Miss, Repositories

_EVERYTHING: Final = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


class Access(Struct, frozen=True, kw_only=True):
    """How repositories may be reached.

    `scope` names those who share a clone of a URL: a user of this machine, with the credentials for the URL.
    `has_password` tells whether these are complete, so that git asks nobody else for any. `is_offline` opens no
    connection, `prefers_offline` none for what a clone has.
    """

    scope: Callable[[str], str]
    has_password: Callable[[str], bool]
    is_offline: bool = False
    prefers_offline: bool = False


class Clones:
    """Gives clones, each fetched into once a run at most; safe from many threads, which hold what they use.

    They are kept in `repositories`, or where that cannot be for this run in `scratch`. Whatever reaches a server
    raises GitUnavailable and RepositoryUnreadable.
    """

    def __init__(
        self,
        *,
        git: Git,
        repositories: Repositories,
        scratch: Callable[[], Repositories],
        locks: Locks,
        access: Access,
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._git = git
        self._repositories = repositories
        self._scratch = scratch
        self._locks = locks
        self._access = access
        self._reporter = reporter
        self._clock = clock
        self._guard = threading.RLock()
        self._fresh: set[str] = set()
        self._aside: dict[str, Clone] = {}

    @contextmanager
    def holding(self, reference: RepositoryUrl) -> Iterator[None]:
        """Nobody else fetches into the repository's clone, or replaces it, within the `with`."""
        with self._guard, self._locks.hold(f"repository {self._place(reference)[1]}"):
            yield

    def here(self, reference: RepositoryUrl) -> Clone | Miss:
        """The clone as it is."""
        name, key = self._place(reference)
        return self._aside.get(key) or self._repositories.get(name, key)

    def is_preferred(self, reference: RepositoryUrl) -> bool:
        """Whether what the clone says counts, though the repository may have changed."""
        return self._access.prefers_offline or self.is_cut_off(reference)

    def is_cut_off(self, reference: RepositoryUrl) -> bool:
        """Whether the repository must not be reached."""
        return self._access.is_offline and reference.scheme != "file"

    def refuse_if_cut_off(self, reference: RepositoryUrl) -> None:
        """Raise RepositoryNotStored where the repository must not be reached."""
        if self.is_cut_off(reference):
            reason = "--offline allows no connection, and the cache does not have it or must not tell"
            raise RepositoryNotStored(url=reference.url, reason=reason)

    def fetched(self, reference: RepositoryUrl) -> Clone:
        """The clone with all branches and tags as they are now."""
        clone = self.here(reference)
        if isinstance(clone, Miss):
            return self.anew(reference, clone)
        if reference.url in self._fresh:
            return clone
        if not clone.may_change:
            return self.anew(reference, Miss(reason="the cache is only read, and the clone may be out of date"))
        self.refuse_if_cut_off(reference)
        self._reporter.emit(Noted(message=f"  Fetching {reference}", verbosity=0))
        try:
            self._reach(reference, clone, "--prune", "--force", reference.url, *_EVERYTHING)
        except GitFailed as error:
            self.asked(reference, "ls-remote", reference.url, "HEAD")
            return self.anew(reference, Miss(reason=error.reason, is_damage=True))
        self._fresh.add(reference.url)
        self._reporter.emit(Reused(kind="repository", subject=str(reference), validated=True))
        return clone

    def fetch_one(self, reference: RepositoryUrl, clone: Clone, name: str) -> bool:
        """Fetch a commit or reference that no branch or tag leads to; whether the repository has it and gives it."""
        try:
            self._reach(reference, clone, reference.url, f"+{name}:{name}" if name.startswith("refs/") else name)
        except GitFailed as error:
            self._reporter.emit(Noted(message=f"  {reference} does not give {name}: {error.reason}"))
            return False
        return True

    def anew(self, reference: RepositoryUrl, miss: Miss) -> Clone:
        """A new clone in place of what was there, or for this run alone where the store cannot keep it."""
        self.refuse_if_cut_off(reference)
        to = "" if reference.revision is None else f" (to revision {reference.revision})"
        self._reporter.emit(Noted(message=f"  Cloning {reference}{to}", verbosity=0))
        start = self._clock()
        try:
            clone = self._clone_into(self._repositories, reference)
        except (GitFailed, StoreError) as error:
            self._reporter.emit(Noted(message=f"  The clone of {reference} is not kept: {error.reason}"))
            try:
                clone = self._aside[self._place(reference)[1]] = self._clone_into(self._scratch(), reference)
            except (GitFailed, StoreError) as again:
                raise RepositoryUnreadable(url=reference.url, reason=again.reason) from again
        self._fresh.add(reference.url)
        seconds = self._clock() - start
        self._reporter.emit(Missed(kind="repository", subject=str(reference), reason=miss.reason, seconds=seconds))
        if miss.is_damage:
            self._reporter.emit(Healed(kind="repository", subject=str(reference), reason=miss.reason))
        return clone

    def asked(self, reference: RepositoryUrl, *words: str) -> str:
        """What git says about the repository after reaching its server."""
        self.refuse_if_cut_off(reference)
        try:
            return self._git.reach(*words, url=reference.url)
        except GitFailed as error:
            raise RepositoryUnreadable(url=reference.url, reason=error.reason) from error

    def _reach(self, reference: RepositoryUrl, clone: Clone, *words: str) -> None:
        fetch = ("fetch", "--quiet", "--no-recurse-submodules")
        self._git.reach(*fetch, *words, url=reference.url, folder=clone.path)

    def _place(self, reference: RepositoryUrl) -> tuple[str, str]:
        described = json.dumps([reference.url, self._access.scope(reference.url)])
        return normalize(reference.name), hashlib.sha256(described.encode("ascii")).hexdigest()[:40]

    def _clone_into(self, repositories: Repositories, reference: RepositoryUrl) -> Clone:
        new = repositories.create(*self._place(reference))
        try:
            try:
                words = ("clone", "--quiet", "--bare", "--template=", reference.url)
                self._git.reach(*words, new.path, url=reference.url)
            except GitFailed:
                # Either the repository is at fault, which this raises, or the place that it should be cloned into.
                self.asked(reference, "ls-remote", reference.url, "HEAD")
                raise
            return new.commit(is_open=self._is_open(reference))
        finally:
            new.discard()

    def _is_open(self, reference: RepositoryUrl) -> bool:
        """Whether whoever may read the clone may read the repository, as far as this machine can know.

        That is so for what lies on this machine, for what those with the same password share, and for what anybody
        may read. Everything else git gets by keys and passwords of its own, so its server is asked again each time.
        """
        scheme = reference.scheme
        if scheme in ("file", "git") or self._access.has_password(reference.url):
            return True
        if scheme == "ssh":
            return False
        try:
            self._git.reach_as_anybody("ls-remote", reference.url, "HEAD", url=reference.url)
        except GitFailed:
            return False
        return True
