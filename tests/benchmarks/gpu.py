"""The GPU route, measured and checked in one command, in less than ten minutes:

    python tests/benchmarks/gpu.py [--data FOLDER] [--out FILE] [--device cuda] [--recipe resnet20] [--small]

What it does: P-vectors of CUDA tensors (50,000 x 256 and 50,000 x 3072, float32), plain and with TF32 and autocast
switched on around them, each against its bound and a float64 SVD, timed beside what one would take instead; three
epochs of a recipe of the preset `paper`, its last record against the same network's on the processor, and what share of
the time decomposition took. --data takes FOLDER/cifar10.npz; without it matrices and images are drawn. --small, with
`--device cpu`, tries the command where there is no GPU. The file is written after each part; the exit status is 1 where
a check failed.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
import torch
from pvector import FEATURE_SPECTRUM, PIXEL_SPECTRUM, drawn
from record import ROOT, commit, machine
from torch import Tensor

from complexity import angle, p_vectors
from training.data import standardization, tensors
from training.machine.checkpoint import load_weights
from training.machine.devices import Device, find_device
from training.networks import Network, make_encoder
from training.paradigms import make_paradigm
from training.runs.decompose import TOLERANCE
from training.runs.evaluation import evaluation_mode, features
from training.runs.experiment import Experiment, Place
from training.runs.run import train
from training.runs.run_folder import RunFolder, decomposition

ROUNDING = 1e-5  # degrees that a float64 SVD may be off itself
EPOCHS, RUNS = 3, 3


def matrices(data: Path | None, small: bool) -> dict[str, np.ndarray]:
    """Features (50,000 x 256) and pixels (50,000 x 3072), standardized where they are images; a hundredth if small."""
    rows, wide = (500, 96) if small else (50_000, 3072)
    pixels = drawn(rows, PIXEL_SPECTRUM[: wide - 1], 0)
    if data is not None and not small:
        with np.load(data / "cifar10.npz", allow_pickle=False) as stored:
            images = stored["x_train"].reshape(-1, 3).astype(np.float32)
        pixels = ((images - images.mean(axis=0)) / images.std(axis=0)).reshape(-1, 3072)
    return {f"features {rows} x 256": drawn(rows, FEATURE_SPECTRUM, 1), f"pixels {rows} x {pixels.shape[1]}": pixels}


def exact(matrix: Tensor) -> np.ndarray:
    """The first left singular vector by a float64 SVD, of the triangular factor: the other is orthonormal."""
    orthonormal, triangular = torch.linalg.qr(matrix.double())
    return (orthonormal @ torch.linalg.svd(triangular)[0][:, 0]).cpu().numpy()


def peers(matrix: Tensor) -> dict[str, Callable[[], Any]]:
    """What one would take instead."""

    def gram() -> Tensor:
        left = matrix @ torch.linalg.eigh(matrix.T @ matrix)[1][:, -1]
        return left / left.norm()

    return {
        "torch.linalg.svd": lambda: torch.linalg.svd(matrix, full_matrices=False)[0][:, 0],
        "torch.svd_lowrank, 12 iterations": lambda: torch.svd_lowrank(matrix, q=6, niter=12)[0][:, 0],
        "Gram matrix + eigh": gram,
    }  # fmt: skip


@contextmanager
def fast_products(device: Device) -> Any:
    """TF32 and autocast to bfloat16, as a program may have them on where it calls `p_vectors`."""
    before = torch.get_float32_matmul_precision()
    with ExitStack() as stack:
        stack.callback(torch.set_float32_matmul_precision, before)
        torch.set_float32_matmul_precision("high")
        stack.enter_context(torch.autocast(device.torch.type, dtype=torch.bfloat16))
        yield


def timed(device: Device, call: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median seconds after one call that does not count, and what the last call gave."""
    call()
    taken = []
    for _ in range(runs):
        began = device.clock()
        found = call()
        taken.append(device.clock() - began)
    return median(taken), found


def measure_matrix(device: Device, array: np.ndarray) -> dict[str, Any]:
    """Ours, plain and under fast products, and the peers, on one matrix: seconds, errors in degrees, bounds."""
    matrix = torch.as_tensor(array).to(device.torch)
    true = exact(matrix)

    def ours(around: AbstractContextManager[Any]) -> dict[str, Any]:
        with around:
            seconds, found = timed(device, lambda: p_vectors(matrix), RUNS)
        error, bound = float(angle(found.vectors[:, 0].cpu().double().numpy(), true)), float(found.angle_error[0])
        return {"seconds": seconds, "error": error, "bound": bound, "within": error <= bound + ROUNDING}

    routes: dict[str, Any] = {"p_vectors": ours(ExitStack())}
    routes["p_vectors, TF32 and autocast around"] = ours(fast_products(device))
    for name, call in peers(matrix).items():
        seconds, found = timed(device, call, 1)
        error = float(angle(found.cpu().double().numpy(), true))
        routes[name] = {"seconds": seconds, "error": error, "times ours": seconds / routes["p_vectors"]["seconds"]}
    return routes


def measure_run(device: Device, data: Path | None, recipe: str, small: bool) -> dict[str, Any]:
    """Three epochs of a recipe: seconds by part, and the last record against the processor's."""
    changes: dict[str, Any] = {"epochs": EPOCHS}
    with tempfile.TemporaryDirectory() as folder:
        place = Place(data or Path(folder), Path(folder) / "runs", str(device.torch))
        if data is None:
            draw_images(Path(folder) / "cifar10.npz", (256, 64) if small else (50_000, 10_000))
        if small:
            changes |= {"train_limit": 256, "test_limit": 64, "subset_rows": 64, "batch_size": 64}
        experiment = Experiment(recipe, "smoke" if small else "paper", "cifar10", 0, changes)
        run = train(experiment, place)
        lines = run.metrics()[1:]
        return {"recipe": recipe, **shares(lines), "record": compare_records(run, experiment, place, device)}


def draw_images(file: Path, rows: tuple[int, int]) -> None:
    """Images of ten classes that differ in the number of their stripes."""
    rng, arrays = np.random.default_rng(0), {}
    for part, count in zip(("train", "test"), rows, strict=True):
        labels = np.arange(count) % 10
        waves = np.sin(np.arange(32) * (labels[:, None] + 1) / 5)[:, :, None, None]
        pixels = 128 + 50 * waves + 40 * rng.standard_normal((count, 32, 32, 3), dtype=np.float32)
        arrays |= {f"x_{part}": np.clip(pixels, 0, 255).astype(np.uint8), f"y_{part}": labels}
    np.savez(file, **arrays)


def shares(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Seconds of all epochs by part, and each part's share; the first epoch also compiles."""
    parts = {name for line in lines for name in line if name.endswith("_seconds")}
    seconds = {name: sum(line.get(name, 0.0) for line in lines) for name in sorted(parts)}
    total = sum(seconds.values())
    decomposition_seconds = sum(value for name, value in seconds.items() if "decomposition" in name)
    last = sum(value for name, value in lines[-1].items() if name.endswith("_seconds"))
    return {"seconds": seconds, "last epoch, seconds": last, "share of decomposition": decomposition_seconds / total}


def compare_records(run: RunFolder, experiment: Experiment, place: Place, device: Device) -> dict[str, Any]:
    """The subset's recorded P-vectors against those of the same weights on the processor.

    They may differ by what the features differ: an error E turns the first singular vector by at most
    arcsin(||E|| / (sigma_1 - sigma_2)) (Wedin 1972; the Frobenius norm stands for the spectral one).
    """
    on_cpu, recorded_on = (subset_features(run, experiment, place, one) for one in (find_device("cpu"), device))
    found: dict[str, Any] = {}
    for center in (False, True):
        recorded = decomposition(run.epoch(EPOCHS), "subset", center=center)
        first, second = (matrix - center * matrix.mean(dim=0) for matrix in (on_cpu, recorded_on))
        left, values, _ = torch.linalg.svd(first, full_matrices=False)
        moved = float((first - second).norm() / (values[0] - values[1]))
        bound = float(np.degrees(np.arcsin(min(1.0, moved)))) + TOLERANCE + float(recorded.angle_error[0])
        error = float(angle(recorded.vectors[:, 0].astype(float), left[:, 0].numpy()))
        found["centered" if center else "uncentered"] = {"degrees": error, "bound": bound, "within": error <= bound}
    return found


def subset_features(run: RunFolder, experiment: Experiment, place: Place, device: Device) -> Tensor:
    """Features of the trained network on the subset's rows, in float64 on the processor."""
    settings = experiment.settings()
    data = place.image_set(experiment.data, settings)
    encoder = make_encoder(settings.network, data.shape, settings.network_arguments)
    head = make_paradigm(settings.paradigm, settings.paradigm_arguments).head(encoder, data.classes)
    network = Network(encoder, head)
    load_weights(run.path / "checkpoints" / f"{EPOCHS:04d}" / "weights.safetensors", network)
    device.place(network)
    images = tensors(data.train.first(settings.subset_rows), device.torch).images
    with evaluation_mode(network):
        return features(network, images, standardization(data.train.inputs, device.torch)).cpu().double()


def checks(found: Any) -> list[bool]:
    """All that is said under `within` in what was measured."""
    if not isinstance(found, dict):
        return []
    own = [bool(found["within"])] if "within" in found else []
    return own + [one for part in found.values() for one in checks(part)]


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="Folder with cifar10.npz.")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "docs" / "performance" / "gpu.json")
@click.option("--device", "name", default="cuda", show_default=True)
@click.option("--recipe", default="resnet20", show_default=True)
@click.option("--small", is_flag=True, help="A hundredth of the sizes: whether it works.")
def main(data: Path | None, out: Path, name: str, recipe: str, small: bool) -> None:
    """Measure and check the GPU route, and write one file."""
    began, device = time.perf_counter(), find_device(name)
    said = {"machine": machine(), "commit": commit(ROOT), "torch": torch.__version__, "device": device.describe()}
    found: dict[str, Any] = {**said, "small": small, "images": "drawn" if data is None else "CIFAR-10", "matrices": {}}

    def write() -> None:
        found["within"] = all(checks({key: value for key, value in found.items() if key != "within"}))
        found["seconds"] = time.perf_counter() - began
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    for title, matrix in matrices(data, small).items():
        found["matrices"][title] = measure_matrix(device, matrix)
        write()
    found["run"] = measure_run(device, data, recipe, small)
    write()
    click.echo(out.read_text(encoding="utf-8"))
    if not found["within"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
