"""Repositories as URLs name them: where they are, and which revision is meant."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct

from freewheel.model import url as urls

SCHEMES = ("git+https", "git+ssh", "git+file", "git+http", "git+git")
"""What the URL of a repository may begin with."""

_COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_URL = re.compile(r"\w+://")
_SHORT = re.compile(r"^(?P<user>\w[\w.-]*@)?(?P<host>\w[^/:@\s]*):(?P<path>[\w~][^:]*)$")
"""What follows the colon begins with no slash or backslash: that would be a drive of Windows."""


class RepositoryUrl(Struct, frozen=True, kw_only=True):
    """A repository and a revision of it; `url` is what git is given, without password.

    `revision` is a branch, tag, commit or reference, None for the default branch.
    """

    url: str
    revision: str | None = None

    @property
    def scheme(self) -> str:
        """How it is reached, such as `https` or `file`; a submodule's may be in git's short form for ssh."""
        return urls.scheme(of_remote(self.url) or self.url) or "file"

    @property
    def name(self) -> str:
        """The last part of its path, without `.git`.

        >>> parse("git+https://host.example/team/six.git@main").name
        'six'
        """
        return urls.filename(self.url).removesuffix(".git") or urls.host(self.url)

    def __str__(self) -> str:
        return urls.redacted(self.url)


def refusal(url: str) -> tuple[str, str] | None:
    """Why a URL of a version control system cannot be used, and what to do; None where it can.

    >>> refusal("git+https://host.example/six.git@v1") is None
    True
    """
    if not url.lower().startswith("git+"):
        system = urls.scheme(url).partition("+")[0]
        return (
            f"{system} repositories are not supported; those of git are",
            "Build a wheel or an sdist of the project, or mirror it with git, and name that.",
        )
    if urls.scheme(url) not in SCHEMES:
        reason = f"{urls.scheme(url)} is no way to a repository" if urls.scheme(url) else "this is no URL"
        return reason, scp_hint(url) or f"Use one of {', '.join(SCHEMES)}."
    try:
        parse(url)
    except ValueError as error:
        return str(error), scp_hint(url.removeprefix("git+")) or "The form is git+https://host/path@revision."
    return None


def parse(url: str) -> RepositoryUrl:
    """Take apart a URL such as `git+https://host/path@revision`; ValueError with the reason where that is impossible.

    >>> parse("git+file:///srv/six@v1.0").revision
    'v1.0'
    """
    scheme, netloc, path, query, _ = urlsplit(url)
    scheme = scheme.removeprefix("git+")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("what stands after the host's name is no port") from None
    path, at, revision = path.rpartition("@") if "@" in path else (path, "", "")
    revision = unquote(revision)
    if at and not revision:
        raise ValueError(
            "it has an empty revision (after @), which is not supported. Include a revision after @, or remove the @"
        )
    if revision.startswith("-") or any(character.isspace() or character == "\0" for character in revision):
        raise ValueError(f"{revision!r} is no revision")
    if scheme == "file":
        if netloc not in ("", "localhost"):
            raise ValueError("the URL names another machine")
        path = unquote(path)
    elif not netloc.rpartition("@")[2]:
        raise ValueError("it names no host")
    place = f"file://{path}" if scheme == "file" else urlunsplit((scheme, netloc, path, query, ""))
    return RepositoryUrl(url=place, revision=revision or None)


def is_commit(revision: str) -> bool:
    """Whether a revision has the form of a full commit hash."""
    return _COMMIT.fullmatch(revision) is not None


def recorded(url: str) -> str:
    """A repository's URL as PEP 610 has it: without user and password, but for the user `git`.

    >>> recorded("ssh://git@host.example/six"), recorded("ssh://me@host.example/six")
    ('ssh://git@host.example/six', 'ssh://host.example/six')
    """
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    if not at or user == "git":
        return url
    return urlunsplit(parts._replace(netloc=place))


def ssh_url(address: str) -> str | None:
    """The URL of an address that git takes in ssh's short form, `user@host:path`; None for anything else.

    >>> ssh_url("git@host.example:team/six.git"), ssh_url("host.example:six"), ssh_url("https://host.example/six")
    ('ssh://git@host.example/team/six.git', 'ssh://host.example/six', None)
    """
    found = _SHORT.match(address)
    return None if found is None else f"ssh://{found['user'] or ''}{found['host']}/{found['path']}"


def scp_hint(text: str) -> str | None:
    """What to write instead of `user@host:path`, which is no URL; None for anything else.

    >>> scp_hint("git@host.example:team/six.git")
    'Write it as a URL: git+ssh://git@host.example/team/six.git'
    """
    url = ssh_url(text.partition("#")[0].removeprefix("git+").removeprefix("ssh://"))
    # Without a user or a folder it may be anything: `six:1`.
    is_sure = url is not None and "@" in url and urlsplit(url).path.count("/") > 1
    return f"Write it as a URL: git+{url}" if is_sure else None


def of_remote(address: str) -> str | None:
    """What git has as a remote's address, as a URL without user and password; None where it is a path, or nothing.

    >>> of_remote("https://me:pw@host.example/six"), of_remote("/srv/six")
    ('https://host.example/six', None)
    """
    if _URL.match(address):
        return urls.split_credentials(f"git+{address}")[0].removeprefix("git+")
    return ssh_url(address)
