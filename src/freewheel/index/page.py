"""A project page as values, whatever its format; a file's name is parsed when its project is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from msgspec import Struct, field
from packaging.version import Version

from freewheel.model import digest as digests
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName, normalize, sdist_stem
from freewheel.model.digest import Digest
from freewheel.model.url import Credentials

_ORDINARY_URL = re.compile(r"(https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?/[A-Za-z0-9\-._~:/?!$&'()*+,;=%]*)(?:#(.*))?")
"""An absolute URL that needs no resolving, no quoting and has no credentials; the rest is its fragment."""
_SAFE = "%/:?[]!$&'()*+,;=~@"
"""What is not quoted in a URL: what RFC 3986 allows in it, with its delimiters, so that nothing is quoted twice."""
_PLAIN_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]+")
_WHEEL_NAME_DASHES = (4, 5)
"""Name, version, maybe a build tag, and three tags (PEP 427)."""


class PageFile(Struct, frozen=True, kw_only=True):
    """One file that a page lists (PEP 503, 592, 658, 700), not yet known to be a distribution archive.

    `url` is absolute, without fragment and credentials. `filename` has no path separators or control characters.
    `credentials` are those that stood in the link. `yanked`, `metadata_digests`, `size` and `listed_at` are as in
    `Artifact`; `upload_time` is the text as it stands.
    """

    filename: str
    url: str
    digests: tuple[Digest, ...] = ()
    requires_python: str | None = None
    yanked: str | None = None
    metadata_digests: tuple[Digest, ...] | None = None
    size: int | None = None
    upload_time: str | None = None
    listed_at: str = ""
    credentials: Credentials | None = None


class ProjectPage(Struct, frozen=True, kw_only=True):
    """What an index lists, in its order; `was_stored` says that this is an answer of earlier."""

    files: tuple[PageFile, ...]
    was_stored: bool = False

    def artifacts(self, project: NormalizedName) -> tuple[Artifact, ...]:
        """The project's wheels and sdists; other projects' files and names without a version are passed over.

        A few microseconds a file: the name is compared as text, and each version is parsed once.
        """
        reader = _NameReader(project=project)
        found = ((file, reader.read(file.filename)) for file in self.files)
        return tuple(_artifact(file, project, *release) for file, release in found if release is not None)


def page_file(
    *,
    base: str,
    reference: str,
    filename: str | None = None,
    stated: tuple[Digest, ...] = (),
    requires_python: str | None = None,
    yanked: str | None = None,
    metadata_digests: tuple[Digest, ...] | None = None,
    size: int | None = None,
    upload_time: str | None = None,
    listed_at: str = "",
) -> PageFile | None:
    """The file behind a link of a page; None when the link cannot be one.

    `base` is what relative references start from, `filename` by default the last segment of the URL's path. A digest
    in the fragment outweighs one of the same algorithm among `stated`, as in pip. Only a page on this machine may
    name files of this machine.
    """
    reference = reference.strip()
    linked = _linked(base, reference) if reference else None  # an empty reference is the page itself
    if linked is None:
        return None
    url, fragment, credentials = linked
    name = urls.filename(url) if filename is None else filename
    if not _PLAIN_NAME.fullmatch(name):
        return None
    in_fragment = urls.fragment_digests(f"#{fragment}") if fragment else ()
    return PageFile(
        filename=name,
        url=url,
        digests=_joined(in_fragment, stated),
        requires_python=requires_python or None,
        yanked=yanked,
        metadata_digests=metadata_digests,
        size=size if size is None or size >= 0 else None,
        upload_time=upload_time,
        listed_at=listed_at,
        credentials=credentials,
    )


def stated_digests(hashes: Mapping[str, str]) -> tuple[Digest, ...]:
    """Digests from a mapping of algorithm to value; what is unknown or no hexadecimal is passed over."""
    found = []
    for algorithm, value in hashes.items():
        try:
            found.append(digests.parse(f"{algorithm}:{value}"))
        except ValueError:
            continue
    return tuple(found)


def possible_projects(filename: str) -> Iterator[NormalizedName]:
    """The projects that a file may belong to: an sdist's name may have dashes on both sides of the right one.

    >>> list(possible_projects("foo-bar-1.0.tar.gz")), list(possible_projects("foo_bar-1.0-py3-none-any.whl"))
    (['foo', 'foo-bar'], ['foo-bar'])
    """
    if filename.endswith(".whl"):
        yield normalize(filename.partition("-")[0])
        return
    stem = sdist_stem(filename) or ""
    for dash in _dashes(stem):
        yield normalize(stem[:dash])


def _joined(first: tuple[Digest, ...], second: tuple[Digest, ...]) -> tuple[Digest, ...]:
    """All of `first`, and what `second` has of other algorithms."""
    if not first:
        return second
    algorithms = {digest.algorithm for digest in first}
    return (*first, *(digest for digest in second if digest.algorithm not in algorithms))


def _linked(base: str, reference: str) -> tuple[str, str, Credentials | None] | None:
    """The URL without fragment and credentials, the fragment, and the credentials."""
    ordinary = _ORDINARY_URL.fullmatch(reference)
    if ordinary is not None:
        return ordinary[1], ordinary[2] or "", None
    try:
        url, _, fragment = urls.join(base, reference).partition("#")
        url, credentials = urls.split_credentials(url)
        url = quote(url, safe=_SAFE)
        parts = urlsplit(url)
    except ValueError:
        return None
    is_remote = parts.scheme in ("https", "http") and bool(parts.hostname)
    if is_remote or (parts.scheme == "file" and urls.is_local(base)):
        return url, fragment, credentials
    return None


class _NameReader(Struct, kw_only=True):
    """Reads file names as those of one project; remembers what it saw, because names and versions repeat."""

    project: NormalizedName
    _spellings: dict[str, bool] = field(default_factory=dict)
    _versions: dict[str, Version | None] = field(default_factory=dict)

    def read(self, filename: str) -> tuple[ArtifactKind, Version] | None:
        if filename.endswith(".whl"):
            name, _, rest = filename.partition("-")
            if not self._is_project(name) or filename.count("-") not in _WHEEL_NAME_DASHES:
                return None
            return self._release(ArtifactKind.WHEEL, rest.partition("-")[0])
        stem = sdist_stem(filename)
        if stem is None:
            return None
        # The first dash that fits parts name and version, as in pip: `foo-1-2` of project `foo` is version `1-2`.
        version = next((stem[dash + 1 :] for dash in _dashes(stem) if self._is_project(stem[:dash])), "")
        return self._release(ArtifactKind.SDIST, version)

    def _is_project(self, spelling: str) -> bool:
        known = self._spellings.get(spelling)
        if known is None:
            known = self._spellings[spelling] = normalize(spelling) == self.project
        return known

    def _release(self, kind: ArtifactKind, text: str) -> tuple[ArtifactKind, Version] | None:
        if text not in self._versions:
            try:
                self._versions[text] = Version(text)
            except ValueError:  # InvalidVersion is one, and so is a number of thousands of digits
                self._versions[text] = None
        version = self._versions[text]
        return None if version is None else (kind, version)


def _dashes(stem: str) -> Iterator[int]:
    dash = stem.find("-")
    while dash >= 0:
        yield dash
        dash = stem.find("-", dash + 1)


def _artifact(file: PageFile, project: NormalizedName, kind: ArtifactKind, version: Version) -> Artifact:
    return Artifact(
        kind=kind,
        project=project,
        version=version,
        filename=file.filename,
        url=file.url,
        digests=file.digests,
        requires_python=file.requires_python,
        yanked=file.yanked,
        metadata_digests=file.metadata_digests if kind is ArtifactKind.WHEEL else None,
        size=file.size,
        upload_time=_point_in_time(file.upload_time),
        listed_at=file.listed_at,
    )


def _point_in_time(text: str | None) -> datetime | None:
    """PEP 700: ISO 8601 in UTC; what is something else says nothing."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return in_zone(found)


def in_zone(moment: datetime | None) -> datetime | None:
    """A point in time that states no zone is meant in UTC (PEP 700)."""
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)
