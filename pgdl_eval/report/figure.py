"""What all pictures share; Matplotlib is imported when something is drawn."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from ..formats.atomic import write_bytes

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
    """Write what stands on a canvas of Agg as `save_figure` does, without drawing it again.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    write_bytes(path, png(np.asarray(canvas.buffer_rgba())[..., :3]))


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture (height, width, 3) as PNG: each row as its difference from the one above (filter 2 of the standard).

    Pillow tries all filters on each row, which takes three times as long for no fewer bytes of a plot.
    """
    height, width, _ = pixels.shape
    rows = np.empty((height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 0], rows[:, 1:] = 2, pixels.reshape(height, -1)
    rows[1:, 1:] -= rows[:-1, 1:].copy()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits of each of red, green, blue
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
