"""Kill a command at random moments, run it again, and hold what it leaves against an undisturbed run.

    python tests/faults/kill.py [ingest] [table1] [rank] [run] [zoo] [--kills 20] [--seed 0] [--work FOLDER]

The moment is drawn from the time between the first file in the output folder and the end of an undisturbed run. What
is compared is every file byte for byte, seconds (and the lines that a run writes when it goes on) aside: the rerun may
leave no other file, and miss none. The record is printed as a table in Markdown. `run` is `train run` of a small
network, `zoo` the command of `small_zoo`.
"""

import argparse
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from image_files import write_stripes
from small_task import write_four_models
from training_files import training_files

from pgdl_eval.sample.run import FOLDER

ROOT = Path(__file__).resolve().parents[2]
SMALL_ZOO = str(Path(__file__).with_name("small_zoo.py"))
RUN = ["-m", "training", "run", "mlp", "--preset", "smoke", "--set", "epochs=40", "--device", "cpu", "--quiet"]
ANGLE_AND_DISTANCE = ["--measure", "angle", "--measure", "distance"]
EVALUATION = ["-m", "pgdl_eval"]
COMMANDS = {
    "ingest": lambda source, out: [*EVALUATION, "ingest", source, out, *ANGLE_AND_DISTANCE, "--quiet"],
    "table1": lambda source, out: [*EVALUATION, "table1", source, "--out", out, "--quiet"],
    "rank": lambda source, out: [
        *(*EVALUATION, "rank", source, *ANGLE_AND_DISTANCE, "--halves", "2", "--out", out, "--quiet"),
    ],
    "run": lambda source, out: [*RUN, "--data", "stripes", "--data-dir", source, "--out", out],
    "zoo": lambda source, out: [SMALL_ZOO, source, out, 1],
}
TRAININGS = ("run", "zoo")
KEPT = {"run": "epochs kept", "zoo": "models kept"}
WAIT = 0.0005  # seconds between looks at the output folder


@dataclass(frozen=True)
class Kill:
    """A kill at so many seconds after the first file, what it left, and what the rerun made of it."""

    moment: float
    ended_before: bool
    values: int
    leftovers: int
    differences: list[str]


def kill_command(name, kills, seed, work):
    """Kill a command at random moments; the seconds of an undisturbed run, and each kill in turn."""
    source = _source(name, work)
    undisturbed = work / "undisturbed"
    seconds = _run(_line(name, source, undisturbed), undisturbed)
    contents_of = training_files if name in TRAININGS else contents
    expected, moments, found = contents_of(undisturbed), random.Random(seed), []
    for number in range(kills):
        moment, out = moments.uniform(0, seconds), work / f"killed_{number}"
        ended = _killed(_line(name, source, out), out, moment)
        values, leftovers = _kept(name, out), _leftovers(out)
        _run(_line(name, source, out), out)
        found.append(Kill(moment, ended, values, leftovers, differences(expected, contents_of(out))))
        shutil.rmtree(out)
    return seconds, found


def contents(folder):
    """The files of an output folder by their names, without what tells seconds or the day."""
    return {str(path.relative_to(folder)): _without_times(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def differences(expected, found):
    """The names of files that differ."""
    return sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))


def _source(name, work):
    if name in ("ingest", "rank"):
        return FOLDER
    if name in TRAININGS:
        (work / "input").mkdir()
        return write_stripes(work / "input", "stripes", rows=(96, 40), contrast=50, noise=40)
    write_four_models(work / "input")
    return work / "input"


def _line(name, source, out):
    return [sys.executable, *map(str, COMMANDS[name](source, out))]


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def _run(line, out):
    """Run a command to its end; the seconds since it made its output folder."""
    process = subprocess.Popen(line, env=_environment(), cwd=out.parent)
    began = _wait_for(out, process)
    status = process.wait()
    if status != 0:
        raise SystemExit(f"{' '.join(line)}: status {status}")
    return time.monotonic() - began


def _killed(line, out, moment):
    """Kill a command that long after it made its output folder; whether it had ended before."""
    process = subprocess.Popen(line, env=_environment(), cwd=out.parent)
    began = _wait_for(out, process)
    time.sleep(max(0.0, began + moment - time.monotonic()))
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return ended


def _wait_for(out, process):
    while not out.exists() and process.poll() is None:
        time.sleep(WAIT)
    return time.monotonic()


def _kept(name, out):
    """What a killed run left: values in journals or predictions, epochs with checkpoints, or models."""
    if name == "run":
        return max((int(path.name) + 1 for path in out.rglob("checkpoints/[0-9]*")), default=0)
    if name == "zoo":
        return sum(1 for path in out.glob("model_*") if path.is_dir())
    journals = {file.parent: file.read_bytes().count(b'"value"') for file in out.rglob("*.journal.jsonl")}
    kept = {file.parent: len(json.loads(file.read_text())) for file in out.rglob("*.predict")}
    return sum({**kept, **journals}.values())


def _leftovers(out):
    return sum(1 for file in out.rglob("*") if file.is_file() and (file.name[0] == "." or file.name == "lock"))


def _without_times(path):
    if path.suffix == ".json":
        return {name: value for name, value in json.loads(path.read_text()).items() if name not in ("seconds",)}
    content = path.read_bytes()
    if path.suffix == ".html":  # its words and drawings; the numbers stand in the other files
        return re.sub(rb"[-+.\d]+", b"", re.sub(rb"undisturbed|killed_\d+", b"OUT", content))
    if path.suffix == ".csv":
        return [row.rpartition(b",")[0] for row in content.splitlines()]  # the last column has the seconds
    if path.suffix == ".md":
        rows = [row.rstrip(b"| ").rpartition(b"|")[0] or row for row in content.splitlines()]
        return [re.sub(rb"^\d{4}-\d\d-\d\d", b"", row) for row in rows]
    return content


def table(name, seconds, kills):
    """The record of a command's kills in Markdown."""
    rows = [f"`{name}`, {seconds:.2f} s from its first file to its end, {len(kills)} kills:", ""]
    rows += [
        f"| killed after, s | {KEPT.get(name, 'values kept')} | files left over | rerun |",
        "| ---: | ---: | ---: | --- |",
    ]
    for one in sorted(kills, key=lambda kill: kill.moment):
        after = f"{one.moment:.3f}" + (" (it had ended)" if one.ended_before else "")
        rerun = f"differs: {', '.join(one.differences)}" if one.differences else "the same"
        rows.append(f"| {after} | {one.values} | {one.leftovers} | {rerun} |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="*", default=[], help=f"of {', '.join(COMMANDS)}; all by default")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="A folder on the disk that is meant; a temporary one by default.")
    arguments = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {platform.platform()}, {os.cpu_count()} cores, seed {arguments.seed}\n")
    bad = 0
    for name in arguments.commands or COMMANDS:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            seconds, kills = kill_command(name, arguments.kills, arguments.seed, Path(folder))
        print(table(name, seconds, kills), flush=True)
        bad += sum(bool(one.differences) for one in kills)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
