"""Places, ticks and levels: what a drawing has, by its data alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pgdl_eval.report.page as room
from pgdl_eval.report.page.axes import axis_of
from pgdl_eval.report.page.drawing import BOX, LEVELS, LINE, heat, levels, line, points
from pgdl_eval.report.page.sections import (
    Cell,
    Chart,
    Facts,
    HeatMap,
    Mark,
    Messages,
    Page,
    Property,
    Scale,
    Scatters,
    Table,
    Verdicts,
    reading,
)
from pgdl_eval.report.page.writing import page_text

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=8))
def test_any_finite_values_have_places_in_their_order_and_a_few_ticks(values):
    axis = axis_of(values)
    shares = [axis.share(value) for value in values]
    assert all(0 <= share <= 1 for share in shares)
    assert all(a <= b for a, b in zip(sorted(shares), [axis.share(value) for value in sorted(values)], strict=True))
    ticks = axis.ticks()
    assert len(ticks) <= 11
    assert [place for place, _ in ticks] == sorted(place for place, _ in ticks)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.0, 1.0], ["0.0", "0.5", "1.0"]),
        ([12.0, 47.0], ["20", "30", "40"]),
        ([-0.02, 0.03], ["-0.02", "0.00", "0.02"]),
        ([3.0], ["2.8", "3.0", "3.2"]),
        ([0.0], ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        ([1e-3, 1e5], ["1e-03", "1e-01", "1e+01", "1e+03", "1e+05"]),
        ([6e6, 2e7], ["1.0e+07", "1.5e+07", "2.0e+07"]),
        ([2e7, 5e7], ["2e+07", "3e+07", "4e+07", "5e+07"]),
    ],
)
def test_ticks_are_round_numbers(values, labels):
    assert [label for _, label in axis_of(values).ticks()] == labels


def test_a_tick_stands_where_its_number_does():
    axis = axis_of([3.0, 11.0])
    for place, label in axis.ticks():
        assert place == pytest.approx(axis.share(float(label)))


def test_a_point_stands_inside_the_frame_by_its_two_values():
    chart = Chart("m", (2, 0, 1), (1.0, 3.0, 2.0), "")
    places = points(Scatters("", ("a", "b", "c"), (10.0, 20.0, 30.0), "gap", (chart,)), chart).places
    assert all(BOX.left < x < BOX.right and BOX.top < y < BOX.bottom for x, y in places)
    assert places[0][0] < places[2][0] < places[1][0]
    assert places[0][1] < places[2][1] < places[1][1]  # a larger gap stands higher


def test_a_value_is_drawn_on_its_scale_with_band_marks_and_interval():
    scale = Scale(-1, 1, (-0.5, 0.5), "noise", (Mark("floor", 0.25), Mark("unknown", math.nan), Mark("ceiling", 3)))
    drawn = line(Cell("", 0.5, 0.0, 2.0), scale)
    assert (drawn.band, drawn.value, drawn.interval, drawn.zero) == ((50, 150), 150, (100, LINE), 100)
    assert drawn.marks == ((0, 125), (2, LINE))
    nothing = line(Cell("-"), Scale(0, 1))
    assert (nothing.band, nothing.value, nothing.interval, nothing.zero, nothing.marks) == (None, None, None, None, ())


def test_levels_are_in_the_order_of_numbers():
    found = levels(Property("width", ("16", "2", "none", "2", "128")))
    assert (found.labels, found.of) == (("2", "16", "128", "none"), (1, 0, 3, 0, 2))


def test_many_numbers_become_bins_of_as_many_models():
    numbers = np.random.default_rng(0).permutation(60) / 7
    found = levels(Property("rate", tuple(map(str, numbers))))
    assert [found.of.count(level) for level in range(len(found.labels))] == [10] * 6
    order = np.argsort(numbers)
    assert sorted(found.of) == [found.of[i] for i in order]
    assert found.labels[0] == "0 to 1.286"


def test_of_many_words_the_rarest_share_a_level():
    values = tuple(f"word {i}" for i in range(30) for _ in range(i + 1))
    found = levels(Property("name", values))
    assert len(found.labels) == LEVELS
    assert found.labels[-1] == "19 others"
    assert found.labels[found.of[values.index("word 29")]] == "word 29"
    assert found.of[0] == LEVELS - 1


def test_a_heat_map_has_a_style_a_fifth():
    assert [heat(value) for value in (-1, -0.5, -0.05, 0, 0.3, 1, math.nan)] == [
        "n5",
        "n2",
        "z",
        "z",
        "p2",
        "p5",
        "none",
    ]


def test_a_reading_names_the_ends():
    found = reading("angle", (3.0, 1.0, 2.0), (10.0, 20.0, 30.0), ("a", "b", "c"))
    assert found == "angle of 3 models, from 1 (b, at 20) to 3 (a, at 10)."
    assert reading("angle", (2.0, 2.0), (1.0, 2.0), ("a", "b")) == "angle of 2 models, all 2."
    assert reading("angle", (), (), ()) == "No model has a value."


def test_sections_may_be_empty():
    empty = (
        Verdicts("v", "nothing"),
        Messages("left out", "note", ()),
        Table("t", ()),
        Scatters("s", (), (), "gap", ()),
        Scatters("one", ("a",), (1.0,), "gap", (Chart("m", (0,), (2.0,), ""), Chart("none", (), (), ""))),
        HeatMap("h", (), ()),
        Facts("f", ()),
    )
    text = page_text(Page("title", "", empty))
    assert "left out" not in text
    assert text.count("<section") == len(empty) - 1


def test_the_example_of_the_docstring_runs(tmp_path):
    lines = (room.__doc__ or "").split("::\n\n")[1].split("\n\n`of")[0].split("\n`")[0].splitlines()
    exec("\n".join(line[4:] for line in lines), {"folder": tmp_path})
    assert "subspace_stability" in (tmp_path / "report.html").read_text()
