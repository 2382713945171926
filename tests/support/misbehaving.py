"""A submission that does something else on each model, and what must be said of it.

Used by test_submissions.py, and by tests/hostile/write_docs.py for the table of what submissions do.
"""

import shutil
from unittest import mock

from pgdl_eval.formats.task import TRAIN, find_tasks
from pgdl_eval.formats.task_writer import write_samples
from pgdl_eval.runner import apart_process
from pgdl_eval.sample.run import FOLDER

MEMORY, SECONDS = 250_000_000, 2.0  # that a process may have, and has for a model where it uses them up
LAST = "a number after all of these"
HANGS = ("a hang", "endless output")
# What an isolation does to the process is said in its own way, so each isolation is tried with these.
OF_THE_PROCESS = (
    "a segmentation fault",
    "SIGKILL",
    "os._exit(0)",
    "a hang",
    "shared memory",
    "a child that lives on",
    LAST,
)
# What it is, what the submission does, and words of the failure; none where there is a value.
BEHAVIOURS = [
    ("a number", "return 1.5", ""),
    ("a NumPy number", "return numpy.float32(2.5)", ""),
    ("an array without axes", "return numpy.array(3)", ""),
    ("None", "return None", "the measure gave no number (expected one number, found NoneType)"),
    ("an array", "return numpy.ones(1)", "found ndarray of shape (1,)"),
    ("NaN", "return float('nan')", "the measure is not a finite number"),
    ("infinity", "return -numpy.inf", "the measure is not a finite number"),
    ("a string", "return '3.5'", "found str"),
    ("a truth value", "return True", "found bool"),
    ("a truth value of NumPy", "return numpy.bool_(True)", "found bool"),
    ("a complex number", "return 1j", "found complex"),
    ("an exception", "return 1 / 0", "ZeroDivisionError: division by zero"),
    ("an exception that cannot be shown", "raise Unshown", "ended with status 1 before it gave a value"),
    ("an exception of two megabytes", "raise ValueError('x' * 2_000_000)", "(1998000 characters)"),
    ("sys.exit(0)", "sys.exit(0)", "the measure asked for the end of the process (SystemExit(0))"),
    ("os._exit(0)", "os._exit(0)", "ended with status 0 before it gave a value"),
    ("KeyboardInterrupt", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("a segmentation fault", "ctypes.string_at(0)", "ended by the signal SIGSEGV"),
    ("abort()", "os.abort()", "ended by the signal SIGABRT, perhaps for lack of memory (it may have 0.25 GB)"),
    ("SIGKILL", "os.kill(os.getpid(), 9)", "ended by the signal SIGKILL"),
    ("a hang", "time.sleep(600)", "took more than 2 s, and its process was ended"),
    ("endless output", "while True: print('x' * 1000)", "took more than 2 s, and its process was ended"),
    ("ten gigabytes", "return float(len(bytearray(10**10)))", "the measure ran out of memory"),
    ("shared memory", "m = mmap.mmap(-1, 260_000_000, SHARED); time.sleep(60)",
     "GB of 0.25 GB of memory, and was ended"),
    ("a file of ten gigabytes", "os.truncate(os.open('x', os.O_CREAT | os.O_RDWR), 10**10)", "File too large"),
    ("a child that lives on", "os.fork() or time.sleep(60); os._exit(3)", "ended with status 3"),
    ("answers of its own", "os.write(int(sys.argv[2]), b'[1]\\n'); time.sleep(60)", "answered no result"),
    ("an answer without an end", "[os.write(int(sys.argv[2]), b'1' * 60_000) for _ in range(20)]; time.sleep(60)",
     "answered no result: it has no end"),
    ("replaced modules", "json.loads = os.write = numpy.isfinite = numpy.asarray = None; return 1.0", "not callable"),
    ("control characters", "raise ValueError('\\x1b]0;owned\\x07')", "ValueError"),
    (LAST, "return 4.5", ""),
]  # fmt: skip
HEAD = """
import ctypes, json, mmap, os, sys, time
import numpy


SHARED = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE


class Unshown(Exception):
    def __str__(self):
        raise self


"""


def submission(behaviours):
    """The text of a complexity.py that does each on the model of its number."""
    cases = [f"    if number == {number}:\n        {code}\n" for number, (_, code, _) in enumerate(behaviours)]
    head = "def complexity(model, dataset):\n    number = int(model.name.removeprefix('model_'))\n"
    return HEAD + head + "".join(cases)


def task_for(folder, models):
    """A task of so many copies of a small model, `model_00` and on, with 20 samples."""
    inputs, labels = find_tasks(FOLDER)[0].training_samples()
    write_samples(folder / "digits" / TRAIN, inputs[:20], labels[:20], 1)
    for number in range(models):
        shutil.copytree(FOLDER / "digits" / "model_0", folder / "digits" / f"model_{number:02d}")


def no_keras_needed():
    """A context in which processes of strangers get models and samples as they are stored."""
    begin = "from pgdl_eval.runner.stranger_process"
    return mock.patch.object(
        apart_process, "STARTED", apart_process.STARTED.replace(begin, f"import without_keras; {begin}")
    )
