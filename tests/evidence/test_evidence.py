"""docs/measures.md is made from the records beside it, and they say what the text says; the choice among the family."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_task import write_models

from pgdl_eval.formats.file_names import file_name
from pgdl_eval.formats.npz import StoredArrays
from pgdl_eval.measures import base_name, find_measure
from pgdl_eval.report.table import INDEPENDENCE
from pgdl_eval.runner.ingestion import ingest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def evidence(monkeypatch):
    """The modules of this folder."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "evidence")
    import evidence_records
    import family
    import leave_one_zoo_out
    import measures_document
    import noise_bands
    import simulate_adds

    return evidence_records, measures_document, noise_bands, simulate_adds, family, leave_one_zoo_out


def test_the_document_is_what_the_records_give(evidence):
    text = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    assert text == evidence[1].with_tables(text)
    assert sorted(evidence[1].TABLES) == sorted(re.findall(r"<!-- table: (\w+) -->", text))


def test_the_tables_of_convergence_are_what_the_summaries_give(evidence):
    import convergence_document as document

    text = document.FILE.read_text(encoding="utf-8")
    assert text == document.with_tables(text)
    assert sorted(document.TABLES) == sorted(re.findall(r"<!-- table: (\w+) -->", text))
    (mnist, *_) = document.cohorts(document.FOLDER)
    kept = {file.parent for file in (ROOT / "docs" / "convergence" / "kept" / "mnist").rglob("config.json")}
    assert len(mnist.runs) == len(kept)
    assert not [name for run in kept for name in StoredArrays(run / "data.npz") if "labels" in name]


def test_a_published_score_is_above_noise_only_beyond_every_band_that_its_gaps_may_have(evidence):
    limits = zip(evidence[1].KINDS, ([2.0, 1.0, 3.0], [2.0, 2.0, 4.0]), strict=True)
    band = {kind: {"percentile_95": three} for kind, three in limits}
    assert [evidence[1].standing(score, band) for score in (1.0, 1.1, 4.0, 4.1)] == ["within", "edge", "edge", "above"]
    known = {**band, "true gaps": {"percentile_95": 1.5}}
    assert [evidence[1].standing(score, known) for score in (1.5, 1.6)] == ["within", "above"]


def test_the_recorded_noise_bands_are_those_of_the_published_grids(evidence):
    records, _, bands, *_ = evidence
    recorded, grids = records.read("noise_bands"), records.read("published_grids")["tasks"]
    assert {task: one["models"] for task, one in recorded["tasks"].items()} == {
        "1": 96, "2": 54, "4": 64, "5": 64, "6": 96, "7": 48, "8": 32, "9": 32
    }  # fmt: skip
    names = bands.full_grid(grids["9"])
    found = bands.band(bands.drawn_gaps(names, 0.0, np.random.default_rng(7)), names, 7)
    low, high = recorded["tasks"]["9"]["independent gaps"]["percentile_95"][1:]
    assert 0.9 * low < found["percentile_95"] < 1.1 * high


def test_the_recorded_rates_of_what_adds_nothing_lie_within_five_percent_and_a_half(evidence):
    """Pure noise and one hyper-parameter in disguise: 5 +- 1.5%; the power for 0.5, and what plain Spearman says."""
    rows = evidence[0].read("adds")["rows"]
    assert {(row["models"], row["explained"]) for row in rows} == {(32, 0.5), (32, 0.9), (96, 0.5), (96, 0.9)}
    for row in rows:
        shares = row["shares"]
        for kind in ("noise", "one hyper-parameter", "one hyper-parameter and noise"):
            assert shares[kind]["normal scores"] == pytest.approx(0.05, abs=0.015), (row["models"], kind)
        assert shares["partial correlation 0.5"]["normal scores"] > (0.6 if row["models"] == 32 else 0.98)
        assert shares["the gap's own effects"]["score above noise"] >= 0.7


def test_the_note_below_the_tables_has_the_recorded_rates_of_spearman(evidence):
    rows = evidence[0].read("adds")["rows"]
    rates = [100 * row["shares"]["other effects and noise"]["Spearman"] for row in rows]
    assert f"significant there in {min(rates):.0f} to {max(rates):.0f}% of simulated tasks" in INDEPENDENCE


def test_a_small_simulation_gives_shares_of_its_tasks(evidence):
    found = evidence[3].simulate(32, 0.9, 3, tasks=20, scored=2)
    for shares in found["shares"].values():
        assert all(0 <= share <= 1 + 1e-9 for share in shares.values())
    assert found["shares"]["partial correlation 0.5"]["normal scores"] > 0.3
    assert found["shares"]["the gap's own effects"]["Spearman"] == pytest.approx(1)


def test_the_family_is_a_hundred_settings_that_its_measures_take_and_folders_can_be_called(evidence):
    for classes in (10, 7):
        names = evidence[4].family(classes)
        assert 60 <= len(set(names)) == len(names) <= 120
        assert [file_name(name) for name in names] == names
        assert {base_name(name) for name in names} == set(evidence[4].MEASURES)
        for name in names:
            measure = find_measure(name)
            assert measure.fixed.get("k", 1) in (1, 3, classes, 3 * classes)
            measure.check(measure.fixed)


def test_from_two_task_folders_to_what_is_chosen_on_one_and_worth_on_the_other(evidence, tmp_path):
    tasks, predictions, out = tmp_path / "tasks", tmp_path / "predictions", tmp_path / "out" / "leave_one_out.json"
    for task, first in (("shallow", 0), ("deep", 16)):
        write_models(tasks / task, range(first, first + 8), images=150)
    names = [*evidence[4].family(10)[::9], *(name for name in evidence[5].BASELINES if name != "mixup_loss")]
    outcome = ingest(tasks, predictions, [find_measure(name) for name in names])
    assert (outcome.failures, outcome.computed) == ([], 16 * len(names))
    done = CliRunner().invoke(evidence[5].main, [str(tasks), str(predictions), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "left out: mixup_loss: no predictions" in done.output
    found = json.loads(out.read_text())
    assert list(found["candidates"]) == sorted(name for name in names if name not in evidence[5].BASELINES)
    assert {"date", "code", "command", "versions"} < set(found)
    for criterion, one in found["criteria"].items():
        for of in one["tasks"]:
            other = "deep" if of["task"] == "shallow" else "shallow"
            seen = {name: worth[other][criterion] for name, worth in found["candidates"].items()}
            assert of["chosen"] == max(seen, key=lambda name: abs(seen[name] or 0))
            assert of["seen"] == pytest.approx(abs(seen[of["chosen"]]))
            adds = found["candidates"][of["chosen"]][of["task"]]["adds"]
            assert of["worth"]["adds"] == (None if adds is None else pytest.approx(of["sign"] * adds))
            assert of["chosen"][:20] in done.output
    with out.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 3 * 4  # criteria, tasks and their mean, the chosen one and three baselines
    assert {row["measure"] for row in rows} == {"chosen", "angle", "pseudo_validation", "mixup_davies_bouldin"}


def test_one_zoo_alone_leaves_nothing_to_choose_on(evidence, tmp_path):
    write_models(tmp_path / "tasks" / "one", range(8), images=20)
    (tmp_path / "predictions").mkdir()
    done = CliRunner().invoke(evidence[5].main, [str(tmp_path / "tasks"), str(tmp_path / "predictions")])
    assert done.exit_code == 1
    assert "nothing to choose on, or from" in done.output
