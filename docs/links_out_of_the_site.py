"""A hook of MkDocs: a link to what the site does not hold, a file of the checkout, becomes its words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parent
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?://|#)([^)#\s]+)(#[^)\s]*)?\)")
SHOWN = (".md", ".png")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page without links to what stands beside the pages; one to nothing stays, and the build tells of it."""

    def one(found: re.Match[str]) -> str:
        target = (PAGES / found[2]).resolve()
        outside = target.exists() and not (target.is_relative_to(PAGES) and target.suffix in SHOWN)
        return found[1] if outside else found[0]

    return LINK.sub(one, markdown)
