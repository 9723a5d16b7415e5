"""Repositories, joined: git, clones in the cache, checkouts, and who may read what."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from freewheel.build.checkout import Checkouts
from freewheel.build.clones import Access, Clones
from freewheel.build.git import Git
from freewheel.commands.existing import Existing
from freewheel.commands.working_copies import WorkingCopies
from freewheel.config.values import Config
from freewheel.httpcache.message import Request
from freewheel.model.target import Interpreter
from freewheel.model.url import Credentials
from freewheel.net.origins import parse_trusted_hosts
from freewheel.net.scopes import SECRET_SIZE, Scopes, stored_secret
from freewheel.wiring.run import Run


def git(config: Config, run: Run, credentials: Callable[[str], Credentials | None]) -> Git:
    """git as this run uses it."""
    return Git(
        environment=config.environment,
        credentials=credentials,
        may_ask=config.network.may_ask,
        timeout=config.network.timeout,
        reporter=run.reporter,
    )


def checkouts(config: Config, run: Run, git: Git) -> Checkouts:
    """Commits of repositories, through clones in the cache."""
    entries = run.stores.entries
    by_credentials = Scopes(
        trusted=parse_trusted_hosts(()),
        secret=lambda: stored_secret(entries, new=lambda: os.urandom(SECRET_SIZE)),
    )
    # git uses no clone of another user, and what one may read by keys of one's own another may not.
    user = os.geteuid() if hasattr(os, "geteuid") else 0

    def has_password(url: str) -> bool:
        credentials = git.credentials(url)
        return credentials is not None and bool(credentials.password)

    access = Access(
        scope=lambda url: f"{user} {by_credentials(Request(url=url, credentials=git.credentials(url)))}",
        has_password=has_password,
        is_offline=config.freshness.offline,
        prefers_offline=config.freshness.prefer_offline,
    )
    clones = Clones(
        git=git,
        repositories=run.stores.repositories,
        scratch=lambda: run.temporary.repositories,
        locks=run.stores.locks,
        access=access,
        reporter=run.reporter,
    )
    return Checkouts(git=git, clones=clones, reporter=run.reporter)


def working_copies(
    config: Config, run: Run, *, git: Git, checkouts: Checkouts, interpreter: Interpreter, existing: Existing
) -> WorkingCopies:
    """Editable repositories in pip's folder: that of `--src`, else `src` in the virtual environment, else here."""
    base = interpreter.prefix if interpreter.is_virtual else config.folder
    return WorkingCopies(
        folder=Path(config.request.source_folder or Path(base, "src")),
        checkouts=checkouts,
        git=git,
        existing=existing,
        reporter=run.reporter,
    )
