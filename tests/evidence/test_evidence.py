"""docs/measures.md is made from the records beside it, and the records say what the text says."""

import re
from pathlib import Path

import numpy as np
import pytest

from pgdl_eval.report.table import INDEPENDENCE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def evidence(monkeypatch):
    """The modules of this folder."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "evidence")
    import evidence_records
    import measures_document
    import noise_bands
    import simulate_adds

    return evidence_records, measures_document, noise_bands, simulate_adds


def test_the_document_is_what_the_records_give(evidence):
    text = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    assert text == evidence[1].with_tables(text)
    assert sorted(evidence[1].TABLES) == sorted(re.findall(r"<!-- table: (\w+) -->", text))


def test_a_published_score_is_above_noise_only_beyond_every_band_that_its_gaps_may_have(evidence):
    limits = zip(evidence[1].KINDS, ([2.0, 1.0, 3.0], [2.0, 2.0, 4.0]), strict=True)
    band = {kind: {"percentile_95": three} for kind, three in limits}
    assert [evidence[1].standing(score, band) for score in (1.0, 1.1, 4.0, 4.1)] == ["within", "edge", "edge", "above"]
    known = {**band, "true gaps": {"percentile_95": 1.5}}
    assert [evidence[1].standing(score, known) for score in (1.5, 1.6)] == ["within", "above"]


def test_the_recorded_noise_bands_are_those_of_the_published_grids(evidence):
    records, _, bands, _ = evidence
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
