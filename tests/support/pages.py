"""The simple repository API's pages (PEP 503, 592, 658, 691, 700, 714), from what an index has."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.support.archives import wheel_metadata

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
HTML_PAGE = "application/vnd.pypi.simple.v1+html"
OLD_HTML_PAGE = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file as a project page offers it; `metadata` is None where none is offered beside it."""

    path: Path
    project: str
    version: str
    digests: Mapping[str, str]
    size: int
    requires_python: str | None
    yanked: str | bool
    upload_time: str | None
    metadata: bytes | None
    metadata_digests: Mapping[str, str]

    @property
    def filename(self) -> str:
        return self.path.name


def listed(
    path: Path,
    *,
    project: str | None = None,
    requires_python: str | None = None,
    yanked: str | bool = False,
    upload_time: str | None = None,
    hashes: bool | Mapping[str, str] = True,
    metadata: bool | Mapping[str, str] = True,
) -> Listed:
    """How to list an archive.

    `project` is taken from the file name unless given. `hashes` are SHA-256, none (False), or those given, right or
    wrong; `metadata` likewise for a wheel's metadata file: False offers none, an empty mapping one without digest.
    `upload_time` is ISO 8601.
    """
    name, version = _name_and_version(path.name)
    content = path.read_bytes()
    core = wheel_metadata(path) if path.suffix == ".whl" and metadata is not False else None
    return Listed(
        path=path,
        project=canonicalize_name(project or name),
        version=version,
        digests=_digests(content, hashes),
        size=len(content),
        requires_python=requires_python,
        yanked=yanked,
        upload_time=upload_time,
        metadata=core,
        metadata_digests=_digests(core, metadata) if core is not None else {},
    )


def choose_format(accept: str | None, offered: Sequence[str]) -> str | None:
    """The content type to answer with (RFC 9110 §12.5.1); None when nothing that is offered is accepted."""
    weights: dict[str, float] = {}
    for item in (accept or "*/*").split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        weights[media_type.lower()] = float(weight)

    def weight_of(kind: str) -> float:
        ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
        return next((weights[item] for item in ranges if item in weights), 0.0)

    best = max(offered, key=weight_of, default=None)
    return best if best is not None and weight_of(best) > 0 else None


def project_page(project: str, files: Iterable[Listed], content_type: str, base: str) -> bytes:
    """A project's page; `base` comes before each file name."""
    if content_type == JSON_PAGE:
        return _project_json(project, list(files), base)
    anchors = "".join(f"    {_anchor(file, base)}<br>\n" for file in files)
    return _html(f"Links for {project}", anchors)


def root_page(projects: Iterable[str], content_type: str) -> bytes:
    """The list of all projects."""
    names = sorted(projects)
    if content_type == JSON_PAGE:
        page = {"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]}
        return json.dumps(page).encode()
    return _html("Simple index", "".join(f'    <a href="{name}/">{name}</a><br>\n' for name in names))


def write_index(folder: Path, archives: Iterable[Path]) -> str:
    """Write an index of HTML pages into `folder`, which offers `archives` where they lie, and return its file URL."""
    offered: dict[str, list[Listed]] = {}
    for path in archives:
        entry = listed(path, metadata=False)
        offered.setdefault(entry.project, []).append(entry)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_bytes(root_page(offered, OLD_HTML_PAGE))
    for project, files in offered.items():
        anchors = "".join(f"    {_anchor(file, f'{file.path.parent.as_uri()}/')}<br>\n" for file in files)
        (folder / project).mkdir(exist_ok=True)
        (folder / project / "index.html").write_bytes(_html(f"Links for {project}", anchors))
    return folder.as_uri()


def _name_and_version(filename: str) -> tuple[str, str]:
    if filename.endswith(".whl"):
        name, _, rest = filename.partition("-")
        return name, rest.partition("-")[0]
    stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
    name, _, version = stem.rpartition("-")
    return name, version


def _digests(content: bytes, given: bool | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(given, bool):
        return {"sha256": hashlib.sha256(content).hexdigest()} if given else {}
    return given


def _project_json(project: str, files: Sequence[Listed], base: str) -> bytes:
    page = {
        "meta": {"api-version": "1.1"},
        "name": project,
        "versions": sorted({file.version for file in files}),
        "files": [_file_json(file, base) for file in files],
    }
    return json.dumps(page).encode()


def _file_json(file: Listed, base: str) -> dict[str, object]:
    entry: dict[str, object] = {
        "filename": file.filename,
        "url": base + file.filename,
        "hashes": dict(file.digests),
        "size": file.size,
        "yanked": file.yanked,
    }
    if file.requires_python is not None:
        entry["requires-python"] = file.requires_python
    if file.upload_time is not None:
        entry["upload-time"] = file.upload_time
    if file.metadata is not None:
        entry["core-metadata"] = dict(file.metadata_digests) or True
    return entry


def _anchor(file: Listed, base: str) -> str:
    fragment = next((f"#{name}={value}" for name, value in file.digests.items()), "")
    attributes = {"href": base + file.filename + fragment}
    if file.requires_python is not None:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not False:
        attributes["data-yanked"] = "" if file.yanked is True else file.yanked
    if file.metadata is not None:
        stated = next((f"{name}={value}" for name, value in file.metadata_digests.items()), "true")
        attributes |= {"data-core-metadata": stated, "data-dist-info-metadata": stated}
    written = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{file.filename}</a>"


def _html(title: str, anchors: str) -> bytes:
    return (
        '<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="pypi:repository-version" content="1.1">\n'
        f"    <title>{title}</title>\n  </head>\n  <body>\n{anchors}  </body>\n</html>\n"
    ).encode()
