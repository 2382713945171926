"""report.html of 100 models and 20 measures, written and opened in Chromium: `python tests/benchmarks/page.py`.

Ready is the page when its script has run and the browser has painted twice, from the moment it is asked for; each time
in a window of its own. Writing counts from the scores to the file, in a process that has written a page before.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from record import ROOT, Recorder, Row

sys.path.insert(0, str(ROOT / "tests" / "support"))

import chromium
from random_scores import write_random_scores

from pgdl_eval.report.score_page.page import write_board_page
from pgdl_eval.score import score

REPEATS = 7
MEASURES, SIZES = 20, (4, 5, 5)
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def seconds_to_ready(file: Path) -> list[float]:
    """Wall seconds until the page is ready; of the first window, which also warms the browser up, they do not count."""
    found = []
    with chromium.running() as browser:
        for _ in range(REPEATS + 1):
            page = browser.new_page()
            began = time.perf_counter()
            page.goto(file.as_uri())
            page.evaluate(PAINTED)
            found.append(time.perf_counter() - began)
            page.close()
    return found[1:]


def main() -> None:
    """Measure and write page.json, and docs/performance.md."""
    recorder = Recorder("page")
    with tempfile.TemporaryDirectory(prefix="pvector-benchmark-") as name:
        folder = Path(name)
        write_random_scores(folder, MEASURES, SIZES)
        board = score(folder / "ref", folder / "res", folder / "out", pictures=False)
        written = []
        for _ in range(REPEATS):
            began = time.process_time()
            write_board_page(folder / "out", board, "benchmark")
            written.append(time.process_time() - began)
        file = folder / "out" / "report.html"
        size = file.stat().st_size / 1e6
        ready = statistics.median(seconds_to_ready(file))
    what = "`report.html` of 100 models and 20 measures"
    recorder.save([
        Row(f"{what}, ready in Chromium", ready, 2.0, details={"MB": size}, missed="Parsing SVG; fewer points next."),
        Row(f"{what}, written, CPU seconds", statistics.median(written), 0.2, missed="Filling the template."),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
