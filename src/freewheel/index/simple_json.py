"""Project pages as JSON (PEP 691, 700, 714)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from freewheel.index.page import PageFile, ProjectPage, page_file, stated_digests
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape

_MAJOR_VERSION = 1


class _Meta(msgspec.Struct):
    api_version: str = msgspec.field(name="api-version", default="1.0")


class _File(msgspec.Struct, rename="kebab"):
    url: str
    filename: str | None = None
    hashes: dict[str, str] | None = None
    requires_python: str | None = None
    yanked: bool | str | None = None
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None
    size: int | None = None
    upload_time: str | None = None


class _Page(msgspec.Struct):
    files: list[_File]
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _UnreadPage(msgspec.Struct):
    files: list[msgspec.Raw]
    meta: _Meta = msgspec.field(default_factory=_Meta)


_FILE, _PAGE, _UNREAD_PAGE = Shape(_File), Shape(_Page), Shape(_UnreadPage)


def parse(content: bytes, *, url: str) -> ProjectPage:
    """Read a page that was found at `url`; files that are described wrongly are passed over.

    Raises ValueError, with the reason, when the content is no project page or one of another major version.
    """
    try:
        page = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is no project page in JSON: {error}") from error
    if page.meta.api_version.partition(".")[0] != str(_MAJOR_VERSION):
        raise ValueError(f"it follows version {page.meta.api_version} of the simple repository API")
    read = (_page_file(file, url) for file in page.files)
    return ProjectPage(files=tuple(file for file in read if file is not None))


def _decode(content: bytes) -> _Page:
    """All files at once, which is quickest; one by one where one of them is wrong."""
    try:
        return _PAGE.from_json(content)
    except msgspec.ValidationError:
        unread = _UNREAD_PAGE.from_json(content)
        return _Page(files=list(_readable(unread.files)), meta=unread.meta)


def _readable(files: Iterable[msgspec.Raw]) -> Iterable[_File]:
    for file in files:
        try:
            yield _FILE.from_json(file)
        except msgspec.ValidationError:
            continue


def _page_file(file: _File, url: str) -> PageFile | None:
    # PEP 714: the new key outweighs the old one, which some servers still send alone.
    offered = file.dist_info_metadata if file.core_metadata is None else file.core_metadata
    return page_file(
        base=url,
        reference=file.url,
        filename=file.filename,
        stated=stated_digests(file.hashes or {}),
        requires_python=file.requires_python,
        yanked=_yanked(file.yanked),
        metadata_digests=_metadata_digests(offered),
        size=file.size,
        upload_time=file.upload_time,
        listed_at=url,
    )


def _yanked(value: bool | str | None) -> str | None:
    """PEP 691: false, or true, or the reason. An empty reason means not yanked, as in pip."""
    if isinstance(value, str):
        return value or None
    return "" if value else None


def _metadata_digests(offered: bool | dict[str, str] | None) -> tuple[Digest, ...] | None:
    if isinstance(offered, dict):
        return stated_digests(offered)
    return () if offered else None
