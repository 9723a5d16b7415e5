"""Revisions of repositories become commits, and commits become folders.

revision ── a full hash that an open clone has ───────────────────────────────> commit
         └─ anything else ─> fetch into the clone, or clone ─> look it up ────> commit ─> folder
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from freewheel.build import submodules
from freewheel.build.clones import Clones
from freewheel.build.git import Git, GitFailed
from freewheel.build.submodules import Submodule
from freewheel.errors import CheckoutFailed, RepositoryError, UnknownRevision
from freewheel.events import Noted, Reporter, Reused
from freewheel.index.once import Once
from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.repository import RepositoryUrl
from freewheel.model.url import Credentials
from freewheel.store.protocol import Clone, Miss
from freewheel.store.removal import remove

V = TypeVar("V")


class Revision(Struct, frozen=True, kw_only=True):
    """What a revision is at present: `commit` is the full hash, `branch` the branch's name where it is one."""

    commit: str
    branch: str | None = None


class Checkouts:
    """Gives commits of repositories; safe from many threads, which wait for one another.

    `note_credentials` is told those of a submodule's repository, by its URL. Everything raises GitUnavailable,
    RepositoryUnreadable and UnknownRevision.
    """

    def __init__(
        self,
        *,
        git: Git,
        clones: Clones,
        reporter: Reporter,
        note_credentials: Callable[[str, Credentials], object] = lambda *_: None,
    ) -> None:
        self._git = git
        self._clones = clones
        self._reporter = reporter
        self._note_credentials = note_credentials
        self._resolved: Once[RepositoryUrl, Revision] = Once()
        self._tags: Once[tuple[RepositoryUrl, str], str] = Once()

    def resolve(self, reference: RepositoryUrl) -> Revision:
        """What a revision is now, found out once a run; only a full hash that the clone has spares asking the remote.

        What is the name of a branch or tag means that, even where it has the form of a hash.
        """
        return self._resolved.get(reference, lambda: self._resolve(reference))

    def tags(self, reference: RepositoryUrl, commit: str) -> str:
        """A digest of the tags in a commit's history, of which some backends make the version; empty without any."""
        return self._tags.get((reference, commit), lambda: self._find_tags(reference, commit))

    def check_out(self, reference: RepositoryUrl, folder: Path) -> None:
        """Put what the revision is into `folder`, which is not there or empty, with its submodules.

        That is a repository of its own, whose remote `origin` is the URL without credentials. Raises CheckoutFailed.
        """
        revision = self.resolve(reference)
        with self._clones.holding(reference):
            self._on_clone(reference, revision.commit, lambda clone: self._copy(reference, clone, revision, folder))
        self.update_submodules(reference, folder)

    def update(self, reference: RepositoryUrl, folder: Path) -> str:
        """Bring an own repository up to the remote, its tags included; the commit that the revision is now.

        Where the remote must not be reached, the repository has to have the commit.
        """
        commit = self.resolve(reference).commit
        if self._clones.is_cut_off(reference) and self._is_there(reference, folder, commit):
            return commit
        everything = "+refs/heads/*:refs/remotes/origin/*"
        self._reach(reference, folder, commit, "fetch", "--quiet", "--tags", "--force", reference.url, everything)
        if not self._is_there(reference, folder, commit):
            name = reference.revision or ""
            wanted = name if name.startswith("refs/") else commit
            self._reach(reference, folder, commit, "fetch", "--quiet", reference.url, wanted)
        return commit

    def update_submodules(self, reference: RepositoryUrl, folder: Path) -> None:
        """Check out the submodules of a checkout and theirs, each by a clone of its own; raises CheckoutFailed."""
        if not (folder / ".gitmodules").exists():
            return
        try:
            found = submodules.find(self._git, folder)
        except GitFailed as error:
            commit = self.resolve(reference).commit
            raise CheckoutFailed(url=reference.url, commit=commit, reason=error.reason) from error
        for one in found:
            inner = self._submodule(reference, one)
            try:
                self._update_submodule(reference, folder, one, inner)
            except RepositoryError as error:
                error.submodule_of = error.submodule_of or reference.url
                raise
            self.update_submodules(inner, folder / one.path)

    def _update_submodule(
        self, reference: RepositoryUrl, folder: Path, submodule: Submodule, inner: RepositoryUrl
    ) -> None:
        if submodule.is_cloned:
            commit = self.resolve(inner).commit
            with self._clones.holding(inner):
                self._on_clone(inner, commit, partial(self._update_from, inner, submodule, folder))
            return
        if not submodule.is_local:
            self._clones.refuse_if_cut_off(inner)
        words = ("--literal-pathspecs", "submodule", "--quiet", "update", "--", submodule.path)
        try:
            self._git.reach(*words, url=reference.url, folder=folder)
        except GitFailed as error:
            raise CheckoutFailed(url=inner.url, commit=submodule.commit, reason=error.reason) from error

    def _submodule(self, reference: RepositoryUrl, submodule: Submodule) -> RepositoryUrl:
        """A submodule's repository; with the password of the one that it belongs to, if both have the same server."""
        if not submodule.is_cloned:
            return RepositoryUrl(url=submodule.url, revision=submodule.commit)
        bare, credentials = urls.split_credentials(f"git+{submodule.url}")
        url = bare.removeprefix("git+")
        if credentials is None and urlsplit(url)[:2] == urlsplit(reference.url)[:2]:
            credentials = self._git.credentials(reference.url)
        if credentials is not None:
            self._note_credentials(url, credentials)
        return RepositoryUrl(url=url, revision=submodule.commit)

    def _update_from(self, inner: RepositoryUrl, submodule: Submodule, folder: Path, clone: Clone) -> None:
        submodules.update_from(self._git, clone.path, submodule, folder, url=inner.url)

    def _is_there(self, reference: RepositoryUrl, folder: Path, commit: str) -> bool:
        return self._git.succeeds("cat-file", "-e", f"{commit}^{{commit}}", url=reference.url, folder=folder)

    def _reach(self, reference: RepositoryUrl, folder: Path, commit: str, *words: str) -> None:
        self._clones.refuse_if_cut_off(reference)
        try:
            self._git.reach(*words, url=reference.url, folder=folder)
        except GitFailed as error:
            raise CheckoutFailed(url=reference.url, commit=commit, reason=error.reason) from error

    def _find_tags(self, reference: RepositoryUrl, commit: str) -> str:
        words = ("for-each-ref", f"--merged={commit}", "--format=%(objectname) %(refname)", "refs/tags")
        with self._clones.holding(reference):
            found = self._on_clone(reference, commit, lambda clone: self._run(reference, clone.path, *words))
        return hashlib.sha256(found.encode("utf-8", "surrogateescape")).hexdigest()[:32] if found else ""

    def is_open_to_all(self, reference: RepositoryUrl) -> bool:
        """Whether anybody may read a repository without credentials, as far as its clone here tells."""
        if reference.scheme not in ("https", "http", "git") or self._git.credentials(reference.url) is not None:
            return False
        clone = self._clones.here(reference)
        return not isinstance(clone, Miss) and clone.is_open

    def _resolve(self, reference: RepositoryUrl) -> Revision:
        with self._clones.holding(reference):
            clone = self._clones.here(reference)
            revision = None if isinstance(clone, Miss) else self._without_asking(reference, clone)
            if revision is not None:
                self._reporter.emit(Reused(kind="repository", subject=str(reference)))
            else:
                revision = self._by_asking(reference)
        if revision is None:
            raise UnknownRevision(url=reference.url, revision=reference.revision)
        message = f"  Resolved {reference} to commit {revision.commit}"
        self._reporter.emit(Noted(message=message, verbosity=0))
        return revision

    def _without_asking(self, reference: RepositoryUrl, clone: Clone) -> Revision | None:
        if not clone.is_open:
            return None
        if self._clones.is_preferred(reference):
            return self._look_up(reference, clone)
        name = reference.revision or ""
        is_name = any(self._has(reference, clone, f"refs/{kind}/{name}") for kind in ("heads", "tags"))
        if not repository.is_commit(name) or is_name:
            return None
        commit = self._commit(reference, clone, name)
        return None if commit is None else Revision(commit=commit)

    def _by_asking(self, reference: RepositoryUrl) -> Revision | None:
        head = self._head(reference) if reference.revision in (None, "HEAD") else None
        clone = self._clones.fetched(reference)
        if head is not None:
            if head.branch:
                self._run(reference, clone.path, "symbolic-ref", "HEAD", f"refs/heads/{head.branch}")
            return head
        name = reference.revision or ""
        if name.startswith("refs/") and not self._clones.fetch_one(reference, clone, name):
            return None  # what the clone may have of it is gone from the repository
        found = self._look_up(reference, clone)
        if found is None and repository.is_commit(name) and self._clones.fetch_one(reference, clone, name):
            found = self._look_up(reference, clone)
        return found

    def _head(self, reference: RepositoryUrl) -> Revision:
        """The remote's default branch."""
        commit, branch = "", None
        for line in self._clones.asked(reference, "ls-remote", "--symref", reference.url, "HEAD").splitlines():
            value, _, name = line.partition("\t")
            if name == "HEAD" and value.startswith("ref: refs/heads/"):
                branch = value.removeprefix("ref: refs/heads/")
            elif name == "HEAD":
                commit = value
        if not commit:
            raise UnknownRevision(url=reference.url, revision=None)
        return Revision(commit=commit, branch=branch)

    def _look_up(self, reference: RepositoryUrl, clone: Clone) -> Revision | None:
        """What a clone says of a revision, in pip's order: branch, tag, anything else that git understands."""
        name = reference.revision or "HEAD"
        if self._has(reference, clone, f"refs/heads/{name}"):
            commit = self._commit(reference, clone, f"refs/heads/{name}")
            return None if commit is None else Revision(commit=commit, branch=name)
        for candidate in (f"refs/tags/{name}", name, name.removeprefix("origin/")):
            commit = self._commit(reference, clone, candidate)
            if commit is not None:
                return Revision(commit=commit)
        return None

    def _commit(self, reference: RepositoryUrl, clone: Clone, name: str) -> str | None:
        try:
            found = self._run(reference, clone.path, "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
        except GitFailed:
            return None
        return found.strip() or None

    def _has(self, reference: RepositoryUrl, clone: Clone, name: str) -> bool:
        words = ("show-ref", "--quiet", "--verify", name)
        return self._git.succeeds(*words, url=reference.url, folder=clone.path)

    def _on_clone(self, reference: RepositoryUrl, commit: str, work: Callable[[Clone], V]) -> V:
        """What `work` makes of a clone with the commit; once more with a new clone where the old one is damaged."""
        found = self._clones.here(reference)
        clone = self._with(reference, commit, found) if isinstance(found, Miss) else found
        try:
            return work(clone)
        except GitFailed as error:
            if self._git.succeeds("fsck", "--no-dangling", url=reference.url, folder=clone.path):
                raise CheckoutFailed(url=reference.url, commit=commit, reason=error.reason) from error
            damage = Miss(reason=error.reason, is_damage=True)
        try:
            return work(self._with(reference, commit, damage))
        except GitFailed as error:
            raise CheckoutFailed(url=reference.url, commit=commit, reason=error.reason) from error

    def _with(self, reference: RepositoryUrl, commit: str, miss: Miss) -> Clone:
        """A new clone that has the commit, also where no branch or tag leads to it."""
        clone = self._clones.anew(reference, miss)
        if self._commit(reference, clone, commit) is None:
            name = reference.revision or ""
            self._clones.fetch_one(reference, clone, name if name.startswith("refs/") else commit)
        return clone

    def _copy(self, reference: RepositoryUrl, clone: Clone, revision: Revision, folder: Path) -> None:
        """Objects as hard links to the clone's, or copies of them; then the files, as git's filters make them."""
        remove([folder])
        words = ("clone", "--quiet", "--local", "--no-checkout", "--origin", "origin")
        # Through a link what is only read could be changed.
        links = () if clone.may_change else ("--no-hardlinks",)
        self._run(reference, None, *words, *links, clone.path, folder)
        # Before the files: the filter of LFS asks the remote for their content.
        self._run(reference, folder, "remote", "set-url", "origin", reference.url)
        branch = None if repository.is_commit(revision.branch or "") else revision.branch
        at = ("-B", branch) if branch else ("--detach",)
        self._git.reach("checkout", "--quiet", *at, revision.commit, url=reference.url, folder=folder)
        # git writes what it can and calls that a success.
        if missing := self._run(reference, folder, "ls-files", "--deleted").splitlines():
            raise GitFailed(f"{missing[0]} has no content")
        if branch:
            with suppress(GitFailed):  # it may be gone by now
                self._run(reference, folder, "branch", "--quiet", f"--set-upstream-to=origin/{branch}")

    def _run(self, reference: RepositoryUrl, folder: Path | None, *words: str | Path) -> str:
        return self._git.run(*words, url=reference.url, folder=folder)
