"""Read changed inputs until something else than an InputError or the right value comes.

    python tests/fuzz/run.py TARGET COUNT SEED [FOLDER]

TARGET is one of `targets.py`, or all. Inputs that a reader fails on are kept in FOLDER (fuzz_findings by default). A
library that ends the process, or reads on for more than 2 s, is a finding, too: inputs are read in processes of their
own, a thousand in each. The same seed makes the same inputs. The status is 1 where anything was found.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the packages before the folders of tests that have their names

from fuzz.targets import TARGETS, Target, read_quietly  # noqa: E402

SECONDS, MEGABYTES = 2, 600  # of one input; of a process of a thousand of them, beside what it had
CHUNK, CHUNK_SECONDS = 1000, 60


class TookTooLong(BaseException):
    """An input was read for too long."""


def one(target: Target, data: bytes, folder: Path) -> str:
    """What came of an input: "error", "value", or what is wrong."""
    from complexity.errors import InputError, escaped

    path = folder / target.file
    path.write_bytes(data)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        value = read_quietly(target, path)
    except InputError as error:
        said = str(error)
        plain = escaped(said) == said and not {"\n", "\t"} & {*said}
        return "error" if plain else f"an error with control characters: {said!r}"
    except TookTooLong:
        return f"more than {SECONDS} s"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        target.compare(value, data)
    except Exception as error:
        return f"another value than the reference reader: {type(error).__name__}: {str(error)[:300]}"
    return "value"


def inputs(target: Target, count: int, seed: str) -> Any:
    """Changed inputs, the same for the same seed."""
    rng, seeds = Random(seed), target.seeds()
    for _ in range(count):
        yield target.change(rng.choice(seeds), rng)


def fuzz(name: str, count: int, seed: int, found_in: Path) -> Counter[str]:
    """How often each outcome came; what is wrong is kept in a folder."""
    target, outcomes = TARGETS[name], Counter[str]()
    warm_up(target)
    for chunk in range(-(-count // CHUNK)):
        size = min(CHUNK, count - chunk * CHUNK)
        outcomes += _in_a_process(name, target, size, f"{name} {seed} {chunk}", found_in)
    return outcomes


def warm_up(target: Target) -> None:
    """Read the good inputs, so that libraries are loaded before processes are forked."""
    with tempfile.TemporaryDirectory(prefix="fuzz.") as folder:
        for data in target.seeds():
            path = Path(folder, target.file)
            path.write_bytes(data)
            try:
                value = read_quietly(target, path)
            except ValueError:  # the predictions of which one ran out of time
                continue
            target.compare(value, data)


def _in_a_process(name: str, target: Target, count: int, seed: str, found_in: Path) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    skip = 0
    while skip < count:
        with tempfile.TemporaryDirectory(prefix="fuzz.") as folder:
            told = Path(folder, "told")
            process = os.fork()
            if process == 0:
                status = 1
                try:
                    _child(target, count, seed, skip, Path(folder), told)
                    status = 0
                finally:
                    os._exit(status)
            _, status = os.waitpid(process, 0)
            lines = told.read_text().splitlines() if told.exists() else []
            outcomes.update("value" if line == "v" else "error" for line in lines if line in "ve")
            for line in lines:
                if line not in "ve":
                    number, what = json.loads(line)
                    outcomes[f"WRONG {what}"] += 1
                    _keep(name, target, count, seed, number, what, found_in)
            skip += len(lines)
            if skip < count and not (status == 0 and skip == count):
                what = f"the process ended with {status}"
                outcomes[f"WRONG {what}"] += 1
                _keep(name, target, count, seed, skip, what, found_in)
                skip += 1
    return outcomes


def _child(target: Target, count: int, seed: str, skip: int, folder: Path, told: Path) -> None:
    signal.signal(signal.SIGALRM, _too_long)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEGABYTES * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A signal does not end what goes round in a library: the process is ended, and the input is a finding.
    resource.setrlimit(resource.RLIMIT_CPU, (CHUNK_SECONDS, CHUNK_SECONDS))
    inside = folder / "input"
    inside.mkdir()
    with told.open("w", buffering=1) as file:
        for number, data in enumerate(inputs(target, count, seed)):
            if number >= skip:
                what = one(target, data, inside)
                file.write({"value": "v", "error": "e"}.get(what) or json.dumps([number, what]))
                file.write("\n")


def _too_long(number: int, frame: Any) -> None:
    raise TookTooLong


def _keep(name: str, target: Target, count: int, seed: str, number: int, what: str, found_in: Path) -> None:
    data = next(one for at, one in enumerate(inputs(target, count, seed)) if at == number)
    found_in.mkdir(parents=True, exist_ok=True)
    path = found_in / f"{name}.{seed.replace(' ', '_')}.{number}"
    path.write_bytes(data)
    print(f"{path}: {what}", file=sys.stderr)


def main(arguments: list[str]) -> int:
    name, count, seed = arguments[0], int(arguments[1]), int(arguments[2])
    found_in = Path(arguments[3] if len(arguments) > 3 else "fuzz_findings")
    wrong = 0
    for target in TARGETS if name == "all" else [name]:
        began = time.process_time()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        outcomes = fuzz(target, count, seed, found_in)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = time.process_time() - began + after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        bad = {what: times for what, times in outcomes.items() if what.startswith("WRONG")}
        wrong += sum(bad.values())
        record = {"target": target, "seed": seed, "inputs": sum(outcomes.values()), "values": outcomes["value"],
                  "errors": outcomes["error"], "wrong": bad, "cpu_seconds": round(spent, 1)}  # fmt: skip
        print(json.dumps(record), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
