"""The figures: which are drawn, that they can be read, and what is written of them."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from training.command import train as commands
from training.recipes.recipes import RECIPES
from training.runs.run_folder import RunFolder
from training.studies import STUDIES
from training.studies.drawing import write_titles
from training.studies.palette import COLOURS, group_of, in_order, style
from training.studies.panels import WIDTH, spread


@pytest.fixture(scope="session")
def drawn(runs, tmp_path_factory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("figures")
    result = CliRunner().invoke(commands, ["figures", str(runs), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out / "noise", result.output


def test_the_command_draws_what_the_runs_allow_and_says_what_is_missing(runs, drawn):
    folder, output = drawn
    assert f"noise: missing: not finished: {runs}/noise/mlp/seed_0\n" in output
    assert "noise: missing: no finished run of mlp, resnet20, " in output
    assert "noise image_folder_cosines: missing: needs runs on images of at least 64 pixels, such as " in output
    allowed = [name for name in STUDIES if name != "image_folder_cosines"]
    assert [name for name in STUDIES if f"noise {name}: drawn\n" in output] == allowed
    for name in allowed:
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len(pd.read_csv(folder / f"{name}.csv")) > 0
        assert (folder / f"{name}_all.pdf").exists() == (STUDIES[name].every is not None)
    assert not list(folder.glob("image_folder_cosines*"))
    told = json.loads((folder / "runs.json").read_text())
    assert [run["seed"] for run in told] == [0, 0, 1, 0, 0]
    last = RunFolder(runs / told[0]["run"]).metrics()[-1]
    assert told[0]["reached"] == {name: last[name] for name in told[0]["reached"]}
    assert set(told[0]["reached"]) >= {"train_accuracy", "test_accuracy", "test_loss"}


FIGURES = [(name, kind) for name, study in STUDIES.items() for kind in ("draw", "every") if getattr(study, kind)]


@pytest.fixture(scope="session")
def tables(cohort) -> dict[str, pd.DataFrame]:
    return {name: study.compute(cohort) for name, study in STUDIES.items() if name != "image_folder_cosines"}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kind in FIGURES if name != "image_folder_cosines"])
def test_no_text_of_a_figure_is_cut_off_or_written_over_another(tables, name, kind):
    study = STUDIES[name]
    figure = getattr(study, kind)(tables[name])
    write_titles(figure, study.title, study.headline(tables[name]) if kind == "draw" else "")
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    panels = [axes for axes in figure.axes if axes.axison]
    boxes = [axes.get_tightbbox(renderer) for axes in panels]
    legends = [legend.get_window_extent(renderer) for legend in figure.legends]
    labels = [text.get_window_extent(renderer) for text in figure.texts]
    for box in [*boxes, *labels]:
        assert min(box.x0, box.y0) > -1, box
        assert min(figure.bbox.x1 - box.x1, figure.bbox.y1 - box.y1) > -1, box
    for one, other in combinations([*boxes, *legends, *labels], 2):
        wide, high = min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(wide, high) < 3, (name, one, other)  # pixels; a curve's marker may stand over its panel's edge
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 8
    if kind == "draw":
        assert len(figure.axes) <= 8
        assert figure.get_figwidth() <= WIDTH


def test_headlines_are_made_of_the_numbers_of_the_table(tables):
    frame = tables["model_data_angle"].query("matrix == 'train' and epoch == 2")
    told = [
        f"{name} {part['degrees'].mean():.0f} (chance {part['chance'].mean():.0f}, untrained "
        f"{part['untrained'].mean():.0f})"
        for name, part in frame.groupby("convention", sort=False)
    ]
    headline = STUDIES["model_data_angle"].headline(tables["model_data_angle"])
    expected = f"Degrees from model to data at the end: {told[0]}; {told[1]}; the papers say 50 to 60"
    assert headline == expected
    changed = tables["model_data_angle"].assign(degrees=12.0)
    assert "neither centered 12 (" in STUDIES["model_data_angle"].headline(changed)


def test_points_without_a_certain_p_vector_are_crosses_and_break_the_line(tables):
    frame = tables["own_convergence"]
    frame = frame.assign(undetermined=(frame["epoch"] == 1) & (frame["centering"] == "centered"))
    axes = STUDIES["own_convergence"].draw(frame).axes[1]
    crosses = [line for line in axes.lines if line.get_marker() == "x" and len(line.get_xdata())]
    assert crosses
    assert all(list(line.get_xdata()) == [1] for line in crosses)
    thick = [line for line in axes.lines if line.get_linewidth() > 1.5 and line.get_marker() != "x"]
    assert all(np.isnan(line.get_ydata()).tolist() == [False, True, False] for line in thick)


def test_names_at_the_ends_of_lines_keep_their_distance_inside_the_panel_and_stay_where_they_can():
    assert spread([], 0.1) == []
    assert spread([0.2, 0.5, 0.9], 0.1) == [0.2, 0.5, 0.9]
    assert spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])
    assert spread([0.0, 0.01, 0.02, 0.9], 0.1) == pytest.approx([0.0, 0.1, 0.2, 0.9])
    rng = np.random.default_rng(0)
    for _ in range(50):
        found = spread(sorted(rng.beta(0.3, 0.3, 9)), 0.1)
        assert np.diff(found).min() > 0.1 - 1e-9
        assert found[0] > -1e-9
        assert found[-1] < 1 + 1e-9


def test_colours_and_lines_tell_paradigms_and_recipes_apart_in_grey_and_within_a_panel():
    looks = {name: (style(name)["color"], style(name)["linestyle"]) for name in RECIPES}
    assert len(set(looks.values())) == len(RECIPES)
    assert {group_of(name) for name in RECIPES} == set(COLOURS)
    assert in_order(["simclr", "mlp", "data", "resnet20_shuffled_labels"]) == [
        "mlp",
        "simclr",
        "resnet20_shuffled_labels",
    ]
