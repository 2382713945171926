"""Make docs/reliability.md from reliability.md: the tables of bad inputs, and of what submissions do, are measured.

python tests/hostile/write_docs.py            write docs/reliability.md
python tests/hostile/write_docs.py FILE       write this file
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from hostile.cases import CASES, load  # noqa: E402
from hostile.run import load_readers, outcome  # noqa: E402
from misbehaving import BEHAVIOURS, HANGS, MEMORY, SECONDS, no_keras_needed, submission, task_for  # noqa: E402

from complexity.errors import escaped  # noqa: E402
from pgdl_eval.runner.ingestion import ingest  # noqa: E402
from pgdl_eval.runner.isolation import Isolation, Limits  # noqa: E402
from pgdl_eval.submission import opened_submissions  # noqa: E402

TEMPLATE, WRITTEN = Path(__file__).with_name("reliability.md"), ROOT / "docs" / "reliability.md"
FUZZED = ROOT / "docs" / "reliability" / "fuzzing.jsonl"
BAD_INPUTS, SUBMISSIONS, FUZZING = "<!-- hostile -->", "<!-- submissions -->", "<!-- fuzzing -->"
LONGEST = 220  # characters of an error that the table shows


def bad_inputs() -> str:
    """A row a bad input."""
    load_readers()
    lines = ["| file | what it is | what happens | s | MB |", "|---|---|---|---:|---:|"]
    for case in CASES.values():
        found = outcome(case)
        happens = _said(found["error"].removeprefix("FOLDER/")) or found["ended"] or "it is read"
        ended = bool(found["ended"])
        numbers = ("-", "-") if ended else (f"{found['seconds']:.2f}", f"{max(found['megabytes'], 0):.0f}")
        lines.append(f"| {' | '.join((case.kind, _cell(case.name), happens, *numbers))} |")
    return "\n".join(lines)


def what_submissions_do(isolation: str) -> str:
    """A row for each thing that a submission does, by `ingest`."""
    lines = ["| what it does | what is said | s |", "|---|---|---:|"]
    for hangs, seconds in ((False, 60.0), (True, SECONDS)):
        behaviours = [one for one in BEHAVIOURS if (one[0] in HANGS) == hangs]
        failures, took = _run(behaviours, Limits(seconds, MEMORY, isolation))
        for number, (name, _, _) in enumerate(behaviours):
            model = f"model_{number:02d}"
            said = failures.get(model, "").rpartition(f"{model}: ")[2].removeprefix("program: ")
            lines.append(f"| {_cell(name)} | {_said(said)} | {took[number]:.1f} |")
    return "\n".join(lines)


def _run(behaviours: list[tuple[str, str, str]], limits: Limits) -> tuple[dict[str, str], list[float]]:
    """The failures by model, and seconds by model."""
    begun: list[float] = []
    with tempfile.TemporaryDirectory(prefix="hostile.") as name, no_keras_needed():
        folder = Path(name)
        task_for(folder / "input", len(behaviours))
        (folder / "program").mkdir()
        (folder / "program" / "complexity.py").write_text(submission(behaviours))
        with opened_submissions([folder / "program"]) as opened:
            found = ingest(
                folder / "input", folder / "out", opened, limits=limits,
                step=lambda *now: begun.append(time.perf_counter()),
            )  # fmt: skip
    took = [after - before for before, after in pairwise(begun)]
    return {model: why for _, _, model, why in found.failures}, took


def fuzzing() -> str:
    """What was recorded of the fuzzers: a row a target."""
    found = [json.loads(line) for line in FUZZED.read_text(encoding="utf-8").splitlines()]
    lines = ["| target | seed | inputs | errors | values | wrong | CPU-s |", "|---|---:|---:|---:|---:|---:|---:|"]
    for one in found:
        counts = (one["inputs"], one["errors"], one["values"], sum(one["wrong"].values()))
        numbers = " | ".join(f"{count:,}" for count in counts)
        lines.append(f"| {one['target']} | {one['seed']} | {numbers} | {one['cpu_seconds']:,.0f} |")
    lines.append(f"| all |  | {sum(one['inputs'] for one in found):,} |  |  |  |  |")
    return "\n".join(lines)


def _said(error: str) -> str:
    shown = _cell(escaped(error if len(error) <= LONGEST else f"{error[:LONGEST]} ...").replace("\n", " "))
    return f"`{shown}`" if error else ""


def _cell(text: str) -> str:
    return escaped(text).replace("|", "\\|").replace("`", "'")


def _held(isolation: str) -> str:
    kind = f"under {isolation}" if isolation == "bubblewrap" else "under limits alone, without bubblewrap"
    return f"{kind}, with {MEMORY / 1e9:g} GB of memory and {SECONDS:g} s a model for those that hang"


def _machine() -> str:
    kernel = platform.release().partition("-")[0]
    system = f"{platform.system()} {kernel} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main(files: list[str]) -> None:
    """Write the document."""
    os.environ["OMP_NUM_THREADS"] = "1"  # of the submissions' processes, in which each thread's stack is memory
    load()
    isolation = Isolation(Limits()).kind
    text = TEMPLATE.read_text(encoding="utf-8")
    known = {
        "{isolation}": _held(isolation), "{cases}": str(len(CASES)), "{date}": time.strftime("%Y-%m-%d"),
        "{machine}": _machine(),
        SUBMISSIONS: what_submissions_do(isolation), BAD_INPUTS: bad_inputs(),
        FUZZING: fuzzing(),
    }  # fmt: skip
    for mark, content in known.items():
        text = text.replace(mark, content)
    for path in map(Path, files or [str(WRITTEN)]):
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
