"""Repositories, joined: git, clones in the cache, checkouts, editable working copies, and who may read what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from freewheel.build.checkout import Checkouts
from freewheel.build.clones import Access, Clones
from freewheel.build.git import Git
from freewheel.commands.editable_lines import editable_lines
from freewheel.commands.existing import Existing
from freewheel.commands.working_copies import WorkingCopies
from freewheel.config.values import Config
from freewheel.httpcache.message import Request
from freewheel.model import repository
from freewheel.model.url import Credentials
from freewheel.net.origins import parse_trusted_hosts
from freewheel.net.scopes import SECRET_SIZE, Scopes, stored_secret
from freewheel.wiring.run import Run


class Repositories:
    """What a run does with repositories, each part made when it is first needed."""

    def __init__(self, config: Config, run: Run) -> None:
        self._config = config
        self._run = run
        self._credentials: dict[str, Credentials] = {}

    def note_credentials(self, url: str, credentials: Credentials) -> None:
        """These came with the URL of a repository, and are for it alone."""
        if repository.refusal(url) is None:
            self._credentials[repository.parse(url).url] = credentials

    @property
    def existing(self) -> Existing:
        """What is done with things that are in the way."""
        return Existing(actions=self._config.request.exists_actions, ask=self._run.choose)

    @cached_property
    def git(self) -> Git:
        """git, with the credentials that came with the URLs of repositories."""
        network = self._config.network
        return Git(
            environment=self._config.environment,
            credentials=self._credentials.get,
            may_ask=network.may_ask,
            timeout=network.timeout,
            reporter=self._run.reporter,
        )

    @cached_property
    def checkouts(self) -> Checkouts:
        """Commits of repositories, through clones in the cache."""
        run, git = self._run, self.git
        clones = Clones(
            git=git,
            repositories=run.stores.repositories,
            scratch=lambda: run.temporary.repositories,
            locks=run.stores.locks,
            access=self._access(),
            reporter=run.reporter,
        )
        note = self._credentials.setdefault
        return Checkouts(git=git, clones=clones, reporter=run.reporter, note_credentials=note)

    def _access(self) -> Access:
        entries, git = self._run.stores.own_entries, self.git
        by_credentials = Scopes(
            trusted=parse_trusted_hosts(()),
            secret=lambda: stored_secret(entries, new=lambda: os.urandom(SECRET_SIZE)),
        )
        # git uses no clone of another user, and what one may read by keys of one's own another may not.
        user = os.geteuid() if hasattr(os, "geteuid") else 0

        def has_password(url: str) -> bool:
            credentials = git.credentials(url)
            return credentials is not None and bool(credentials.password)

        return Access(
            scope=lambda url: f"{user} {by_credentials(Request(url=url, credentials=git.credentials(url)))}",
            has_password=has_password,
            is_offline=self._config.freshness.offline,
            prefers_offline=self._config.freshness.prefer_offline,
        )

    @cached_property
    def working_copies(self) -> WorkingCopies:
        """Editable repositories in pip's folder: `--src`, else `src` in the virtual environment, else here."""
        interpreter = self._run.interpreter
        base = interpreter.prefix if interpreter.is_virtual else self._config.folder
        return WorkingCopies(
            folder=Path(self._config.request.source_folder or Path(base, "src")),
            checkouts=self.checkouts,
            git=self.git,
            existing=self.existing,
            reporter=self._run.reporter,
        )

    def editable_lines(self, folder: str, name: str, pinned: str) -> Iterator[str]:
        """What `freeze` says of an editable project."""
        return editable_lines(folder, name, pinned, git=self.git, reporter=self._run.reporter)
