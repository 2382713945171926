"""The process in which the measures of strangers run: it is asked, and answers, in lines of JSON.

Its answers have a pipe of their own; what it prints has another.
"""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from threading import Thread
from typing import IO, Any

from complexity.errors import shortened
from complexity.measures.registry import Measure

from ..formats.task import Task
from ..measures import find_measure
from .apart_process import READY
from .computing import Computed, Job, ModelAtWork
from .isolation import limit_this_process
from .shared_samples import load_samples, read_samples
from .submitted import Submitted


def main(questions: int, answers: int, memory: int) -> None:
    """Answer questions until there are no more.

    Parameters
    ----------
    questions, answers : descriptors of pipes.
    memory : bytes that this process may have.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; who asks ends this process
    limit_this_process(memory)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    Thread(target=_receive, args=(os.fdopen(questions, "rb"), waiting), daemon=True).start()
    write, dumps, loads = os.write, json.JSONEncoder().encode, json.loads  # a measure may replace what modules offer
    answer = READY
    while True:
        with suppress(Exception):  # whatever a stranger has put there
            sys.stdout.flush()
            sys.stderr.flush()
        rest = memoryview(answer + b"\n")
        while rest:
            rest = rest[write(answers, rest) :]
        answer = dumps(asdict(_answer(loads(waiting.get())))).encode()


def _receive(questions: IO[bytes], waiting: queue.SimpleQueue[bytes]) -> None:
    """Take questions; their end ends this process, also while a measure runs: nobody waits for it any more."""
    for line in questions:
        waiting.put(line)
    os._exit(0)


def _answer(question: Mapping[str, Any]) -> Computed:
    try:
        measure = _measure(question["address"], question["name"], question["program"])
    except (Exception, SystemExit) as error:  # the module of a stranger is imported here
        traceback.print_exc()
        place, kind = f"{question['folder']}/{question['model']}", type(error).__name__
        if question["program"] is not None:
            return Computed(failure=f"{place}: the submission cannot be imported: {kind}: {shortened(error)}")
        return Computed(failure=f"a process of its own finds no measure at {question['address']}: {error}")
    try:
        at_work = _at_work(question["folder"], question["task"], question["model"], question["samples"])
        return at_work.compute(Job(measure, question["settings"]), question["profiled"])
    except BaseException as error:  # Ctrl-C does not come here: a KeyboardInterrupt is the measure's
        _at_work.cache_clear()
        return Computed(failure=f"{question['folder']}/{question['model']}: {type(error).__name__}: {error}")


@lru_cache(maxsize=100)
def _measure(address: str, name: str, program: str | None) -> Measure:
    """The measure of that name: of a submission, or at an address."""
    if program is not None:
        function = _printing_errors(Submitted(Path(program)))
        return Measure(name, function, "larger gap", (-math.inf, math.inf), frozenset(), False, name)
    return replace(find_measure(address), name=name)


def _printing_errors(submitted: Submitted) -> Callable[[Any, Any], Any]:
    def function(model: Any, dataset: Any) -> Any:
        try:
            return submitted(model, dataset)
        except Exception:
            traceback.print_exc()  # for its author, who sees what it has printed
            raise

    return function


@lru_cache(maxsize=1)
def _at_work(folder: str, task: str, model: str, samples: str) -> ModelAtWork:
    """The model that was asked for last."""
    stored = Task(task, Path(folder), (model,))
    read = partial(stored.read_model, model)
    return ModelAtWork(stored, model, read, read_samples(samples), partial(load_samples, samples))
