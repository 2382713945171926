"""What benchmarks measured, as JSON, and docs/performance.md made of it: `python tests/benchmarks/record.py`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "performance"
DOCUMENT = ROOT / "docs" / "performance.md"
SOURCES = (
    "main_job",
    "large_job",
    "workers",
    "pvector",
    "jacobian",
    "forward",
    "training_step",
    "figures",
    "load",
    "page",
)  # in the order of the table
Limit = Literal["seconds", "times as fast as the peer", "times the peer's time", "times the floor"]


@dataclass(frozen=True)
class Row:
    """A work that was measured.

    Attributes
    ----------
    work : for readers.
    ours : median wall seconds.
    bar, limit : what should be reached, and in which unit.
    peer, peer_seconds : what one would take instead, or an earlier version; None where there is none.
    floor : seconds below which no program can go on this machine; None where none is known.
    details : CPU seconds, megabytes and what else is to be told, by name.
    missed : why the bar is not reached, as far as known, and what to try; shown where it is not.
    """

    work: str
    ours: float
    bar: float
    limit: Limit = "seconds"
    peer: str = ""
    peer_seconds: float | None = None
    floor: float | None = None
    details: Mapping[str, float] | None = None
    missed: str = ""

    def reached(self) -> bool:
        """Whether the bar is reached."""
        if self.limit == "seconds":
            return self.ours <= self.bar
        if self.limit == "times the floor":
            assert self.floor
            return self.ours <= self.bar * self.floor
        assert self.peer_seconds
        if self.limit == "times the peer's time":
            return self.ours <= self.bar * self.peer_seconds
        return self.peer_seconds >= self.bar * self.ours


class Recorder:
    """Takes down the rows of one benchmark, with where and when they were measured."""

    def __init__(self, source: str, more: Mapping[str, str] | None = None) -> None:
        self.source, self.began, self.more = source, os.getloadavg()[0], dict(more or {})

    def save(self, rows: Sequence[Row], folder: Path = FOLDER) -> None:
        """Write SOURCE.json, and the document anew where it is the project's own folder."""
        words = [Path(sys.argv[0]).name, *sys.argv[1:]]
        found = {
            "date": date.today().isoformat(), "machine": machine(), "commit": commit(ROOT), **self.more,
            "threads": os.environ.get("OMP_NUM_THREADS", "not set"), "load": [self.began, os.getloadavg()[0]],
            "command": " ".join(["python", f"tests/benchmarks/{words[0]}", *map(_portable, words[1:])]),
            "rows": [asdict(row) for row in rows],
        }  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.source}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        if folder == FOLDER:
            DOCUMENT.write_text(document(read(folder)), encoding="utf-8")


def read(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """What each benchmark measured, in the order of the table."""
    files = [folder / f"{source}.json" for source in SOURCES]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files if file.is_file()]


def document(measured: Iterable[Mapping[str, Any]]) -> str:
    """The text of performance.md: what the JSON files hold, and nothing else."""
    measured = list(measured)
    rows = [Row(**row) for one in measured for row in one["rows"]]
    missed = [f"* {row.work}: {row.missed}" for row in rows if not row.reached()]
    lines = [
        "# Performance",
        "",
        "Made of [performance/](performance) by `python tests/benchmarks/record.py`; do not edit. Medians of wall",
        "seconds; ours and the peer run in turns, in one run. The ratio is the peer's time over ours; the floor is",
        "what this machine needs for what no program can leave out, as the benchmark says.",
        "",
        "| work | ours, s | peer | peer, s | ratio | floor, s | times the floor | bar | reached |",
        "|---|---:|---|---:|---:|---:|---:|---|---|",
        *map(_line, rows),
        "",
        *(["What misses its bar, and the next idea:", "", *missed, ""] if missed else []),
        "How each part was measured:",
        "",
        *(_origin(one) for one in measured),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    ratio = "" if row.peer_seconds is None else f"{row.peer_seconds / row.ours:.1f}"
    over = "" if row.floor is None else f"{row.ours / row.floor:.2f}"
    told = "".join(f", {value:.3g} {name}" for name, value in (row.details or {}).items())
    bar = f"{row.bar:g} {'s' if row.limit == 'seconds' else row.limit}"
    cells = [
        f"{row.work}{told}", _seconds(row.ours), row.peer, _seconds(row.peer_seconds), ratio, _seconds(row.floor), over,
        bar, "yes" if row.reached() else "no",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _origin(one: Mapping[str, Any]) -> str:
    before, after = one["load"]
    load = f"load of the machine {before:.1f} at the beginning and {after:.1f} at the end"
    peer = f", before {one['before']}" if "before" in one else ""
    return (
        f"* `{one['command']}`: {one['date']}, commit {one['commit']}{peer}, {one['machine']}, threads "
        f"(OMP_NUM_THREADS) {one['threads']}, {load}."
    )


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value >= 1 else f"{value:.2g}"


def _portable(word: str) -> str:
    """A word of a command line without the folders of this machine."""
    return Path(word).name.upper() if word.startswith("/") else word


def commit(checkout: Path) -> str:
    """The commit of a checkout; a plus says that files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", checkout, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")


def machine() -> str:
    """The processor, its cores, the system."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    cores, system = len(os.sched_getaffinity(0)), f"{platform.system()}, Python {platform.python_version()}"
    return f"{names[0] if names else platform.machine()}, {cores} cores, {system}"


if __name__ == "__main__":
    DOCUMENT.write_text(document(read()), encoding="utf-8")
