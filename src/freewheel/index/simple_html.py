"""Project pages as HTML (PEP 503, 592, 629, 658, 714)."""

from __future__ import annotations

from html.parser import HTMLParser

from freewheel.index.page import PageFile, ProjectPage, page_file, stated_digests
from freewheel.model import url as urls
from freewheel.model.digest import Digest

_MAJOR_VERSION = 1


def parse(content: str, *, url: str) -> ProjectPage:
    """Read a page that was found at `url`; anchors that are no file are passed over.

    Raises ValueError, with the reason, when the content cannot be read as HTML or follows another major version.
    """
    reader = _AnchorReader()
    try:
        reader.feed(content)
        reader.close()
    except (AssertionError, ValueError) as error:  # a broken marked section; a character reference of 5,000 digits
        raise ValueError(f"it is no HTML: {error}") from error
    if reader.repository_version.partition(".")[0].strip() != str(_MAJOR_VERSION):
        raise ValueError(f"it follows version {reader.repository_version} of the simple repository API")
    base = _base(url, reader.base)
    read = (_page_file(anchor, base, url) for anchor in reader.anchors)
    return ProjectPage(files=tuple(file for file in read if file is not None))


class _AnchorReader(HTMLParser):
    """Gathers anchors' attributes, the first base URL and the version that the page states (PEP 629)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[dict[str, str | None]] = []
        self.base: str | None = None
        self.repository_version = "1.0"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and self.base is None:
            self.base = dict(attrs).get("href")
        elif tag == "meta":
            meta = dict(attrs)
            if meta.get("name") == "pypi:repository-version":
                self.repository_version = meta.get("content") or self.repository_version


def _base(url: str, stated: str | None) -> str:
    """What relative references start from; a remote page cannot make this machine's files its own."""
    try:
        base = urls.join(url, (stated or "").strip())
    except ValueError:
        return url
    return base if urls.is_local(url) or not urls.is_local(base) else url


def _page_file(anchor: dict[str, str | None], base: str, url: str) -> PageFile | None:
    return page_file(
        base=base,
        reference=anchor.get("href") or "",
        requires_python=anchor.get("data-requires-python"),
        # PEP 592: the attribute may have no value.
        yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        metadata_digests=_metadata_digests(anchor),
        listed_at=url,
    )


def _metadata_digests(anchor: dict[str, str | None]) -> tuple[Digest, ...] | None:
    """PEP 658: `true`, or one digest; PEP 714: the new attribute outweighs the old one."""
    for attribute in ("data-core-metadata", "data-dist-info-metadata"):
        if attribute in anchor:
            value = anchor[attribute] or "true"
            algorithm, _, digest = value.partition("=")
            return None if value == "false" else stated_digests({algorithm: digest})
    return None
