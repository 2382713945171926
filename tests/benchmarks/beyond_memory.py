"""What is larger than the memory that workers are given: `python tests/benchmarks/beyond_memory.py`.

Workers of Dask, each under a nanny that ends it where it takes more than its limit: the P-vectors of a Dask array, and
`ingest --cluster` of a task whose samples they read from their path. Both are compared with one process without limit.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import click
import main_job
import numpy as np
from record import FOLDER, ROOT, commit, machine

from complexity.pvectors.pvector import p_vectors
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.measures import find_measure
from pgdl_eval.runner.ingestion import ingest

MATRIX_LIMIT, MATRIX, ROWS = 400e6, (250_000, 512), 5_000
SAMPLES_LIMIT, IMAGES = 550e6, 50_000


def of_matrix() -> dict[str, Any]:
    """P-vectors of a random matrix with one direction above the others, made chunk by chunk where it is needed."""
    import dask.array as da
    from distributed import Client, LocalCluster

    noise = da.random.default_rng(0).standard_normal(MATRIX, chunks=(ROWS, MATRIX[1]))
    matrix = noise + 0.5
    with LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=MATRIX_LIMIT, host="127.0.0.1", dashboard_address=":0"
    ) as workers, Client(workers) as client:  # fmt: skip
        began, before = time.perf_counter(), processes(client)
        found = p_vectors(matrix, k=1)
        seconds, ended = time.perf_counter() - began, len(before - processes(client))
    alone = p_vectors(matrix.compute(scheduler="synchronous"), k=1)
    difference = float(np.abs(np.abs(found.vectors) - np.abs(alone.vectors)).max())
    return {"bytes": matrix.nbytes, "limit": MATRIX_LIMIT, "seconds": seconds, "difference": difference, "ended": ended}


def of_samples(folder: Path) -> dict[str, Any]:
    """The angle of one VGG-like network, by a worker with less memory than the images take."""
    from distributed import Client, LocalCluster

    main_job.IMAGES = IMAGES
    main_job.vgg_task(folder, 1)
    values = []
    with LocalCluster(
        n_workers=1, threads_per_worker=1, memory_limit=SAMPLES_LIMIT, host="127.0.0.1", dashboard_address=":0"
    ) as workers, Client(workers, set_as_default=False) as client:  # fmt: skip
        before = processes(client)
        for cluster in (workers.scheduler_address, ""):
            began = time.perf_counter()
            out = folder / f"out{len(values)}"
            outcome = ingest(folder / "tasks", out, [find_measure("angle")], cluster=cluster, seconds_per_model=1e9)
            if outcome.failures:
                raise click.ClickException(outcome.failures[0][3])
            values.append((read_values(out / "vgg.predict")["model_0"], time.perf_counter() - began))
        ended = len(before - processes(client))
    (value, seconds), (alone, _) = values
    size = IMAGES * 32 * 32 * 3 * 4
    return {"bytes": size, "limit": SAMPLES_LIMIT, "seconds": seconds, "same": value == alone, "ended": ended}


def processes(client: Any) -> set[int]:
    """Those of the workers: one that has been ended is followed by another."""
    return set(client.run(os.getpid).values())


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER.parent / "scale", help="Gets a JSON file.")
def main(out: Path) -> None:
    """Measure and write."""
    out.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {"date": date.today().isoformat(), "machine": machine(), "commit": commit(ROOT)}
    with tempfile.TemporaryDirectory() as scratch:
        for name, measured in (("matrix", of_matrix), ("samples", lambda: of_samples(Path(scratch)))):
            told[name] = {**measured(), "load": os.getloadavg()[0]}
            (out / "beyond_memory.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
