"""An extension of Griffe, which reads docstrings for the site: this project's sections become Markdown.

A parameter stands here as `name : what it is`, without a type, which annotations say; the parser for NumPy would take
the words for one.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

HEAD = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
ENTRY = re.compile(r"^( *)([*\w]+(?:, [*\w]+)*) : ")  # those of a keyword's own stand within it
LISTS = ("Parameters", "Attributes")


class Sections(griffe.Extension):
    """Rewrites the docstring of everything that is shown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(docstring: str) -> str:
    """A docstring of NumPy's form, cleaned, with bold heads, lists of parameters, and examples as code."""
    first, *rest = HEAD.split(docstring)
    parts = [first.strip()]
    for head, text in zip(rest[::2], rest[1::2], strict=True):
        parts += [f"**{head}**", section(head, text.strip("\n"))]
    return "\n\n".join(parts)


def section(head: str, text: str) -> str:
    if head == "Examples":
        return f"```pycon\n{text}\n```"
    if head == "Raises":
        return re.sub(r"^(\w+)\n +", r"* `\1`: ", text, flags=re.MULTILINE)
    if head in LISTS:
        return "\n".join(ENTRY.sub(_item, line) for line in text.splitlines())
    return text


def _item(found: re.Match[str]) -> str:
    names = ", ".join(f"`{name}`" for name in found[2].split(", "))
    return f"{found[1]}* {names}: "
