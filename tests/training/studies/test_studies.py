"""The studies: tables against direct formulas, all figures from a few small runs, and what is said to be missing."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from scipy.stats import gaussian_kde

from complexity import angle
from complexity.errors import InputError
from training.command import train as commands
from training.recipes.recipes import RECIPES
from training.runs.experiment import Experiment, Place
from training.runs.keeping import keep_runs
from training.runs.run import train
from training.runs.run_folder import RunFolder, decomposition, find_runs
from training.studies import STUDIES, draw_studies
from training.studies.accuracy_and_angle import correlations, given_epoch
from training.studies.chance import permuted_degrees
from training.studies.cohort import Cohort, Missing, Records, cohorts, distinct_untrained
from training.studies.drawing import write_titles
from training.studies.low_rank import approximation_error, explained_variance, share_of_constant
from training.studies.model_data_angle import LARGEST
from training.studies.palette import COLOURS, group_of, in_order, style
from training.studies.panels import WIDTH, spread
from training.studies.value_distribution import CENTRES, EDGES, densities
from training.studies.vectors import degrees, largest_angles, random_degrees, random_matrix, random_vectors, to_constant
from training.studies.within_first_epoch import largest

TINY = {"epochs": 2, "batch_size": 16, "subset_rows": 24}
RUNS = [("resnet18", 0), ("resnet18", 1), ("resnet18_shuffled_labels", 0), ("autoencoder", 0), ("simclr", 0)]


@pytest.fixture(scope="session")
def noise(tmp_path_factory) -> Path:
    """A folder with a data set of noise of 12 pixels."""
    folder = tmp_path_factory.mktemp("noise")
    write_noise(folder, seed=0)
    return folder


def write_noise(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = {f"x_{part}": rng.integers(0, 256, (n, 12, 12, 3), np.uint8) for part, n in (("train", 48), ("test", 24))}
    np.savez(folder / "noise.npz", **arrays, y_train=np.arange(48) % 4, y_test=np.arange(24) % 4)


@pytest.fixture(scope="session")
def runs(noise, tmp_path_factory) -> Path:
    """Four recipes, three paradigms, two seeds and a run that has not ended."""
    out = tmp_path_factory.mktemp("studied")
    place = Place(noise, out, "cpu")
    for recipe, seed in RUNS:
        train(Experiment(recipe, "smoke", "noise", seed, TINY), place)
    train(Experiment("mlp", "smoke", "noise", 0, TINY), place, until=1)
    return out


@pytest.fixture(scope="session")
def cohort(runs) -> Cohort:
    (found,) = cohorts(find_runs(runs))
    return found


@pytest.fixture(scope="session")
def kept_cohort(runs, noise, tmp_path_factory) -> Cohort:
    out = tmp_path_factory.mktemp("kept")
    list(keep_runs(runs, out))
    (found,) = cohorts(find_runs(out), noise)
    return found


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


def angle_by_arccos(u, v):
    return np.degrees(np.arccos(min(1, abs(u @ v) / np.linalg.norm(u) / np.linalg.norm(v))))


def test_tables_hold_the_angles_between_recorded_p_vectors(cohort):
    first, second = (member for member in cohort.members if member.recipe == "resnet18")
    pairs = STUDIES["well_trained_cosines"].compute(cohort)
    for centering in ("uncentered", "centered"):
        u, v = (decomposition(m.trained, "test", center=centering == "centered").vectors[:, 0] for m in (first, second))
        row = pairs[(pairs["matrix"] == "well-trained, test") & (pairs["centering"] == centering)]
        row = row[(row["first"] == "resnet18") & (row["second"] == "resnet18")]
        assert row["degrees"].item() == pytest.approx(angle_by_arccos(u, v), abs=0.05)
        assert row["cosine"].item() == pytest.approx(abs(u @ v), abs=1e-5)
    table = STUDIES["model_data_angle"].compute(cohort)
    row = table.query("recipe == 'resnet18' and seed == 1 and epoch == 2 and matrix == 'train'")
    row = row[row["convention"] == "data alone centered"]
    u = decomposition(second.trained, "train").vectors[:, 0]
    v = decomposition(second.data, "train/raw", center=True).vectors[:, 0]
    assert row["degrees"].item() == pytest.approx(angle_by_arccos(u, v), abs=0.05)


def test_a_run_ends_at_its_own_last_p_vector_within_the_first_epoch_and_after(cohort):
    own = STUDIES["own_convergence"].compute(cohort)
    own = own[own["quantity"] == "train: to its own last P-vector"].dropna(subset=["epoch"])
    assert own.loc[own["epoch"] == 2, "degrees"].max() == pytest.approx(0, abs=1e-4)
    assert own.loc[own["epoch"] == 0, "degrees"].min() > 1
    within = STUDIES["within_first_epoch"].compute(cohort)
    assert set(within["iteration"].dropna()) == {0, 1, 2, 3}
    summary = largest(within)
    assert (summary["largest"] >= summary[["untrained", "end"]].max(axis=1)).all()


def test_across_paradigms_no_run_is_compared_with_itself_and_shuffled_labels_are_no_well_trained_network(cohort):
    found = STUDIES["across_paradigms"].compute(cohort).dropna(subset=["epoch"])
    assert set(found["checkpoint"]) == {"supervised", "reconstruction", "contrastive", "shuffled labels"}
    assert "resnet18_shuffled_labels" not in set(found["other"])
    assert not ((found["recipe"] == found["other"]) & (found["seed"] == found["other_seed"])).any()


def test_summaries_hold_the_ends_of_the_curves_and_the_means_of_the_pairs(cohort):
    study = STUDIES["across_paradigms"]
    frame = study.compute(cohort)
    ends = study.summary(frame).set_index(["centering", "checkpoint", "well_trained"])
    chosen = frame.query("checkpoint == 'reconstruction' and well_trained == 'supervised' and centering == 'centered'")
    row = ends.loc["centered", "reconstruction", "supervised"]
    assert row["mean_untrained"] == pytest.approx(chosen.query("epoch == 0")["degrees"].mean())
    assert row["mean_last"] == pytest.approx(chosen.query("epoch == 2")["degrees"].mean())
    assert row["count_last"] == 2
    last = chosen.query("epoch == 2")
    assert row["effect"] == pytest.approx((1 - last["degrees"] / last["chance"]).mean())
    assert row["largest_p_value"] == last["p_value"].max()
    study = STUDIES["well_trained_cosines"]
    frame = study.compute(cohort)
    pairs = study.summary(frame).query("matrix == 'well-trained, train' and centering == 'centered'").set_index("pair")
    assert pairs.loc["two seeds of resnet18", "count"] == 1
    assert pairs.loc["reconstruction - supervised", "count"] == 2
    assert (pairs["p_value"] <= pairs["largest_p_value"]).all()
    study = STUDIES["model_data_angle"]
    frame = study.compute(cohort)
    ends = study.summary(frame).set_index(["matrix", "convention", "recipe"]).loc["test", "both centered", "resnet18"]
    chosen = frame.query("matrix == 'test' and convention == 'both centered' and recipe == 'resnet18'")
    for name, epoch in {"untrained": 0, "epoch_1": 1, "last": 2}.items():
        assert ends[name] == pytest.approx(chosen[chosen["epoch"] == epoch]["degrees"].mean())
    study = STUDIES["top_vectors"]
    means = study.summary(study.compute(cohort)).query("k == 1 and centering == 'uncentered'")
    assert set(means.loc[means["pair"] == "well-trained, two seeds", "count"]) == {1}


def test_angles_stand_beside_their_null_and_the_untrained_networks(cohort):
    frame = STUDIES["across_paradigms"].compute(cohort).query("recipe == 'simclr' and other == 'autoencoder'")
    frame = frame[frame["centering"] == "centered"].set_index("epoch")
    simclr, autoencoder = (next(m for m in cohort.members if m.recipe == name) for name in ("simclr", "autoencoder"))
    u, v = (decomposition(m.trained, "train", center=True).vectors[:, 0] for m in (simclr, autoencoder))
    drawn = permuted_degrees(u, v, 2000, np.random.default_rng(0))
    last = frame.loc[2]
    assert last["chance"] == pytest.approx(np.median(drawn), abs=1)
    assert last["chance_low"] == pytest.approx(np.quantile(drawn, 0.05), abs=2)
    assert last["effect"] == pytest.approx(1 - last["degrees"] / last["chance"])
    assert last["p_value"] == pytest.approx(np.mean(drawn <= last["degrees"]), abs=0.03)
    assert last["untrained"] == frame.loc[0, "degrees"]
    assert last["effect_of_training"] == pytest.approx(1 - last["degrees"] / frame.loc[0, "degrees"])
    pairs = STUDIES["well_trained_cosines"].compute(cohort).query("matrix == 'well-trained, train'")
    pairs = pairs[pairs["centering"] == "centered"].set_index(["first", "first_seed", "second", "second_seed"])
    assert np.isnan(pairs.loc[("resnet18", 0, "simclr", 0), "untrained"])
    between = (decomposition(m.untrained, "train", center=True).vectors[:, 0] for m in (autoencoder, simclr))
    assert pairs.loc[("autoencoder", 0, "simclr", 0), "untrained"] == pytest.approx(degrees(*between))


def test_networks_that_start_equal_count_once_as_untrained(cohort):
    found = [(member.recipe, member.seed) for member in distinct_untrained(cohort.members)]
    assert found == [("autoencoder", 0), ("resnet18", 0), ("resnet18", 1)]


def test_too_few_runs_are_said(cohort, runs, tmp_path):
    alone = Cohort("noise", cohort.members[:1])
    needs = {}
    for name, study in STUDIES.items():
        try:
            study.compute(alone)
        except Exception as missing:
            needs[name] = str(missing)
    assert needs == {
        "well_trained_cosines": "needs at least 2 finished runs, found 1",
        "across_paradigms": "needs finished runs of two groups of paradigms, found reconstruction",
        "top_vectors": "needs at least 2 finished runs, found 1",
        "layers": "needs a finished run that records its residual blocks, such as resnet18",
        "image_folder_cosines": "needs runs on images of at least 64 pixels, such as tiny_imagenet; found 12",
    }
    with pytest.raises(InputError, match=r"study: no such study; did you mean layers\?"):
        list(draw_studies(runs, tmp_path, "layer"))


def test_random_relu_matrices_stand_as_far_apart_as_independence_says(cohort):
    rows, columns = 4000, 256
    # Row means are m + s/sqrt(d) noise, m = 1/sqrt(2 pi), s^2 = 1/2 - m^2; the P-vector is nearly that of row means.
    m = 1 / np.sqrt(2 * np.pi)
    expected = np.degrees(np.arccos(1 / (1 + (0.5 - m**2) / columns / m**2)))
    assert degrees(*random_vectors(rows, columns, "uncentered")) == pytest.approx(expected, abs=0.3)
    assert expected == pytest.approx(7.4, abs=0.1)
    assert degrees(*random_vectors(rows, columns, "centered")) > 80
    assert random_matrix(5, 4, 0).min() == 0
    assert 0 < random_degrees(cohort.members[0].trained, "train", "uncentered") < 60


def test_angles_to_the_constant_and_to_an_unknown_vector():
    assert to_constant(np.array([1.0, 0, 0, 0])) == pytest.approx(60)
    assert np.isnan(degrees(np.full(3, np.nan), np.ones(3)))


def test_explained_variance_and_error_are_those_of_the_best_approximation():
    matrix = np.random.default_rng(0).standard_normal((30, 8))
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    for k in (1, 3, 8):
        rest = np.linalg.norm(matrix - (u[:, :k] * s[:k]) @ vt[:k])
        assert approximation_error(s, k) == pytest.approx(rest / np.linalg.norm(matrix), abs=1e-12)
        assert explained_variance(s, k) == pytest.approx(1 - (rest / np.linalg.norm(matrix)) ** 2)


def test_the_constant_vector_explains_what_centring_takes_away():
    matrix = np.random.default_rng(0).standard_normal((30, 8)) + 0.7
    values = (np.linalg.svd(part, compute_uv=False) for part in (matrix, matrix - matrix.mean(axis=0)))
    constant = np.ones(30) / np.sqrt(30)
    expected = np.linalg.norm(constant @ matrix) ** 2 / np.linalg.norm(matrix) ** 2
    assert share_of_constant(*values) == pytest.approx(expected, abs=1e-12)


def test_the_papers_point_of_the_first_epoch_is_the_largest_angle_within_it(cohort):
    within = STUDIES["within_first_epoch"].compute(cohort)
    within = within.query("quantity == 'to the data' and centering == 'centered' and iteration > 0")
    largest_angle = within.groupby(["recipe", "seed"])["degrees"].max()
    found = STUDIES["model_data_angle"].compute(cohort).query("convention == 'both centered' and epoch == 1")
    found = found[found["matrix"] == LARGEST].set_index(["recipe", "seed"])["degrees"]
    assert len(found) == len(largest_angle) == 5
    assert found.to_numpy() == pytest.approx(largest_angle[found.index].to_numpy(), abs=1e-3)


@pytest.mark.parametrize("name", [name for name in STUDIES if name != "image_folder_cosines"])
def test_tables_of_kept_runs_are_those_of_the_runs_to_the_stated_precision(cohort, kept_cohort, name):
    tables = [STUDIES[name].compute(one) for one in (cohort, kept_cohort)]
    numbers = [table.select_dtypes("number") for table in tables]
    assert tables[0].drop(columns=numbers[0]).equals(tables[1].drop(columns=numbers[1]))
    precision = {"degrees": 0.5, "smoothed": 0.1}
    for column in numbers[0].columns.intersection(
        [*precision, "explained_variance", "singular_value", "test_accuracy"]
    ):
        expected, found = (table[column].to_numpy(float) for table in numbers)
        assert found == pytest.approx(expected, rel=1e-6, abs=precision.get(column, 1e-6), nan_ok=True), column


def test_kept_runs_hold_no_labels_and_take_them_from_the_data_set_that_they_were_trained_on(
    cohort, kept_cohort, tmp_path
):
    member = kept_cohort.members[0]
    assert not [name for name in member.data if "labels" in name]
    for part in ("train", "test"):
        assert kept_cohort.labels(part).tolist() == cohort.labels(part).tolist()
    write_noise(tmp_path, seed=1)
    with pytest.raises(InputError, match="SHA-256 of noise: the data set is not the one that the runs were trained on"):
        replace(kept_cohort, data_dir=tmp_path).labels("train")
    with pytest.raises(InputError, match=r"no data found at .*noise\.npz"):
        replace(kept_cohort, data_dir=tmp_path / "nothing").labels("train")
    with pytest.raises(Missing, match="kept runs hold no labels: give the folder of the data set by --data-dir"):
        STUDIES["agreement_parts"].compute(replace(kept_cohort, data_dir=None))


def test_densities_integrate_to_one_and_a_constant_vector_has_none():
    u = np.random.default_rng(0).standard_normal(5000)
    for density in densities(u / np.linalg.norm(u)):
        assert np.sum(density * np.diff(EDGES)) == pytest.approx(1, abs=1e-3)
        assert density[np.abs(CENTRES) < 0.1] == pytest.approx(1 / np.sqrt(2 * np.pi), abs=0.06)
    assert np.isnan(densities(np.ones(50) / np.sqrt(50))).all()


def test_a_common_trend_is_a_correlation_for_the_papers_way_alone():
    rng, rows = np.random.default_rng(0), []
    for seed in range(7):
        walk = np.cumsum(rng.standard_normal((2, 20)), axis=1) * 0.1
        for epoch in range(1, 21):
            angle, accuracy = 80 - epoch + walk[0, epoch - 1], 0.1 + 0.03 * epoch + 0.03 * walk[1, epoch - 1]
            row = {"recipe": "resnet18", "seed": seed, "shuffled": False, "epoch": epoch, "convention": "c"}
            rows.append({**row, "degrees": angle, "test_accuracy": accuracy})
    found = correlations(pd.DataFrame(rows)).set_index("method")
    assert found.loc["checkpoints of one run", "spearman"].max() < -0.98
    assert found.loc["checkpoints of one run", "p_value"].max() < 1e-10
    assert found.loc["given the epoch", "p_value"] > 0.05


def test_the_test_given_the_epoch_finds_what_distinguishes_runs():
    level = np.arange(6.0)[:, None]
    epochs = np.arange(5.0)
    value, p_value = given_epoch(80 - level - epochs, 0.1 * level + epochs)
    assert value == pytest.approx(-1)
    assert p_value == pytest.approx(2 / 720)
    assert np.isnan(given_epoch(np.ones((4, 3)), np.ones((4, 3)))).all()


def test_subspaces_of_one_to_all_vectors_have_the_angles_that_scipy_finds():
    rng = np.random.default_rng(0)
    u = rng.standard_normal((300, 5))
    for apart in (1.0, 0.1, 1e-4, 1e-9, 0.0):
        v = (u + apart * rng.standard_normal(u.shape)) @ np.triu(rng.standard_normal((5, 5)))
        expected = [degrees(u[:, :k], v[:, :k]) for k in range(1, 6)]
        assert largest_angles(u, v) == pytest.approx(expected, rel=1e-6, abs=1e-10)
    known = v.copy()
    v[:, 3:] = np.nan
    assert largest_angles(u, v) == pytest.approx([*largest_angles(u, known)[:3], np.nan, np.nan], nan_ok=True)


def test_an_angle_between_lines_is_that_of_the_package():
    rng = np.random.default_rng(0)
    u = rng.standard_normal(50)
    for apart in (1.0, 1e-4, 1e-9):
        v = u + apart * rng.standard_normal(50)
        assert degrees(u, -v) == pytest.approx(angle(u, v), rel=1e-6)
    with pytest.raises(InputError, match="zero"):
        degrees(u, np.zeros(50))
    with pytest.raises(InputError, match="length"):
        degrees(u, u[1:])


def test_smoothed_densities_are_those_of_scipy():
    u = np.random.default_rng(0).standard_normal(1500)
    u /= np.linalg.norm(u)
    assert densities(u)[0] == pytest.approx(gaussian_kde(u * np.sqrt(1500))(CENTRES), rel=1e-9, abs=1e-15)


def test_records_beyond_the_memory_for_them_are_read_again(cohort, monkeypatch):
    run = cohort.members[0].run
    kept = Records()
    assert kept.read(run, 1) is kept.read(run, 1)
    monkeypatch.setattr("training.studies.cohort.MAX_BYTES", 0)
    none = Records()
    first, second = none.read(run, 1), none.read(run, 1)
    assert first is not second
    assert all(np.array_equal(first[name], second[name], equal_nan=True) for name in first)


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
