"""A page as HTML: Jinja2's templates beside this file, with every text escaped, style and script within."""

from __future__ import annotations

import base64
import hashlib
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from complexity.errors import escaped

from ...formats.atomic import write_bytes
from ..text import number
from .drawing import BOX, heat, interactive, levels, line, points
from .sections import Column, Messages, Page, Scale, Scatters, Section, Table

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FOLDER = Path(__file__).with_name("templates")


def write_page(path: Path, page: Page) -> None:
    """Write a page as one file, whole or not at all.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    write_bytes(path, page_text(page).encode())


def page_text(page: Page) -> str:
    """The page as HTML; sections of messages without any are left out."""
    from markupsafe import Markup

    environment, style, script = _environment(), *map(_source, ("style.css", "page.js"))
    sections = [one for one in page.sections if not (isinstance(one, Messages) and not one.texts)]
    return environment.get_template("page.html").render(
        page=page,
        sections=sections,
        kinds=list(map(_kind, sections)),
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
    )


@cache
def _environment() -> Environment:
    """Templates that escape every text, and show what cannot be printed; a name that is not there is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, finalize=_printable
    )
    environment.globals.update(
        box=BOX, line=line, points=points, heat=heat, interactive=interactive, correlation=_correlation,
        numeric=_numeric, shown=_shown, scale_of=_scale_of, legends=_legends,
    )  # fmt: skip
    environment.filters.update(levels_of=levels, breakable=_breakable)
    return environment


def _source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    """What the page's own policy allows to act: nothing but this source."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _printable(value: Any) -> Any:
    return escaped(value) if type(value) is str else value  # markup is a kind of str of its own


def _breakable(name: str) -> Markup:
    """A name that may be broken after its separators rather than within words."""
    from markupsafe import Markup, escape

    text = str(escape(escaped(name)))
    for separator in "_,=/":  # which no escape has
        text = text.replace(separator, f"{separator}<wbr>")
    return Markup(text)


def _kind(section: Section) -> str:
    return type(section).__name__.lower()


def _numeric(column: Column) -> bool:
    """Whether a column is sorted by its numbers."""
    return any(math.isfinite(cell.value) for cell in column.cells)


def _shown(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))


def _correlation(value: float) -> str:
    """Two decimals without the zero in front: many stand side by side."""
    return number(value).replace("0.", ".", 1).removeprefix("+")


def _scale_of(column: Column, row: int) -> Scale:
    assert column.scale is not None
    return column.scale[row] if isinstance(column.scale, tuple) else column.scale


def _legends(section: Table | Scatters) -> list[Scale]:
    """A scale for each legend that a section needs: one whose band and marks no other's hold."""
    if isinstance(section, Table):
        found = [_scale_of(one, 0) for one in section.columns if one.scale and one.cells]
    else:
        found = [one.scale for one in section.charts[0].standings] if section.charts else []
    keys = {_legend_key(scale): scale for scale in found}
    return [scale for key, scale in keys.items() if not any(key < other for other in keys)]


def _legend_key(scale: Scale) -> frozenset[tuple[str, int]]:
    """What a legend of this scale would explain: the band, and the marks with their styles."""
    marks = ((mark.name, style) for style, mark in enumerate(scale.marks))
    return frozenset((*marks, *([(scale.band_name, -1)] if scale.band else [])))
