"""A scheduler of Dask and workers on this machine, each a process of its own, as a laboratory would start them."""

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field

SECONDS = 60  # in which a cluster must be there
PROGRAM = "import sys; sys.argv[0] = 'dask'; {before}\nfrom distributed.cli.{name} import main; main()"


@dataclass
class Cluster:
    """A scheduler, and its workers in the order in which they began."""

    address: str
    scheduler: subprocess.Popen
    environment: dict
    workers: list = field(default_factory=list)

    def add_worker(self, *options, before=""):
        """Begin a worker without a nanny, so that its process is the one that is known; `before` is run first."""
        number = str(len(self.workers))
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", number, *options)
        self.workers.append(_program("dask_worker", [self.address, *options], self.environment, before))

    def wait(self, count):
        """Until so many workers are there."""
        from distributed import Client

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that a test makes up
            client = Client(self.address, set_as_default=False)
        with client:
            if count:
                client.wait_for_workers(count, timeout=SECONDS)


@contextmanager
def cluster(workers=0, *, paths=(), before="", options=(), **settings):
    """A scheduler with these settings, in which _ stands for - and __ for a dot, and so many workers.

    Parameters
    ----------
    paths : folders of modules that the workers find.
    before : what each worker runs first.
    options : of each worker.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])}
    environment |= {f"DASK_DISTRIBUTED__{name.upper()}": str(value) for name, value in settings.items()}
    port = _free_port()
    told = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    found = Cluster(f"tcp://127.0.0.1:{port}", _program("dask_scheduler", told, environment), environment)
    try:
        for _ in range(workers):
            found.add_worker(*options, before=before)
        found.wait(workers)
        yield found
    finally:
        for process in (*found.workers, found.scheduler):
            process.send_signal(signal.SIGCONT)
            process.kill()
        for process in (*found.workers, found.scheduler):
            process.wait()


def _program(name, arguments, environment, before=""):
    call = [sys.executable, "-c", PROGRAM.format(name=name, before=before), *arguments]
    return subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(true, seconds=SECONDS):
    """Wait until a function gives something true, and return that."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)
    return found
