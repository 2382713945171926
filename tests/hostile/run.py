"""Read every bad input in a process of its own: what came, in how many seconds of the processor, with how much memory.

    python tests/hostile/run.py [WORD ...]      a line of JSON a case, those whose names have all words

Each process is forked from one that has every reader loaded, after a good file of each kind was read, so that the
memory is what the bad file adds.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the packages before the folders of tests that have their names

from hostile.cases import Case, load  # noqa: E402

SECONDS, MEGABYTES = 30, 1000  # after which a process is ended: far more than any case may take


def outcome(case: Case) -> dict[str, Any]:
    """What comes of a case: its error (its type where it is no InputError), seconds and megabytes; or how it ended."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory(prefix="hostile.") as folder:
        process = os.fork()
        if process == 0:
            os.close(reading)
            status = 1
            try:
                with contextlib.suppress(BrokenPipeError):
                    os.write(writing, json.dumps(_inside(case, Path(folder))).encode())
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with open(reading, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(process, 0)
    known = {"kind": case.kind, "name": case.name, "type": "", "seconds": float("nan"), "megabytes": float("nan")}
    if told:
        return {**known, **json.loads(told)}
    return {**known, "error": "", "ended": f"by signal {status & 127}" if status & 127 else f"status {status >> 8}"}


def _inside(case: Case, folder: Path) -> dict[str, Any]:
    """The reading itself, in the process of the case."""
    signal.alarm(SECONDS)
    read = case.make(folder)
    gc.collect()
    _limit_memory()
    before, began = _resident(), time.process_time()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    found: dict[str, Any] = {"error": "", "type": ""}
    try:
        read()
    except BaseException as error:
        found = {"error": str(error).replace(str(folder), "FOLDER"), "type": type(error).__name__}
    seconds = time.process_time() - began
    return {**found, "seconds": seconds, "megabytes": (_peak() - before) / 1e6, "ended": ""}


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEGABYTES * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _resident() -> int:
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(name))
    return 1000 * int(line.split()[1])


def load_readers() -> None:
    """Import whatever reads, so that no case pays for it."""
    import h5py  # noqa: F401
    import onnx
    import onnx.inliner
    import onnx.numpy_helper
    from hostile.cases import NAMES, reader

    with tempfile.TemporaryDirectory(prefix="hostile.") as folder:
        for kind in NAMES:
            with contextlib.suppress(Exception):
                reader(kind, Path(folder, NAMES[kind]))()
    from hostile.onnx_graphs import model

    onnx.checker.check_model(model())


def main(words: list[str]) -> None:
    cases = load()
    load_readers()
    for name, case in cases.items():
        if all(word in name for word in words):
            print(json.dumps(outcome(case)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
