"""What all pictures share; Matplotlib is imported when something is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from complexity.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(
    width: float = 7.0, height: float = 4.8, *, layout: Literal["constrained"] | None = "constrained"
) -> Figure:
    """An empty figure, in inches, that needs no display; its canvas is of Agg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout, dpi=130)
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG, the same bytes for the same picture.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Software": None})
    except OSError as error:
        raise InputError(f"the picture cannot be written: {error.strerror}", file=path) from error


def canvas_of(figure: Figure) -> Any:
    """The canvas of a figure: Agg's, with methods that have no types."""
    return figure.canvas


def save_pixels(canvas: Any, path: Path) -> None:
    """Write what stands on a canvas of Agg as `save_figure` does, without drawing it again."""
    from PIL import Image

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
        pixels.convert("RGB").save(path, format="png", compress_level=1)
    except OSError as error:
        raise InputError(f"the picture cannot be written: {error.strerror}", file=path) from error
