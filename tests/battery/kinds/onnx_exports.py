"""The kinds of PyTorch as ONNX graphs, as PyTorch's exporter writes them."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import onnx
import torch

from .kind import REFUSED, Built, Kind

# What comes of a graph where it is not what comes of the module.
OTHERWISE = {
    "three-dimensional convolutions": (REFUSED, "ONNX Runtime does not take the graph"),  # a negative axis in it
    "time steps folded into the batch, sample by sample": (REFUSED, "the model does not take these inputs"),
    "time steps folded into the batch, step by step": (REFUSED, "the model does not take these inputs"),
    "adapters of low rank around a dense layer (LoRA)": (REFUSED, "weights act after or beside"),
    "recurrent layers alone": (REFUSED, "no Gemm, MatMul or Conv"),
    "no layer with weights": (REFUSED, "no Gemm, MatMul or Conv"),
    "weights that are not finite": (REFUSED, "weights are NaN or infinite"),
}
# Refused as modules, so that there is no truth to compare their graphs with: tracing makes other networks of them.
WITHOUT_TRUTH = ("TorchScript", "a weight matrix without a layer as the head", "layers that run for some samples only")


def exports(kinds: Iterable[Kind]) -> Iterator[tuple[Kind, Built]]:
    """The kinds that can be exported, each with a graph of one; not those that name a layer or an output."""
    for kind in kinds:
        torch.manual_seed(kind.seed)
        built = kind.make()
        graph = None if built.settings or kind.name in WITHOUT_TRUTH else exported(built)
        if graph is not None:
            comes, words = OTHERWISE.get(kind.name, (kind.comes, kind.words))
            yield replace(kind, comes=comes, words=words), replace(built, model=graph)


def exported(built: Built) -> Any:
    """The graph of a module, of batches of any size; None where the exporter does not take it."""
    inputs = built.inputs if isinstance(built.inputs, tuple) else (built.inputs,)
    names, file = [f"input_{position}" for position in range(len(inputs))], io.BytesIO()
    logging.getLogger("torch.onnx").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            given = tuple(torch.from_numpy(one.copy()) for one in inputs)
            axes = {name: {0: "n"} for name in names}
            torch.onnx.export(built.model.eval(), given, file, dynamo=False, input_names=names, dynamic_axes=axes)
        except Exception:
            return None
    return onnx.load_from_string(file.getvalue())
