"""The process in which the measures of strangers run: it is asked, and answers, in lines of JSON.

What it prints goes where the run's own output goes; its answers have a pipe of their own.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from threading import Thread
from typing import IO, Any

from complexity.measures.registry import Measure

from ..formats.task import Task
from ..measures import find_measure
from .computing import Computed, Job, ModelAtWork
from .shared_samples import load_samples, read_samples


def main(questions: int, answers: int) -> None:
    """Answer questions until there are no more.

    Parameters
    ----------
    questions, answers : descriptors of pipes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; who asks ends this process
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    Thread(target=_receive, args=(os.fdopen(questions, "rb"), waiting), daemon=True).start()
    write, dumps, loads = os.write, json.JSONEncoder().encode, json.loads  # a measure may replace what modules offer
    while True:
        answer = dumps(asdict(_answer(loads(waiting.get())))).encode() + b"\n"
        with suppress(Exception):  # whatever a stranger has put there
            sys.stdout.flush()
        rest = memoryview(answer)
        while rest:
            rest = rest[write(answers, rest) :]


def _receive(questions: IO[bytes], waiting: queue.SimpleQueue[bytes]) -> None:
    """Take questions; their end ends this process, also while a measure runs: nobody waits for it any more."""
    for line in questions:
        waiting.put(line)
    os._exit(0)


def _answer(question: Mapping[str, Any]) -> Computed:
    try:
        measure = _measure(question["address"], question["name"])
    except (Exception, SystemExit) as error:  # the module of a stranger is imported here
        return Computed(failure=f"a process of its own finds no measure at {question['address']}: {error}")
    try:
        at_work = _at_work(question["folder"], question["task"], question["model"], question["samples"])
        return at_work.compute(Job(measure, question["settings"]), question["profiled"])
    except BaseException as error:  # Ctrl-C does not come here: a KeyboardInterrupt is the measure's
        _at_work.cache_clear()
        return Computed(failure=f"{question['folder']}/{question['model']}: {type(error).__name__}: {error}")


@lru_cache(maxsize=100)
def _measure(address: str, name: str) -> Measure:
    return replace(find_measure(address), name=name)


@lru_cache(maxsize=1)
def _at_work(folder: str, task: str, model: str, samples: str) -> ModelAtWork:
    """The model that was asked for last."""
    stored = Task(task, Path(folder), (model,))
    read = partial(stored.read_model, model)
    return ModelAtWork(stored, model, read, read_samples(samples), partial(load_samples, samples))
