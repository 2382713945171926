"""Trained models ranked: what the command prints and keeps, and what Python gets."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from command_line import invoke

import pgdl_eval
from complexity.errors import InputError
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.atomic import PART
from pgdl_eval.ranking.running.runs import VALUES
from pgdl_eval.sample.run import FOLDER

FAST = ("--measure", "angle", "--measure", "pseudo_validation", "--halves", "2")
TASK = FOLDER / "digits"


def rank(*arguments):
    return invoke(commands, "rank", *arguments)


@pytest.fixture(scope="module")
def ranked(zoo, tmp_path_factory):
    """The whole default way of a newcomer: a folder of models and their data."""
    out = tmp_path_factory.mktemp("ranked")
    return rank(zoo.folder / "onnx", "--data", zoo.folder / "train.npz", "--out", out), out


def test_a_folder_and_its_data_give_a_verdict_and_a_table_of_80_columns(ranked, zoo):
    result, out = ranked
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "is ranked best of 8 models; trust this order" in " ".join(lines[:3])
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.stdout
    for name in zoo.networks:
        assert name in result.stdout
    table = pd.read_csv(out / "ranking.csv")
    assert set(table["model"]) == set(zoo.networks)
    assert list(table["place"]) == sorted(table["place"])
    assert (table["place_low"] <= table["place"]).all()
    assert (table["place"] <= table["place_high"]).all()


def test_accuracies_parameters_and_layers_are_those_of_the_models(ranked, zoo):
    table = pd.read_csv(ranked[1] / "ranking.csv").set_index("model")
    for name, network in zoo.networks.items():
        assert table.loc[name, "parameters"] == sum(one.numel() for one in network.parameters())
        x, y = zoo.train
        logits = network(torch.from_numpy(x)).argmax(1).numpy()
        assert table.loc[name, "training_accuracy"] == pytest.approx((logits == y).mean(), abs=0.006)
        assert table.loc[name, "layer_width"] == (16 if "_16_" in name else 64)


def test_values_are_those_of_the_measures_and_lie_far_from_random_features(ranked, zoo):
    table = pd.read_csv(ranked[1] / "ranking.csv").set_index("model")
    name = next(iter(zoo.networks))
    alone = pgdl_eval.compute("angle", zoo.networks[name], zoo.train)
    assert table.loc[name, "angle"] == pytest.approx(float(alone), abs=1e-3)
    assert (table["pseudo_validation"] > table["pseudo_validation random"] + 0.1).all()
    assert table["pseudo_validation random"].between(0, 0.25).all()
    assert (table["angle spread"] > 0).all()


def test_a_second_run_computes_nothing_and_a_changed_model_is_computed_anew(zoo, tmp_path):
    models, out = tmp_path / "models", tmp_path / "out"
    shutil.copytree(zoo.folder / "onnx", models)
    arguments = (models, "--data", zoo.folder / "train.npz", "--out", out, *FAST)
    assert rank(*arguments).exit_code == 0
    before = json.loads((out / VALUES / "angle.provenance.json").read_text())
    assert rank(*arguments).exit_code == 0
    assert json.loads((out / VALUES / "angle.provenance.json").read_text()) == before
    names = sorted(zoo.networks)
    shutil.copy(models / f"{names[0]}.onnx", models / f"{names[1]}.onnx")
    assert rank(*arguments).exit_code == 0
    after = json.loads((out / VALUES / "angle.provenance.json").read_text())
    changed = {name for name in names if after["seconds"][name] != before["seconds"][name]}
    assert changed == {names[1]}
    values = json.loads((out / VALUES / "angle.predict").read_text())
    assert values[names[0]] == values[names[1]]
    assert not [one for one in out.rglob("*") if one.name.endswith((PART, ".lock", ".jsonl"))]


def test_what_a_killed_run_left_in_its_journal_is_kept(zoo, tmp_path):
    out = tmp_path / "out"
    arguments = (zoo.folder / "onnx", "--data", zoo.folder / "train.npz", "--out", out, *FAST)
    assert rank(*arguments).exit_code == 0
    file = out / VALUES / "angle.predict"
    provenance = json.loads(file.with_suffix(".provenance.json").read_text())
    header = {name: provenance[name] for name in ("measure", "settings", "task", "data_sha256", "versions")}
    kept = sorted(zoo.networks)[:3]
    lines = [header] + [
        {"model": name, "value": 12.5}
        | {part: provenance[part][name] for part in ("seconds", "engines", "details", "files")}
        for name in kept
    ]
    file.with_suffix(".journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    file.unlink()
    file.with_suffix(".provenance.json").unlink()
    assert rank(*arguments).exit_code == 0
    values = json.loads(file.read_text())
    assert [values[name] == 12.5 for name in sorted(values)] == [name in kept for name in sorted(values)]


def test_workers_give_the_same_table(zoo, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    models = sorted((zoo.folder / "weights").iterdir())[:3]
    tables = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        result = rank(
            *models, "--data", zoo.folder / "train.npz", "--factory", f"{zoo.folder / 'net.py'}:make", "--out", out,
            "--workers", workers, "--measure", "angle", "--halves", "2",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        tables.append(pd.read_csv(out / "ranking.csv").drop(columns="seconds"))
    pd.testing.assert_frame_equal(*tables)


def test_true_gaps_give_correlation_regret_and_on_a_grid_the_score(zoo, tmp_path):
    from scipy.stats import spearmanr

    out = tmp_path / "out"
    result = rank(
        zoo.folder / "onnx", "--data", zoo.folder / "train.npz", "--gaps", zoo.folder / "gaps.csv", "--out", out, *FAST
    )
    assert result.exit_code == 0
    table = pd.read_csv(out / "ranking.csv").set_index("model")
    gaps = [zoo.gaps[name] for name in table.index]
    summary = json.loads((out / "ranking.json").read_text())
    by_name = {one["measure"]: one for one in summary["truth"]}
    assert set(by_name) == {"consensus", "angle", "pseudo_validation"}
    assert by_name["angle"]["spearman"]["value"] == pytest.approx(spearmanr(table["angle"], gaps).statistic)
    opposite = spearmanr(table["pseudo_validation"], gaps).statistic
    assert by_name["pseudo_validation"]["spearman"]["value"] == pytest.approx(-opposite)
    first = table.index[int(table["place"].argmin())]
    assert by_name["consensus"]["selection"]["regret"] == pytest.approx(zoo.gaps[first] - min(gaps), abs=1e-9)
    assert 0 <= by_name["angle"]["score"]["score"] <= 1
    assert "rank correlation is" in result.stdout.replace("\n", " ")


def test_test_samples_give_the_gaps_that_were_measured_elsewhere(zoo):
    table = pgdl_eval.rank(zoo.networks, zoo.train, test=zoo.test, measures=["angle"], halves=0).set_index("model")
    for name, gap in zoo.gaps.items():
        assert table.loc[name, "gap"] == pytest.approx(gap, abs=1e-6)


def test_python_takes_models_with_names_and_says_what_is_said(zoo):
    table = pgdl_eval.rank(zoo.networks, zoo.train, measures=["angle", "jacobian_norm"], halves=2)
    assert set(table["model"]) == set(zoo.networks)
    assert table.attrs["verdict"].startswith(str(table["model"].iloc[0]))
    assert repr(table).startswith(table.attrs["verdict"])
    assert table["angle untrained"].notna().all()
    assert table["jacobian_norm random"].isna().all()


def test_a_task_folder_brings_its_data_and_its_weights_before_training(tmp_path):
    result = rank(TASK, "--measure", "angle", "--measure", "distance", "--gaps", TASK / "model_configs.json",
                  "--halves", "2", "--out", tmp_path)  # fmt: skip
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "ranking.csv").set_index("model")
    assert len(table) == 32
    assert table["angle untrained"].notna().all()
    assert "no spread for distance: weights alone" in result.stdout
    summary = json.loads((tmp_path / "ranking.json").read_text())
    angle = next(one for one in summary["truth"] if one["measure"] == "angle")
    assert 100 * angle["score"]["score"] == pytest.approx(2.2, abs=0.1)  # as README has it


def test_epochs_of_a_family_are_named_as_such(zoo, tmp_path):
    for number, source in enumerate(sorted((zoo.folder / "onnx").iterdir())[:3], 9):
        (tmp_path / "run1").mkdir(exist_ok=True)
        shutil.copy(source, tmp_path / "run1" / f"epoch_{number}.onnx")
    table = pgdl_eval.rank(tmp_path / "run1", zoo.train, measures=["angle"], halves=0)
    assert set(table["family"]) == {"models"}
    assert sorted(table["epoch"]) == [9, 10, 11]


def test_a_budget_leaves_out_what_does_not_fit_and_says_so(zoo, tmp_path):
    arguments = (zoo.folder / "onnx", "--data", zoo.folder / "train.npz", "--halves", "2", "--out", tmp_path)
    result = rank(*arguments, "--budget", "1h", "--measure", "angle")
    assert result.exit_code == 0
    result = rank(*arguments, "--budget", "0.001s", "--measure", "angle", "--measure", "vc_dimension")
    assert result.exit_code == 0  # the angle is there already
    assert "vc_dimension (the budget was spent before it could be tried)" in result.stdout.replace("\n", " ")
    assert "no time" in rank(*arguments, "--budget", "soon").stderr


def test_inputs_in_another_scale_are_said_first_with_what_mends_them(zoo, tmp_path):
    x, y = zoo.train
    np.savez(tmp_path / "bytes.npz", x=x - 3, y=y)
    arguments = (zoo.folder / "onnx", "--data", tmp_path / "bytes.npz", *FAST, "--out", tmp_path / "out")
    result = rank(*arguments)
    text = result.stdout.replace("\n", " ")
    assert "training accuracy of" in text[: text.index("ranked best")]
    suggested = re.search(r"With --normalize (\S+) it is 9\d%", text)[1]
    mended = rank(*arguments, "--normalize", suggested)
    assert "training accuracy of" not in mended.stdout


def test_one_model_alone_has_its_references(zoo):
    name, network = next(iter(zoo.networks.items()))
    table = pgdl_eval.rank({name: network}, zoo.train, measures=["angle"], halves=2)
    assert table.attrs["verdict"] == "One model alone is ranked with nothing: hold its values against their references."
    assert table[["angle spread", "angle untrained", "angle random"]].notna().all(axis=None)


def test_json_goes_to_the_standard_output_alone(zoo, tmp_path):
    result = rank(
        zoo.folder / "onnx", "--data", zoo.folder / "train.npz", *FAST, "--out", tmp_path, "--json", "--quiet"
    )
    assert {row["model"] for row in json.loads(result.stdout)} == set(zoo.networks)


def test_the_same_models_and_seed_give_the_same_table(zoo):
    tables = [
        pgdl_eval.rank(zoo.networks, zoo.train, measures=["angle"], halves=4).drop(columns="seconds") for _ in "ab"
    ]
    pd.testing.assert_frame_equal(*tables)


def test_a_combination_is_no_measure_of_its_own_here(zoo):
    with pytest.raises(InputError, match="rank combines the measures itself"):
        pgdl_eval.rank(zoo.networks, zoo.train, measures=["distance+angle"])


def test_the_page_says_what_the_table_says(ranked, zoo):
    page = (ranked[1] / "report.html").read_text()
    table = pd.read_csv(ranked[1] / "ranking.csv")
    summary = json.loads((ranked[1] / "ranking.json").read_text())
    rows = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', page, flags=re.DOTALL)
    names = [re.sub(r"<[^>]*>", "", row).strip() for row in rows]
    assert names[: len(zoo.networks)] == list(table["model"])  # best first
    assert summary["verdict"].replace("'", "&#39;") in page
    assert "weights drawn anew" not in page  # a graph does not say how they were drawn
    assert "random features of the same width" in page


def test_the_page_holds_the_true_gaps_where_there_are_some(zoo, tmp_path):
    measures = ("--measure", "angle", "--measure", "vc_dimension", "--halves", "2")
    result = rank(
        *(zoo.folder / "onnx", "--data", zoo.folder / "train.npz", *measures),
        *("--gaps", zoo.folder / "gaps.csv", "--out", tmp_path),
    )
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.html").read_text()
    assert "Held against the true gaps" in page
    assert "Measures against true gap" in page
