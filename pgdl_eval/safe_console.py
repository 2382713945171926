"""A console that shows control characters in text instead of sending them to the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from complexity.errors import escaped


class SafeConsole(Console):
    """A `rich` console; names and messages of strangers' files cannot move the cursor, colour or rename anything.

    What rich itself tells the terminal passes.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Text is laid out as it is shown."""
        return super().render_str(escaped(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(escaped(segment.text), segment.style)
