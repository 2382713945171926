"""A cluster of Dask: the way to its scheduler, or one of this machine, and whether its workers can be used."""

from __future__ import annotations

import logging
import os
import re
import signal
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from multiprocessing import resource_tracker
from typing import Any

from complexity.errors import InputError, first_line

from .cluster_worker import compared_versions
from .processes import THREADS

CONNECT_SECONDS = 10.0
WORKERS_SECONDS = 30.0  # in which a first worker comes
GPU = "GPU"  # the resource of workers that have one
LOCAL = re.compile(r"local:(\d+)")
EXPECTED = "tcp://HOST:PORT or tls://HOST:PORT of a scheduler, or local:N"
LOGS = ("distributed", "distributed.client", "tornado")
ALLOWED_FAILURES = "distributed.scheduler.allowed-failures"  # one fewer than the workers that a model may end
LOCAL_SETTINGS = {ALLOWED_FAILURES: 2}

Workers = Mapping[str, Mapping[str, Any]]  # by address, what the scheduler says of each


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the cluster, whose workers can be used: they have the same versions, and one thread each.

    Raises
    ------
    InputError
        If there is no scheduler, or no worker, or one that cannot be used.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError("Dask is not installed", field="cluster", expected="the extra [cluster]") from error
    local = LOCAL.fullmatch(address)
    with _quiet(), _local(int(local[1])) if local else _given(address) as place:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other versions, of which `check_workers` says what matters
                client = distributed.Client(place, timeout=CONNECT_SECONDS, set_as_default=False, name="pvector")
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            problem = f"no scheduler answers: {first_line(error)}"
            raise InputError(problem, field="cluster", expected=EXPECTED, found=address) from error
        try:
            check_workers(client, address)
            yield client
        finally:
            with suppress(Exception):  # a scheduler that is gone
                client.close(timeout=2)


def check_workers(client: Any, address: str) -> None:
    """Raise an InputError if no worker comes, or one cannot be used."""
    import distributed

    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except distributed.TimeoutError as error:  # of asyncio, which before Python 3.11 is another one
        problem = f"the scheduler has no worker after {WORKERS_SECONDS:g} s"
        raise InputError(
            problem, field="cluster", expected="dask worker ADDRESS --nthreads 1", found=address
        ) from error
    for place, one in workers_of(client).items():
        if one["nthreads"] != 1:
            problem, expected = "a worker must have one thread", "dask worker ADDRESS --nthreads 1 --nworkers N"
            raise InputError(f"{problem}: {place}", field="cluster", expected=expected, found=one["nthreads"])
    for place, found in client.run(version, "numpy", on_error="return").items():
        if isinstance(found, BaseException):
            raise without_package(place, found)
    for place, found in client.run(compared_versions, on_error="return").items():
        if isinstance(found, BaseException):
            raise without_package(place, found)
        if found != compared_versions():
            raise other_versions(place, found)


def workers_of(client: Any) -> Workers:
    """What the scheduler says of its workers."""
    found: Workers = client.scheduler_info(n_workers=-1)["workers"]
    return found


def has_gpu(worker: Mapping[str, Any]) -> bool:
    """Whether a worker was started with `--resources GPU=1`."""
    return bool(worker.get("resources", {}).get(GPU, 0) >= 1)


def usable(workers: Workers, gpus: bool) -> Workers:
    """Those that get models: all, or those with a GPU."""
    return {place: one for place, one in workers.items() if has_gpu(one) or not gpus}


def without_package(place: str, error: BaseException) -> InputError:
    """The error for a worker that cannot import the package."""
    problem = f"the package cannot be imported by {place}: {first_line(error)}"
    return InputError(problem, field="cluster", expected=f"pvector {compared_versions()['pvector']} on every worker")


def other_versions(place: str, found: Mapping[str, str]) -> InputError:
    """The error for a worker with other versions."""

    def words(versions: Mapping[str, str]) -> str:
        return ", ".join(f"{name} {one}" for name, one in versions.items())

    problem = f"client and workers have other versions: {place}"
    return InputError(problem, field="cluster", expected=words(compared_versions()), found=words(found))


@contextmanager
def _given(address: str) -> Iterator[str]:
    yield address


@contextmanager
def _local(count: int) -> Iterator[Any]:
    """A cluster of so many worker processes of this machine, which share its cores."""
    import dask
    from distributed import LocalCluster

    if count < 1:
        raise InputError("no number of workers", field="cluster", expected="local:N, N at least 1", found=count)
    share = str(max(1, len(os.sched_getaffinity(0)) // count))
    threads = {name: os.environ.get(name, share) for name in THREADS}
    resource_tracker.ensure_running()  # its start lets SIGINT through again in the thread that needs it first
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # threads that begin here, and all workers that
    try:  # they begin, inherit this: a terminal sends Ctrl-C to all, and it is for this process to end them
        with dask.config.set(LOCAL_SETTINGS):
            cluster = LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0",
                silence_logs=logging.CRITICAL, env=threads,
            )  # fmt: skip
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with cluster:
        yield cluster


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs does not come between the lines of a command: what matters is said in words."""
    loggers = [logging.getLogger(name) for name in LOGS]
    before = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)
