"""Pseudo validation beside what its multiply-adds alone would take: `python tests/benchmarks/forward.py`.

The network is a stored model of six convolutions, 256 wide, on images of 32 x 32 pixels, with random weights. The
floor is its multiply-adds at the rate that the same engine, ONNX Runtime with as many threads, reaches in one
convolution of 256 to 256 channels on the same images; both are timed in turn, in wall seconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from record import FOLDER, Recorder, Row
from rich.console import Console

from complexity.measures.pseudo_validation import pseudo_validation_accuracy
from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.task import StoredModel
from pgdl_eval.stored_network import StoredNetwork

SIDE, WIDTH, CLASSES = 32, 256, 10


def convolutions(count: int, channels: int) -> StoredModel:
    """So many convolutions with ReLU on images of so many channels, the mean of each channel, a dense layer."""
    convolution = {"layer_name": "Conv2D", "filters": WIDTH, "kernel_size": 3, "padding": "same", "activation": "relu"}
    layers: list[dict[str, Any]] = [convolution] * count
    layers += [{"layer_name": "GlobalAveragePooling2D"}, {"layer_name": "Dense", "units": CLASSES}]
    config = parse_model_config({"model_config": layers, "input_shape": [SIDE, SIDE, channels]})
    rng = np.random.default_rng(0)
    shapes = [shape for layer in config.weight_shapes() for shape in layer.values()]
    weights = [
        rng.standard_normal(one) * (2 / np.prod(one[:-1])) ** 0.5 if len(one) > 1 else np.zeros(one) for one in shapes
    ]
    return StoredModel("model_0", Path(), config, [one.astype(np.float32) for one in weights], None)


def multiply_adds(stored: StoredModel) -> float:
    """Of one image, in the convolutions and the dense layer."""
    kernels = [shape["kernel"] for shape in stored.config.weight_shapes() if "kernel" in shape]
    return float(sum(np.prod(kernel) * (SIDE**2 if len(kernel) == 4 else 1) for kernel in kernels))


def images_of(details: dict[str, Any]) -> int:
    """How many images went through the network: those of all rounds, and those that are not changed."""
    return int(details["samples"] * (details["rounds"] + 1))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--samples", type=int, default=100, help="images that are drawn; 1,000 by default of the measure"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FOLDER, help="gets forward.json")
    arguments = parser.parse_args()
    recorder = Recorder("forward")
    rng = np.random.default_rng(0)
    data = rng.random((arguments.samples, SIDE, SIDE, 3), dtype=np.float32), rng.integers(0, CLASSES, arguments.samples)
    wide = rng.random((64, SIDE, SIDE, WIDTH), dtype=np.float32)
    stored, one = convolutions(6, 3), convolutions(1, WIDTH)
    alone = StoredNetwork(one)
    alone.logits(wide)
    rates, seconds, images = [], [], 0
    for _ in range(arguments.runs):
        began = time.perf_counter()
        alone.logits(wide)
        rates.append(len(wide) * multiply_adds(one) / (time.perf_counter() - began))
        began = time.perf_counter()
        found = pseudo_validation_accuracy(StoredNetwork(stored), data, rounds=2)
        seconds.append(time.perf_counter() - began)
        images = images_of(found.details)
    rate, taken = statistics.median(rates), statistics.median(seconds)
    floor = images * multiply_adds(stored) / rate
    lines = (
        f"one convolution: {2 * rate / 1e9:.0f} GFLOP a second",
        f"{images} images: {taken:.2f} s, floor {floor:.2f} s, ratio {taken / floor:.2f}",
    )
    Console(highlight=False).print("\n".join(lines))
    missed = "Reading, changing and converting the images; all else is the engine's."
    work = f"pseudo validation, six convolutions 256 wide at 32 x 32, {images} images"
    details = {"GFLOP a second": 2 * images * multiply_adds(stored) / taken / 1e9}
    recorder.save(
        [Row(work, taken, 1.4, "times the floor", floor=floor, details=details, missed=missed)], arguments.out
    )


if __name__ == "__main__":
    main()
