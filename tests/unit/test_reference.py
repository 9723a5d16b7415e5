"""The reference page says what the table says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_options_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["page"]()
    assert (DOCS / "reference" / "options.md").read_text(encoding="utf-8") == made


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    broken = []
    for page in [*root.glob("*.md"), *DOCS.rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for target in (part.partition(")")[0] for part in text.split("](")[1:]):
            path = target.partition("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                broken.append((page.name, target))
    assert broken == []
