"""Where panels stand in a figure: in inches, so that no text needs to be drawn before its place is known."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

LINE = 1.25 / 72  # inches that a line of text takes, for each point of its size
LETTER = 0.58 / 72  # inches that a letter takes, about, for each point of its size
TITLE = 0.3  # inches above all panels
HEAD = 0.45  # inches more, for what is seen and what is shown
EDGE = 0.06  # inches that stay free at the figure's sides


@dataclass(frozen=True)
class Room:
    """Inches around each panel that its ticks, labels and title take; the defaults hold a title of two lines.

    Attributes
    ----------
    left, right, below, above : of each panel.
    outer_left, outer_right, outer_below, outer_above : of the whole figure, for what all panels share or those at its
        edges have, beside its title and legend.
    """

    left: float = 0.32
    right: float = 0.1
    below: float = 0.2
    above: float = 0.38
    outer_left: float = 0.2
    outer_right: float = 0.0
    outer_below: float = 0.18
    outer_above: float = 0.0


def place_labels(axes: Axes, left: float, below: float) -> None:
    """Set where the labels of a panel's axes stand: inches from it. Matplotlib else looks at all ticks for a place."""
    scale = axes.get_figure(root=True).dpi_scale_trans  # type: ignore[union-attr]
    axes.xaxis.set_label_coords(0.5, 0, axes.transAxes + ScaledTranslation(0, -below, scale))
    axes.yaxis.set_label_coords(0, 0.5, axes.transAxes + ScaledTranslation(-left, 0, scale))


def arrange(figure: Figure, room: Room, legend: float = 0.0) -> None:
    """Place the panels of a figure's grid, all of one size.

    Parameters
    ----------
    legend : inches that a legend below all panels takes.
    """
    grid = figure.axes[0].get_subplotspec().get_gridspec()  # type: ignore[union-attr]
    width, height = figure.get_size_inches()
    left, right = EDGE + room.outer_left + room.left, width - EDGE - room.outer_right - room.right
    bottom, top = EDGE + legend + room.outer_below + room.below, height - TITLE - room.outer_above - room.above
    between = room.left + room.right, room.below + room.above
    inner = [
        (length - (count - 1) * gap) / count
        for length, count, gap in zip((right - left, top - bottom), (grid.ncols, grid.nrows), between, strict=True)
    ]
    figure.subplots_adjust(
        left / width, bottom / height, right / width, top / height, between[0] / inner[0], between[1] / inner[1]
    )
