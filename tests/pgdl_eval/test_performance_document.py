"""docs/performance.md is made from docs/performance/*.json."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def record(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import record

    return record


def test_the_document_is_what_the_measured_numbers_give(record):
    measured = record.read()
    assert {row["work"] for one in measured for row in one["rows"]} >= {"`import complexity`"}
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == record.document(measured)


def test_a_bar_is_reached_in_its_own_unit(record):
    assert record.Row("a", 2.0, 2.0).reached()
    assert not record.Row("a", 2.1, 2.0).reached()
    assert record.Row("a", 2.0, 1.5, "times the floor", floor=1.5).reached()
    assert not record.Row("a", 2.0, 1.5, "times the floor", floor=1.0).reached()
    assert record.Row("a", 2.0, 4.0, "times as fast as the peer", peer="b", peer_seconds=8.0).reached()
    assert not record.Row("a", 2.0, 4.0, "times as fast as the peer", peer="b", peer_seconds=7.9).reached()
    assert record.Row("a", 2.0, 4.0, "times the peer's time", peer="b", peer_seconds=0.5).reached()
    assert not record.Row("a", 2.1, 4.0, "times the peer's time", peer="b", peer_seconds=0.5).reached()


def test_what_misses_its_bar_is_listed_with_the_reason(record, tmp_path):
    rows = [record.Row("fast", 1.0, 2.0, missed="no"), record.Row("slow", 3.0, 2.0, missed="It waits.")]
    record.Recorder("forward").save(rows, tmp_path)
    text = record.document([json.loads((tmp_path / "forward.json").read_text())])
    assert "* slow: It waits." in text
    assert "* fast:" not in text
    assert "| slow | 3.00 |  |  |  |  |  | 2 s | no |" in text
