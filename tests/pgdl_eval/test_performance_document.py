"""docs/performance.md is made from docs/performance.json."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_is_what_the_measured_numbers_give(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import main_job

    monkeypatch.delitem(sys.modules, "main_job")
    found = json.loads((ROOT / "docs" / "performance.json").read_text())
    assert (ROOT / "docs" / "performance.md").read_text() == main_job.document(found)
    found["rows"][0]["now"][0]["wall"] += 100
    found["rows"][0]["now"] = found["rows"][0]["now"][:1]
    assert (ROOT / "docs" / "performance.md").read_text() != main_job.document(found)
