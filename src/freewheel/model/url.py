"""URLs as text: taken apart, put together, and stripped of what must not be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit, urlunsplit

from freewheel.model import digest as digests
from freewheel.model.digest import Digest

FROM_URL, FROM_NETRC, FROM_KEYRING, FROM_PERSON = "its URL", "a netrc file", "the keyring", "what was typed"
"""Where credentials come from, as people call it."""

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
_VCS = ("git+", "hg+", "svn+", "bzr+")
_USER_INFO = re.compile(r"(?<=//)([^/\s\"'<>]+)@")  # up to the last @: an unencoded one belongs to the password


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Credentials:
    """A user name and a password, None where a URL has a user alone (often a token); never shown.

    `source` says where they came from, for people: `its URL`, `a netrc file`, `the keyring`, `what was typed`.
    """

    user: str
    password: str | None
    source: str = field(default="", compare=False)

    def __repr__(self) -> str:
        return "Credentials(****)"


def is_url(text: str) -> bool:
    """Whether `text` begins with a scheme of two letters or more (`C:` is a drive).

    >>> is_url("https://example.org/"), is_url("./folder"), is_url("C:/folder")
    (True, False, False)
    """
    return bool(_SCHEME.match(text))


def is_well_formed(url: str) -> bool:
    """Whether `url` can be taken apart: every other function here raises ValueError where it cannot.

    >>> is_well_formed("https://example.org/a b"), is_well_formed("https://[example.org/")
    (True, False)
    """
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def scheme(url: str) -> str:
    """The scheme in lower case; empty if there is none."""
    found = _SCHEME.match(url)
    return found[0][:-1].lower() if found else ""


def is_local(url: str) -> bool:
    """Whether `url` names a file on this machine."""
    return scheme(url) == "file"


def is_vcs(url: str) -> bool:
    """Whether `url` names a repository of a version control system."""
    return url.lower().startswith(_VCS)


def host(url: str) -> str:
    """The host name in lower case, without port; empty if there is none."""
    return (urlsplit(url).hostname or "").lower()


def port(url: str) -> int | None:
    """The port, the scheme's own if none is given."""
    try:
        given = urlsplit(url).port
    except ValueError:
        return None
    return given or {"http": 80, "https": 443}.get(scheme(url))


def is_loopback(url: str) -> bool:
    """Whether the host is this machine: `localhost`, 127.0.0.0/8 or ::1.

    >>> is_loopback("http://127.0.0.3:80/"), is_loopback("http://[::1]/"), is_loopback("http://example.org/")
    (True, True, False)
    """
    name = host(url)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def split_credentials(url: str) -> tuple[str, Credentials | None]:
    """The URL without user and password, and these.

    A repository's user is part of its address where it is `git`, or is told to a machine's own log-in (ssh).

    >>> split_credentials("https://me:s%40fe@example.org/simple/")[0]
    'https://example.org/simple/'
    >>> split_credentials("git+ssh://me@example.org/six.git")
    ('git+ssh://me@example.org/six.git', None)
    """
    parts = urlsplit(url)
    user_info, at, location = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, colon, password = user_info.partition(":")
    has_log_in = is_vcs(url) and scheme(url).endswith("ssh")
    if not colon and is_vcs(url) and (user == "git" or has_log_in):
        return url, None
    bare = urlunsplit(parts._replace(netloc=f"{user}@{location}" if has_log_in and user else location))
    return bare, Credentials(user=unquote(user), password=unquote(password) if colon else None, source=FROM_URL)


def redacted(text: str) -> str:
    """A URL, or a text with URLs in it, as it may be shown: passwords masked, lone user names (tokens) masked too.

    Never raises, whatever the text is.

    >>> redacted("https://me:s@fe@example.org/"), redacted("six @ https://token@example.org/six.whl")
    ('https://me:****@example.org/', 'six @ https://****@example.org/six.whl')
    """
    return _USER_INFO.sub(lambda found: f"{_shown_user(found[1])}****@", text)


def _shown_user(user_info: str) -> str:
    user, colon, _ = user_info.partition(":")
    return user + colon if colon else ""


def scrubbed(text: str) -> str:
    """`text` with the user and password taken out of every URL in it; never raises.

    >>> scrubbed("Looking in https://me:s3@cret@example.org/simple/")
    'Looking in https://example.org/simple/'
    """
    return _USER_INFO.sub("", text)


def without_fragment(url: str) -> str:
    """The URL up to its `#`."""
    return url.partition("#")[0]


def subdirectory(url: str) -> str:
    """Where in an archive a link's fragment says that the project lies (`#subdirectory=...`); empty at its root."""
    return parse_qs(urlsplit(url).fragment).get("subdirectory", [""])[0]


def fragment_digests(url: str) -> tuple[Digest, ...]:
    """The digests that a link's fragment states, such as `#sha256=...` (PEP 503); unknown ones are passed over."""
    found = []
    for part in urlsplit(url).fragment.split("&"):
        try:
            found.append(digests.parse(part))
        except ValueError:
            continue
    return tuple(found)


def filename(url: str) -> str:
    """The last segment of the path, decoded; of `.../folder/` it is `folder`.

    >>> filename("https://example.org/a/six%2B1.whl?x=1#sha256=ab")
    'six+1.whl'
    """
    return unquote(PurePosixPath(urlsplit(url).path).name)


def plain_filename(url: str) -> str:
    """The file name without what could lead to another folder, for a file that is saved under it.

    >>> plain_filename("https://example.org/a/..%2Fsix.whl"), plain_filename("https://example.org/..")
    ('six.whl', '')
    """
    name = re.split(r"[/\\\0]", filename(url))[-1]
    return "" if name in (".", "..") else name


def join(base: str, reference: str) -> str:
    """`reference` as seen from `base` (RFC 3986 §5)."""
    return urljoin(base, reference)


def with_slash(url: str) -> str:
    """The URL of a folder: with a slash at the end of its path."""
    return url if url.endswith("/") else url + "/"


def project_page(index_url: str, project: str) -> str:
    """Where an index has a project's page (PEP 503): below its root, by normalized name."""
    return f"{with_slash(index_url)}{quote(project)}/"


def from_path(path: PurePath) -> str:
    """The `file:` URL of an absolute path."""
    return path.as_uri()


def to_path(url: str, *, windows: bool = False) -> str:
    """The path that a `file:` URL names; ValueError when it names another machine.

    >>> to_path("file:///srv/wheels%20here"), to_path("file:///C:/wheels", windows=True)
    ('/srv/wheels here', 'C:\\\\wheels')
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if windows:
        if parts.netloc not in ("", "localhost"):
            return str(PureWindowsPath(f"//{parts.netloc}{path}"))
        return str(PureWindowsPath(path.lstrip("/") if re.match(r"^/[A-Za-z]:", path) else path))
    if parts.netloc not in ("", "localhost"):
        raise ValueError(url)
    return path
