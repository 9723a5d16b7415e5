"""Direct URL records (PEP 610): where a distribution came from, made of artifacts, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from packaging.direct_url import ArchiveInfo, DirectUrl, DirectUrlValidationError, DirInfo, VcsInfo

from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.digest import Digest


def of_artifact(artifact: Artifact, found: Digest | None) -> DirectUrl:
    """Where a wheel came from as `direct_url.json` and reports tell it: with one digest, as pip does.

    That is the first that was stated, else `found`: that of the bytes, None where nobody has read them.
    """
    if artifact.kind is ArtifactKind.DIRECTORY:
        return _of_folder(artifact)
    return of_source(artifact, artifact.digests[0] if artifact.digests else found)


def of_source(artifact: Artifact, digest: Digest | None) -> DirectUrl:
    """Where an archive or a commit came from, without credentials; `digest` is None where nobody has one of it."""
    if artifact.kind is ArtifactKind.REPOSITORY:
        reference = repository.parse(artifact.url)
        commit = VcsInfo(vcs="git", commit_id=artifact.commit, requested_revision=reference.revision)
        url = repository.recorded(reference.url)
        return DirectUrl(url=url, vcs_info=commit, subdirectory=artifact.subdirectory or None)
    url, _ = urls.split_credentials(artifact.url)
    archive = ArchiveInfo(hashes=None if digest is None else {digest.algorithm: digest.value})
    return DirectUrl(url=url, archive_info=archive, subdirectory=artifact.subdirectory or None)


def of_editable(folder: str) -> DirectUrl:
    """A link to a source folder, by the folder's `file:` URL."""
    return DirectUrl(url=folder, dir_info=DirInfo(editable=True))


def _of_folder(artifact: Artifact) -> DirectUrl:
    below = artifact.subdirectory
    if artifact.is_editable:
        return of_editable(urls.join(urls.with_slash(artifact.url), below) if below else artifact.url)
    return DirectUrl(url=artifact.url, dir_info=DirInfo(), subdirectory=below or None)


def as_object(origin: DirectUrl) -> Mapping[str, object]:
    """A record as JSON objects hold it, without credentials; with the older `hash` for those who read that alone."""
    # Taking a URL apart and joining it again is not always the same URL: `file:////srv` is not in Python 3.12.
    has_user = "@" in urlsplit(origin.url).netloc
    return origin.to_dict(generate_legacy_hash=True, strip_user_password=has_user)


def as_text(origin: DirectUrl) -> str:
    """A record as JSON text, its names sorted: what `direct_url.json` holds.

    >>> as_text(of_editable("file:///srv/six"))
    '{"dir_info": {"editable": true}, "url": "file:///srv/six"}'
    """
    return json.dumps(as_object(origin), sort_keys=True)


def parse(text: str | bytes) -> DirectUrl | None:
    """What a record says; None where it breaks the standard, which for pip is the same as none.

    >>> parse('{"url": "https://x.example/six.zip"}') is None
    True
    """
    try:
        record = json.loads(text)
        return DirectUrl.from_dict(record) if isinstance(record, dict) else None
    except (DirectUrlValidationError, ValueError, RecursionError):
        return None


def reference(origin: DirectUrl) -> str:
    """The URL of a direct reference (PEP 440): the commit in it, and the first digest behind it.

    >>> reference(DirectUrl(url="https://x.example/six", vcs_info=VcsInfo(vcs="git", commit_id="12")))
    'git+https://x.example/six@12'
    """
    url = origin.url
    if origin.vcs_info is not None:
        url = f"{origin.vcs_info.vcs}+{url}@{origin.vcs_info.commit_id}"
    hashes = (origin.archive_info.hashes if origin.archive_info is not None else None) or {}
    parts = [f"{algorithm}={value}" for algorithm, value in hashes.items()][:1]
    if origin.subdirectory:
        parts.append(f"subdirectory={origin.subdirectory}")
    return url + (f"#{'&'.join(parts)}" if parts else "")
