"""git as a command: the environment that it runs in, and what it says when it fails."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from freewheel.errors import GitUnavailable
from freewheel.events import Noted, Reporter
from freewheel.model import url as urls
from freewheel.model.url import Credentials

FIRST_WITH_SETTINGS: Final = (2, 31)
"""The version of git that reads settings from its environment, where other users do not see a password."""

_OF_ANOTHER_REPOSITORY: Final = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
)  # fmt: skip
"""What a hook that starts this program has set, and what would lead git to the hook's repository."""

_OF_A_USER: Final = ("GIT_ASKPASS", "SSH_ASKPASS", "XDG_CONFIG_HOME", "NETRC", "GIT_CONFIG_PARAMETERS")

_SETTINGS: Final = (
    ("advice.detachedHead", "false"),
    *(("gc.auto", "0"), ("maintenance.auto", "false"), ("core.fsmonitor", "false")),
)
"""No lecture in error messages; and nothing in the background that outlives the run."""

_SHOWN_LINES: Final = 6


class GitFailed(Exception):
    """A git command failed; `reason` is the end of what it said, without credentials."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Runs git. `environment` is that of this process; `credentials` knows those for a URL, or None.

    `may_ask` lets git and ssh put questions to a person. `timeout` is in seconds: a transfer over HTTP that stands
    still for longer is given up. Safe from many threads.
    """

    environment: Mapping[str, str] = field(repr=False)
    credentials: Callable[[str], Credentials | None]
    may_ask: bool
    timeout: float
    reporter: Reporter

    def run(self, *words: str | Path, url: str, folder: Path | None = None) -> str:
        """What a command wrote to its standard output; `url` is the repository that it is about.

        Raises GitFailed, and GitUnavailable where there is no git.
        """
        return self._run(words, url, folder, self._variables(self.environment, may_ask=self.may_ask), None)

    def reach(self, *words: str | Path, url: str, folder: Path | None = None) -> str:
        """The same for a command that may have to reach the repository's server, with the credentials for it."""
        credentials = self.credentials(url) if urls.scheme(url) in ("http", "https") else None
        if credentials is not None:
            self._check_version(url)
        variables = self._variables(
            self.environment, may_ask=self.may_ask, settings=tuple(settings_for(url, credentials))
        )
        return self._run(words, url, folder, variables, credentials)

    def reach_as_anybody(self, *words: str | Path, url: str) -> str:
        """The same without anything by which the server might know the user."""
        return self._run(words, url, None, self._variables(anonymous(self.environment), may_ask=False), None)

    def version(self, url: str = "") -> str:
        """Such as `2.43.0`; raises as `run`."""
        return self.run("version", url=url).strip().removeprefix("git version ")

    def succeeds(self, *words: str | Path, url: str, folder: Path) -> bool:
        """Whether a command that asks something says yes."""
        try:
            self.run(*words, url=url, folder=folder)
        except GitFailed:
            return False
        return True

    def _variables(
        self, environment: Mapping[str, str], *, may_ask: bool, settings: tuple[tuple[str, str], ...] = ()
    ) -> dict[str, str]:
        return variables_for(environment, may_ask=may_ask, timeout=self.timeout, settings=(*_SETTINGS, *settings))

    def _run(
        self,
        words: Sequence[str | Path],
        url: str,
        folder: Path | None,
        variables: Mapping[str, str],
        credentials: Credentials | None,
    ) -> str:
        command = ["git", *map(str, words)]
        self.reporter.emit(Noted(message=f"  Running {urls.scrubbed(' '.join(command))}", verbosity=2))
        try:
            finished = subprocess.run(
                command,
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
            )
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            if folder is not None and not folder.is_dir():
                raise GitFailed(f"the folder {folder} is gone") from error
            raise GitUnavailable(url=url, reason=f"git: {error.strerror}") from error
        if finished.returncode:
            raise GitFailed(said(finished.stderr, credentials) or f"git ended with status {finished.returncode}")
        return finished.stdout

    def _check_version(self, url: str) -> None:
        found = re.search(r"(\d+)\.(\d+)", self.version(url))
        if found is not None and (int(found[1]), int(found[2])) < FIRST_WITH_SETTINGS:
            needed = ".".join(map(str, FIRST_WITH_SETTINGS))
            reason = f"git {found[0]}; a user or password in a URL needs {needed} or newer"
            raise GitUnavailable(url=url, reason=reason)


def variables_for(
    environment: Mapping[str, str], *, may_ask: bool, timeout: float, settings: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """The environment of a git process; `settings` are added to those that the environment gives already."""
    kept = {name: value for name, value in environment.items() if name not in _OF_ANOTHER_REPOSITORY}
    kept.setdefault("GIT_HTTP_LOW_SPEED_LIMIT", "1")
    kept.setdefault("GIT_HTTP_LOW_SPEED_TIME", str(max(1, int(timeout))))
    if not may_ask:
        kept["GIT_TERMINAL_PROMPT"] = "0"
        kept["GIT_SSH_COMMAND"] = f"{kept.get('GIT_SSH_COMMAND') or kept.get('GIT_SSH') or 'ssh'} -oBatchMode=yes"
    given = kept.get("GIT_CONFIG_COUNT", "0")
    first = int(given) if given.isdecimal() else 0
    for number, (name, value) in enumerate(settings, start=first):
        kept[f"GIT_CONFIG_KEY_{number}"] = name
        kept[f"GIT_CONFIG_VALUE_{number}"] = value
    kept["GIT_CONFIG_COUNT"] = str(first + len(settings))
    return kept


def anonymous(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without a user: no configuration, no netrc file, no helper that knows passwords."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _OF_A_USER and not name.startswith("GIT_CONFIG_")
    }
    nowhere = {"HOME": os.devnull, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return kept | nowhere


def settings_for(url: str, credentials: Credentials | None) -> Iterator[tuple[str, str]]:
    """What makes git send credentials to the server of `url`, and to no other, without writing them anywhere.

    Where there is a password git's helpers are not asked about that server: they would keep what they are told.
    """
    if credentials is None:
        return
    scheme, netloc, *_ = urlsplit(url)
    place = netloc.rpartition("@")[2]
    server = urlunsplit((scheme, place, "/", "", ""))
    user = quote(credentials.user, safe="")
    if credentials.password:
        user += f":{quote(credentials.password, safe='')}"
        yield f"credential.{server}.helper", ""
    yield f"url.{urlunsplit((scheme, f'{user}@{place}', '/', '', ''))}.insteadOf", server


def said(output: str, credentials: Credentials | None) -> str:
    """The end of what git said, without credentials, hints and progress."""
    text = output.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if credentials is not None:
        for secret in filter(None, (credentials.password, quote(credentials.password or "", safe=""))):
            text = text.replace(secret, "****")
    lines = [line.rpartition("\r")[2].rstrip() for line in text.split("\n")]
    told = [urls.scrubbed(line) for line in lines if line and not line.startswith(("hint:", "Cloning into"))]
    return "\n".join(told[-_SHOWN_LINES:])
