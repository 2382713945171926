"""P-vectors side by side with what one would take instead, on one machine in one run.

    python tests/benchmarks/pvector.py [--data FOLDER] [--out FOLDER] [--runs N] [--large FOLDER]

--data takes FOLDER/cifar10.npz (x_train, uint8); without it matrices of the same sizes and spectra are drawn. --large
writes a matrix of ImageNet's size (10.5 GB) to a file there and reads it as a memory map. With a CUDA device the same
is measured there.
"""

from __future__ import annotations

import csv
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from record import FOLDER, Limit, Recorder, Row
from rich.console import Console
from rich.table import Table

from complexity import angle, p_vectors

OURS = "p_vectors"
# How many times the floor, or the bare Gram matrix, a call may take.
BARS = {"features 50,000 x 256": 1.5, "pixels 50,000 x 3072": 1.8, "200 x 3": 2.5, "1797 x 64": 1.1}
MISSED = {
    "large": "The second product of a block, from cache, and the random direction beside the first; fewer parts next.",
    "small": "Checks, bounds and bookkeeping in Python, some 30 calls of NumPy.",
    "long": "Four readings beside the Gram matrix's two.",
    "wide": "The Gram matrix of the shorter side.",
    "loaded": "Waiting for a core.",
}
LARGE = (1_280_000, 2048)
# Singular values over the largest: of CIFAR-10 pixels standardized per channel, and of ReLU features of them.
PIXEL_SPECTRUM = 0.43 * np.arange(1.0, 3072) ** -0.75
FEATURE_SPECTRUM = 0.3 * np.arange(1.0, 256) ** -0.45


@dataclass
class Line:
    """One route on one matrix: seconds (median), how often slower than ours, error in degrees, readings, megabytes."""

    matrix: str
    route: str
    seconds: float
    ratio: float
    error: float
    passes: str
    megabytes: float


def drawn(rows: int, spectrum: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """A matrix whose singular values are about 1 and `spectrum`, times the square root of its rows."""
    matrix = np.random.default_rng(seed).standard_normal((rows, len(spectrum) + 1), dtype=np.float32)
    matrix[:, 0] = 1 + 0.2 * matrix[:, 0]
    return np.asarray(matrix * np.append(1, spectrum).astype(np.float32))


def matrices(data: Path | None) -> dict[str, NDArray[Any]]:
    """Pixels (50,000 x 3072), features (50,000 x 256) and two small matrices."""
    if data is None:
        pixels, features = drawn(50_000, PIXEL_SPECTRUM, 0), drawn(50_000, FEATURE_SPECTRUM, 1)
    else:
        with np.load(data / "cifar10.npz", allow_pickle=False) as stored:
            images = stored["x_train"].astype(np.float32) / 255
        images = (images - images.mean(axis=(0, 1, 2))) / images.std(axis=(0, 1, 2))
        pixels = np.ascontiguousarray(images.reshape(len(images), -1))
        directions = np.random.default_rng(0).standard_normal((pixels.shape[1], 256), dtype=np.float32)
        features = np.maximum(pixels @ directions / np.float32(pixels.shape[1] ** 0.5), 0)
    rng = np.random.default_rng(2)
    small = {f"{n} x {d}": rng.random((n, d)) for n, d in ((200, 3), (1797, 64))}
    return {"features 50,000 x 256": features, "pixels 50,000 x 3072": pixels, **small}


def gram(matrix: NDArray[Any]) -> NDArray[Any]:
    """The Gram matrix in the matrix's own precision, all its eigenvectors, the left vector."""
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    left = matrix @ vectors[:, -1]
    return np.asarray(left / np.linalg.norm(left))


def peers(matrix: NDArray[Any]) -> dict[str, Callable[[], Any]]:
    """What one would take instead, by name."""
    from scipy.sparse.linalg import svds
    from sklearn.utils.extmath import randomized_svd

    if matrix.size < 10**6:
        return {"Gram matrix + eigh": lambda: gram(matrix)}
    found: dict[str, Callable[[], Any]] = {
        "Gram matrix + eigh, float32": lambda: gram(matrix),
        "scipy svds, ARPACK": lambda: svds(matrix, 1)[0][:, 0],
        "scipy svds, PROPACK": lambda: svds(matrix, 1, solver="propack")[0][:, 0],
        "scikit-learn randomized_svd": lambda: randomized_svd(matrix, 1, random_state=0)[0][:, 0],
    }
    if matrix.shape[1] < 1000:
        exact = matrix.astype(np.float64)
        found["full SVD, float64"] = lambda: np.linalg.svd(exact, full_matrices=False)[0][:, 0]
        found |= torch_peer(matrix)
    return found


def torch_peer(matrix: NDArray[Any]) -> dict[str, Callable[[], Any]]:
    """`torch.svd_lowrank` with as many power iterations as this accuracy needs; empty without PyTorch."""
    try:
        import torch
    except ImportError:
        return {}
    tensor = torch.as_tensor(matrix)
    return {"torch.svd_lowrank, 12 iterations": lambda: torch.svd_lowrank(tensor, q=6, niter=12)[0][:, 0].numpy()}


def exact_vector(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """The P-vector by the Gram matrix in float64."""
    exact = matrix.astype(np.float64)
    _, vectors = np.linalg.eigh(exact.T @ exact)
    return np.asarray(exact @ vectors[:, -1])


def seconds_in_turn(calls: dict[str, Callable[[], Any]], runs: int) -> dict[str, float]:
    """The median wall time of each call over rounds in which all take their turn, each after a call that warms up."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(runs):
        for name, call in calls.items():
            time.sleep(0.3)  # idle threads of the library before spin for a while
            began = time.perf_counter()
            call()
            repeats = min(20, 1 + int(0.1 / (time.perf_counter() - began)))
            began = time.perf_counter()
            for _ in range(repeats):
                call()
            taken[name].append((time.perf_counter() - began) / repeats)
    return {name: float(np.median(values)) for name, values in taken.items()}


def peak_megabytes(call: Callable[[], Any]) -> float:
    """The largest memory that NumPy allocated during a call."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def compare(name: str, matrix: NDArray[Any], runs: int) -> list[Line]:
    """Ours, the floor, and the peers on one matrix."""
    found = p_vectors(matrix)
    calls = {OURS: lambda: p_vectors(matrix).vectors[:, 0], **peers(matrix)}
    if matrix.size >= 10**6:
        ones = np.ones(matrix.shape[1], matrix.dtype)

        def read() -> None:
            for _ in range(found.passes):
                matrix @ ones

        calls = {f"floor: {found.passes} readings": read, **calls}
    seconds, true = seconds_in_turn(calls, runs), exact_vector(matrix)
    lines = []
    for route, call in calls.items():
        vector = call()
        error = float("nan") if vector is None else float(angle(vector, true))
        passes = str(found.passes) if route == OURS else ""
        ratio = seconds[route] / seconds[OURS]
        lines.append(Line(name, route, seconds[route], ratio, error, passes, peak_megabytes(call)))
    return lines


def large_memory_map(folder: Path) -> Line:
    """A matrix of ImageNet's size from a memory map: sigma_2 / sigma_1 is 0.2; memory is the process's own."""
    file = folder / "large.npy"
    rng = np.random.default_rng(0)
    stored = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=LARGE)
    scale = np.append(1, 0.2 * np.arange(1.0, LARGE[1]) ** -0.5).astype(np.float32)
    base = rng.standard_normal((20_000, LARGE[1]), dtype=np.float32)
    for start in range(0, LARGE[0], len(base)):
        block = np.roll(base, start // len(base), axis=1) * scale
        block[:, 0] = 1 + 0.2 * block[:, 0]
        stored[start : start + len(base)] = block
    stored.flush()
    del stored, base, block
    matrix = np.load(file, mmap_mode="r")
    began = time.perf_counter()
    tracemalloc.start()
    found = p_vectors(matrix)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    seconds = time.perf_counter() - began
    file.unlink()
    assert found.converged[0], found.reason
    name = f"memory map {LARGE[0]:,} x {LARGE[1]:,}"
    return Line(name, OURS, seconds, 1, float(found.angle_error[0]), str(found.passes), peak)


def on_device(matrix: NDArray[Any], name: str, runs: int) -> list[Line]:
    """The same on a CUDA device, synchronized, after warm-up."""
    import torch

    tensor = torch.as_tensor(matrix, device="cuda")

    def synchronized(call: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            result = call()
            torch.cuda.synchronize()
            return result.cpu().numpy()

        return run

    def gram_on_device() -> Any:
        left = tensor @ torch.linalg.eigh(tensor.T @ tensor).eigenvectors[:, -1]
        return left / left.norm()

    calls = {
        OURS: synchronized(lambda: p_vectors(tensor).vectors[:, 0]),
        "torch.linalg.svd": synchronized(lambda: torch.linalg.svd(tensor, full_matrices=False).U[:, 0]),
        "torch.svd_lowrank, 12 iterations": synchronized(lambda: torch.svd_lowrank(tensor, q=6, niter=12)[0][:, 0]),
        "Gram matrix + cuSOLVER eigh": synchronized(gram_on_device),
    }
    seconds, true, passes = seconds_in_turn(calls, runs), exact_vector(matrix), p_vectors(tensor).passes
    where = f"{name}, {torch.cuda.get_device_name()}"
    return [
        Line(where, route, seconds[route], seconds[route] / seconds[OURS], float(angle(call(), true)),
             str(passes) if route == OURS else "", float("nan"))
        for route, call in calls.items()
    ]  # fmt: skip


def extremes(runs: int) -> list[Row]:
    """Shapes beyond those of features and pixels, several vectors, and tiny matrices beside other work."""
    rng = np.random.default_rng(3)
    rows = [long_and_narrow(rng, runs), *wide(rng), loaded(rng)]
    return rows


def long_and_narrow(rng: np.random.Generator, runs: int) -> Row:
    """1,000,000 x 100 beside scikit-learn's PCA and a Gram matrix of half the products, whichever is faster."""
    from scipy.linalg import eigh
    from scipy.linalg.blas import ssyrk
    from sklearn.decomposition import PCA

    matrix = rng.standard_normal((1_000_000, 100), dtype=np.float32)
    matrix += np.float32(0.3)

    def by_syrk() -> Any:
        vectors = eigh(ssyrk(1.0, matrix.T), lower=False, subset_by_index=(99, 99))[1]
        return matrix @ vectors

    calls = {
        OURS: lambda: p_vectors(matrix),
        "Gram matrix by syrk + eigh": by_syrk,
        "scikit-learn PCA(1, covariance_eigh)": lambda: PCA(1, svd_solver="covariance_eigh").fit_transform(matrix),
    }
    seconds = seconds_in_turn(calls, runs)
    peer = min(list(calls)[1:], key=seconds.__getitem__)
    limit: Limit = "times as fast as the peer"
    return Row("P-vector, 1,000,000 x 100", seconds[OURS], 1.0, limit, peer, seconds[peer], missed=MISSED["long"])


def wide(rng: np.random.Generator) -> list[Row]:
    """1,000 x 200,000: noise, and noise with one strong direction."""
    matrix = rng.standard_normal((1_000, 200_000), dtype=np.float32)
    rows = [Row("P-vector, 1,000 x 200,000, noise", once(matrix), 10.0, missed=MISSED["wide"])]
    matrix += 10 * rng.random((1000, 1), dtype=np.float32) * rng.random(200_000, dtype=np.float32)
    return [*rows, Row("the same with one strong direction", once(matrix), 3.0, missed=MISSED["wide"])]


def once(matrix: NDArray[Any], k: int = 1) -> float:
    """Wall seconds of one call, whose vectors are known to the tolerance."""
    began = time.perf_counter()
    found = p_vectors(matrix, k)
    seconds = time.perf_counter() - began
    assert found.converged.all(), found.reason
    return seconds


def loaded(rng: np.random.Generator) -> Row:
    """2,000 x 256 while each core has other work, beside a Gram matrix with `eigh` as NumPy does it."""
    matrix = rng.random((2_000, 256))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in os.sched_getaffinity(0)]
    try:
        seconds = seconds_in_turn({OURS: lambda: p_vectors(matrix), "Gram": lambda: gram(matrix)}, 5)
    finally:
        for process in busy:
            process.kill()
    limit: Limit = "times as fast as the peer"
    work, peer = "P-vector, 2,000 x 256, a busy process a core", "Gram matrix + eigh"
    return Row(work, seconds[OURS], 1.0, limit, peer, seconds["Gram"], missed=MISSED["loaded"])


def rows_of(lines: list[Line]) -> list[Row]:
    """The lines of features and pixels over their floor, and of small matrices beside the Gram matrix."""
    by_name = {(line.matrix, line.route.partition(":")[0]): line for line in lines}
    rows = []
    for name, bar in BARS.items():
        ours, floor, small = (by_name.get((name, route)) for route in (OURS, "floor", "Gram matrix + eigh"))
        assert ours
        if floor:
            work = f"P-vector, {name}"
            rows.append(Row(work, ours.seconds, bar, "times the floor", floor=floor.seconds, missed=MISSED["large"]))
        elif small:
            limit: Limit = "times the peer's time"
            work, peer = f"P-vector, {name}", "Gram matrix + eigh"
            rows.append(Row(work, ours.seconds, bar, limit, peer, small.seconds, missed=MISSED["small"]))
    return rows


def has_device() -> bool:
    """Whether PyTorch finds a CUDA device."""
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def show(lines: list[Line], console: Console) -> None:
    """The table, a block a matrix."""
    table = Table(title=f"P-vectors on {machine()}", title_justify="left")
    for column in ("matrix", "route", "seconds", "times ours", "error (degrees)", "readings", "memory (MB)"):
        table.add_column(column, justify="left" if column in ("matrix", "route") else "right")
    for before, line in zip([None, *lines], lines, strict=False):
        same = before is not None and before.matrix == line.matrix
        error = "" if np.isnan(line.error) else f"{line.error:.0e}"
        memory = "" if np.isnan(line.megabytes) else f"{line.megabytes:.1f}"
        table.add_row("" if same else line.matrix, line.route, f"{line.seconds:.3g}", f"{line.ratio:.2f}", error,
                      line.passes, memory)  # fmt: skip
    console.print(table)


def draw(lines: list[Line], path: Path) -> None:
    """Bars of seconds, on a logarithmic scale, for the two large matrices."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in dict.fromkeys(line.matrix for line in lines) if "50,000" in name]
    figure = Figure(figsize=(8, 1.6 + 1.9 * len(names)), layout="constrained", dpi=130)
    FigureCanvasAgg(figure)
    for axes, name in zip(np.atleast_1d(figure.subplots(len(names))), names, strict=True):
        rows = sorted((line for line in lines if line.matrix == name), key=lambda line: -line.seconds)
        colours = ["C0" if r.route == OURS else "0.8" if r.route.startswith("floor") else "0.6" for r in rows]
        bars = axes.barh([r.route for r in rows], [r.seconds for r in rows], color=colours)
        axes.bar_label(bars, [f"{r.seconds:.3g} s  ({r.ratio:.1f} x)" for r in rows], padding=4, fontsize=8)
        axes.set_xscale("log")
        axes.set_xlim(right=axes.get_xlim()[1] * 6)
        axes.set_title(name, loc="left", fontsize=10)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("seconds (in brackets: times ours)", fontsize=9)
    figure.savefig(path, metadata={"Software": None})


def machine() -> str:
    """Processor, cores and package versions."""
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, NumPy {np.__version__}"


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path, exists=True))
@click.option("--out", "output", type=click.Path(path_type=Path), help="Also write pvector.csv and pvector.png there.")
@click.option("--runs", default=5, show_default=True)
@click.option("--record", type=click.Path(path_type=Path), default=FOLDER, help="Folder that gets pvector.json.")
@click.option("--large", type=click.Path(path_type=Path, exists=True), help="A folder with 11 GB of room.")
def main(data: Path | None, output: Path | None, runs: int, record: Path, large: Path | None) -> None:
    """The command line; see the module."""
    console, recorder = Console(width=120), Recorder("pvector")
    lines = []
    for name, matrix in matrices(data).items():
        lines += compare(name, matrix, runs)
        if has_device() and matrix.size >= 10**6:
            lines += on_device(matrix, name, runs)
    if large is not None:
        lines.append(large_memory_map(large))
    show(lines, console)
    pixels = matrices(data)["pixels 50,000 x 3072"]
    several = Row("P-vector, pixels 50,000 x 3072, k = 3", once(pixels, 3), 1.0, missed="Readings in float64.")
    del pixels
    recorder.save([*rows_of(lines), several, *extremes(runs)], record)
    if not has_device():
        console.print("No CUDA device here: the route of a device was not timed.")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        with (output / "pvector.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*Line.__dataclass_fields__, "machine"])
            writer.writerows([*vars(line).values(), machine()] for line in lines)
        draw(lines, output / "pvector.png")


if __name__ == "__main__":
    main()
