"""Models an hour on a cluster, and the cost model that predicts them: `python tests/benchmarks/scale.py`.

The angle of two tasks: the embedded sample, each of its models five times, and VGG-like networks on 50,000 images. The
cluster is a scheduler and one or two workers on this machine, one thread each, which have computed something before.
The rates of the cost model come from other work: weights alone of the sample's models; such a network on few images.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import click
import main_job
import numpy as np
from record import FOLDER, ROOT, commit, machine

sys.path.insert(0, str(ROOT / "tests" / "support"))
from dask_cluster import Cluster, cluster

from pgdl_eval.formats.checksums import file_checksum
from pgdl_eval.formats.stored_files import identities
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.measures import find_measure
from pgdl_eval.runner.ingestion import ingest

TIMES, NETWORKS, FEW_IMAGES, IMAGES = 5, 2, 2_500, 50_000
SAMPLE = ROOT / "pgdl_eval" / "sample" / "digits"


def sample_task(folder: Path) -> Path:
    """The models of the sample, each several times."""
    task = folder / "tasks" / "digits"
    shutil.copytree(SAMPLE / "dataset_1", task / "dataset_1")
    for number, model in enumerate(sorted(SAMPLE.glob("model_*/"))):
        for copy in range(TIMES):
            shutil.copytree(model, task / f"model_{number * TIMES + copy}")
    return folder / "tasks"


def vgg(folder: Path, images: int, networks: int) -> Path:
    """VGG-like networks on so many images."""
    main_job.IMAGES = images
    main_job.vgg_task(folder, networks)
    return folder / "tasks"


def multiply_adds(tasks: Path) -> float:
    """Of all samples through the first model."""
    (task,) = find_tasks(tasks)
    config = task.read_model(task.models[0]).config
    inputs = task.training_samples()[0]
    side, total = inputs.shape[1:2], 0.0
    size = float(side[0]) if inputs.ndim == 4 else 1.0
    for layer, shapes in zip(config.layers, config.weight_shapes(), strict=True):
        kernel = max((float(np.prod(shape)) for shape in shapes.values()), default=0.0)
        total += kernel * (size**2 if layer.kind == "Conv2D" else 1.0)
        size /= 2.0 if layer.kind == "MaxPooling2D" else 1.0
    return total * len(inputs)


def bytes_of(tasks: Path) -> float:
    """Of the files of one model."""
    (task,) = find_tasks(tasks)
    return float(sum(file.stat().st_size for file in (task.folder / task.models[0]).iterdir()))


def timed(tasks: Path, measure: str, found: Cluster) -> float:
    """Wall seconds of a run, less those of one that finds everything done: reading, connecting and hashing."""
    seconds = []
    with tempfile.TemporaryDirectory() as out:
        for _ in range(2):
            began = time.perf_counter()
            outcome = ingest(
                tasks, Path(out), [find_measure(measure)], cluster=found.address, seconds_per_model=1e9
            )  # fmt: skip
            assert not outcome.failures
            seconds.append(time.perf_counter() - began)
    return seconds[0] - seconds[1]


def rate_of_files(tasks: Path) -> float:
    """Bytes a second that are read and hashed."""
    files = [file for file in tasks.rglob("*") if file.is_file()]
    began = time.perf_counter()
    for file in files:
        file_checksum(file)
    return sum(file.stat().st_size for file in files) / (time.perf_counter() - began)


def measure_all(folder: Path, workers: int) -> dict[str, float]:
    """Seconds a model of each work, on so many workers."""
    with cluster(workers) as found:
        timed(folder / "few" / "tasks", "angle", found)  # imports
        seconds = {}
        for name, work in (("weights", "vc_dimension"), ("few", "angle"), ("sample", "angle"), ("vgg", "angle")):
            tasks = folder / ("sample" if name == "weights" else name) / "tasks"
            seconds[name] = timed(tasks, work, found) / len(find_tasks(tasks)[0].models)
            print(workers, name, round(seconds[name], 4), flush=True)
    return seconds


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER.parent / "scale", help="Gets scale.json.")
def main(out: Path) -> None:
    """Measure and write."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sample_task(folder / "sample")
        vgg(folder / "few", FEW_IMAGES, 2)
        vgg(folder / "vgg", IMAGES, NETWORKS)
        works = {name: folder / name / "tasks" for name in ("few", "sample", "vgg")}
        counts = {name: {"multiply_adds": multiply_adds(one), "bytes": bytes_of(one)} for name, one in works.items()}
        files = rate_of_files(folder / "vgg" / "tasks")
        began = time.perf_counter()
        hashed = len(identities(find_tasks(works["sample"])[0]))
        identity = (time.perf_counter() - began) / hashed
        seconds = {workers: measure_all(folder, workers) for workers in (1, 2)}
    found = result(counts, seconds, files) | {"seconds to hash a model of the sample": identity}
    about = {"date": date.today().isoformat(), "machine": machine(), "commit": commit(ROOT)}
    told = {**about, "load": [load, os.getloadavg()[0]], **found}
    out.mkdir(parents=True, exist_ok=True)
    (out / "scale.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def result(counts: dict[str, dict[str, float]], seconds: dict[int, dict[str, float]], files: float) -> dict[str, Any]:
    """The rates, and for each work what they predict beside what was measured."""
    one = seconds[1]
    task = one["weights"] - counts["sample"]["bytes"] / files  # of a model, whatever it is
    macs = counts["few"]["multiply_adds"] / (one["few"] - task - counts["few"]["bytes"] / files)
    works = {}
    for name in ("sample", "vgg"):
        predicted = task + counts[name]["bytes"] / files + counts[name]["multiply_adds"] / macs
        works[name] = {
            **counts[name], "predicted": predicted, "measured": one[name], "models_an_hour_1": 3600 / one[name],
            "models_an_hour_2": 3600 / seconds[2][name], "speed_up_2": one[name] / seconds[2][name],
        }  # fmt: skip
    rates = {"seconds_a_task": task, "multiply_adds_a_second": macs, "bytes_a_second": files}
    return {"rates": rates, "works": works, "tasks_a_second_2": 1 / seconds[2]["weights"]}


if __name__ == "__main__":
    main()
