"""ONNX graphs, run by ONNX Runtime on the processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime

from ..errors import InputError, first_line, warn
from .inputs import Inputs, parts_of, rows_of, take
from .interface import TrainedModel, batches
from .layers import (
    EQUAL,
    FEATURES,
    FIRST_LAYER,
    INPUT,
    LOGITS,
    OUTPUT,
    Change,
    Findings,
    LayerRun,
    Place,
    Trace,
    difference,
    listed,
    parse,
)
from .onnx_classical import network_part
from .onnx_files import name_of, read_model
from .onnx_graph import INTEGER, QUANTIZED, RECURRENT, Graph, GraphLayer
from .outputs import one_output
from .tensors import Array, to_numpy

# What ONNX Runtime says when an operator gets too little memory.
LACKS_MEMORY = ("bad_alloc", "Failed to allocate memory", "BFCArena")


class OnnxModel(TrainedModel):
    """A model of ONNX operators: a file's path, bytes, or a `ModelProto`.

    Layers are the operators that work on data; the bias that is added to a dense layer belongs to it. Weights are the
    floating-point tensors that the graph stores, in its order. There are no gradients. Outputs that operators for
    classical models make of the network's, such as the labels that skl2onnx adds, are left out.

    Raises
    ------
    InputError
        For a model that cannot be read or run (see `onnx_files.read_model`), or without a dense or convolutional layer.
    """

    def __init__(self, source: Any, output: str | int | None = None) -> None:
        model = read_model(source)
        self.name, self.output = name_of(source, model), output
        try:
            self._positions = {one.name: str(position) for position, one in enumerate(model.graph.output)}
            model, self.left_out = network_part(model)
            self.graph = Graph(model)
        except InputError as error:
            raise error.at(model=self.name) from error
        self._sessions: dict[tuple[str, ...], Any] = {}
        self.declared = {one.name: _shape(one) for one in self.graph.inputs}
        self.last = self._last_tensor()
        acting = self.graph.ancestors([self.last])
        self.main = [layer for layer in self.graph.layers if layer.main and layer.returned in acting]
        if not self.main:
            problem = "no Gemm, MatMul or Conv of the graph works on its input with weights of its own"
            raise InputError(problem, model=self.name, field="layers")

    def weights(self) -> list[Array]:
        return [to_numpy(array) for array in self._constants(self.graph.roots(self._constant_operands()))]

    def kernels(self) -> list[Array]:
        return [self._kernel(layer) for layer in self.graph.layers if layer.main] + [
            to_numpy(array) for array in self._constants(self._recurrent_weights())
        ]

    def other_matrices(self) -> list[str]:
        covered = {layer.kernel for layer in self.graph.layers if layer.main} | set(self._recurrent_weights())
        others = [name for layer in self.graph.layers for name in layer.weights if name not in covered]
        return [
            name for name in dict.fromkeys(others)
            if self.graph.is_matrix(name) and self.graph.roots([name])
        ]  # fmt: skip

    def declared_inputs(self) -> list[str]:
        return [f"{name} ({', '.join(map(str, shape[1:]))})" for name, shape in self.declared.items()]

    def values_at(self, layer: str, inputs: Inputs) -> Array:
        if layer == LOGITS:
            return self.logits(inputs)
        place = self.look(layer, inputs).place
        chosen, end = self._chosen(layer)
        tensor = chosen.given if end == INPUT else chosen.returned
        return self._rows_of(tensor, inputs, place.rows)

    def logits(self, inputs: Inputs) -> Array:
        return self._rows_of(self.last, inputs, self.look(LOGITS, inputs).place.rows)

    def first_layer(self, inputs: Inputs) -> Array:
        (first, _), place = self._chosen(FIRST_LAYER), self.look(FIRST_LAYER, inputs).place
        move = "Conv" in first.kind and not first.channels_last

        def by_sample(values: Array, samples: int) -> Array:
            return place.by_sample(np.moveaxis(values, 1, -1) if move else values, samples)

        return self._rows_of(first.returned, inputs, by_sample)

    def _rows_of(self, tensor: str, inputs: Inputs, rows: Callable[[Array, int], Array]) -> Array:
        """A tensor's values, one row a sample; in batches of the graph's own size where it takes no others."""
        samples, batch = rows_of(inputs), self._fixed() or rows_of(inputs)
        found = []
        for one in batches(samples, batch):
            (values,) = self._run([tensor], take(inputs, one))
            found.append(rows(to_numpy(values), batch)[: one.stop - one.start])
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _last_tensor(self) -> str:
        """The output that is meant, before its softmax."""
        outputs = {one.name: _Declared(_shape(one)) for one in self.graph.model.graph.output}
        names = {self._positions[name]: name for name in outputs}
        wanted = self.output if self.output is None else names.get(str(self.output), str(self.output))
        chosen = one_output(outputs, wanted, self.name)
        return self.graph.before_softmax(next(name for name, one in outputs.items() if one is chosen))

    def _constant_operands(self) -> list[str]:
        return list(dict.fromkeys(name for layer in self.graph.layers for name in layer.weights))

    def _recurrent_weights(self) -> list[str]:
        layers = [layer for layer in self.graph.layers if layer.kind in RECURRENT]
        return [name for layer in layers for name in layer.weights if len(self.graph.shape(name)) == 3]

    def _look(self, layer: str, few: Inputs) -> Findings:
        if layer == LOGITS:
            output = GraphLayer("output", "", False, self.last, self.last, ())
            fixed = self._fixed() is not None
            place = self._fixed_place(output, OUTPUT, self.last, few) if fixed else self._output_rows(few)
            return Findings(place, left_out=self.left_out)
        chosen, end = self._chosen(layer)
        after, beside = self._past(chosen) if layer == FEATURES else ((), False)
        tensor = chosen.given if end == INPUT else chosen.returned
        place, batch_spread = self._place(chosen, end, tensor, few)
        spread = 0.0
        if self.graph.random:
            first, again = (self._run([self.last], few)[0] for _ in range(2))
            spread = difference(to_numpy(first), to_numpy(again))
            if spread <= EQUAL:  # ONNX Runtime draws the same numbers in each pass, but others for another batch
                spread, batch_spread = batch_spread, 0.0
        spread, batch_spread = (one if one > EQUAL else 0.0 for one in (spread, batch_spread))
        raw = layer == FEATURES and chosen.returned != self.last and self.graph.is_raw(chosen.given)
        precision = self._precision(tensor, few)
        return Findings(place, after, beside, spread, batch_spread, raw, precision=precision, left_out=self.left_out)

    def _chosen(self, layer: str) -> tuple[GraphLayer, str]:
        if layer == FEATURES:
            return self.main[-1], INPUT
        if layer == FIRST_LAYER:
            return self.graph.with_activation(self.main[0]), OUTPUT
        name, end = parse(layer, [one.name for one in self.graph.layers], self.name)
        chosen = next(one for one in self.graph.layers if one.name == name)
        if end == OUTPUT and chosen.kind in (*INTEGER, *QUANTIZED):
            problem = "the output of a quantized layer is in units of its own; take the input of the layer after it"
            raise InputError(problem, model=self.name, field="layer", found=layer)
        return chosen, end

    def _past(self, chosen: GraphLayer) -> tuple[tuple[str, ...], bool]:  # type: ignore[override]
        """Weights that act after the layer or past it alone, and whether earlier ones act past it.

        Raises
        ------
        InputError
            If weight matrices are among the first.
        """
        graph = self.graph
        own, before = set(graph.roots(chosen.weights)), graph.ancestors([chosen.given])
        past = graph.ancestors([self.last], without=chosen.returned, through_shapes=False)
        acting = [name for name in graph.roots(self._constant_operands()) if name in past and name not in own]
        after = tuple(name for name in acting if name not in before)
        matrices = [
            name for name in self._constant_operands()
            if name in past and graph.is_matrix(name) and set(graph.roots([name])) & set(after)
        ]  # fmt: skip
        if matrices:
            where = f"weights act after or beside {chosen.name}, the last dense or convolutional layer"
            problem = f"{where}: {listed(matrices)}; name the layer whose input is meant by layer=NAME"
            raise InputError(problem, model=self.name, field="layer", found=f"{chosen.name} ({chosen.kind})")
        return after, any(name in before for name in acting)

    def _place(self, chosen: GraphLayer, end: str, tensor: str, few: Inputs) -> tuple[Place, float]:
        """Where the samples stand in a tensor, and how far the output depends on the size of the batch."""
        if self._fixed() is not None:
            return self._fixed_place(chosen, end, tensor, few), 0.0
        values, output = self._run([tensor, self.last], few)
        run = LayerRun(chosen.name, chosen.kind, True, values, values)
        return self._rows(few, run, end, Trace(output, [run]))

    def _precision(self, tensor: str, few: Inputs) -> str:
        return str(self._run([tensor], few)[0].dtype)

    def _fixed_place(self, chosen: GraphLayer, end: str, tensor: str, few: Inputs) -> Place:
        """As `_place` where the graph takes batches of one size alone: the axis along which rows follow the samples."""
        batch = self._fixed() or 1
        (whole,), (changed,) = (self._run([tensor], one) for one in (few, _last_changed(_filled(few, batch))))
        if batch == 1 and whole.shape[:1] == (1,):
            return Place(chosen.name, chosen.kind, end, 1)
        axes = [axis for axis, side in enumerate(whole.shape) if side == batch]
        kept = [axis for axis in axes if batch > 1 and _same_but_last(whole, changed, axis)]
        if len(kept) == 1:
            return Place(chosen.name, chosen.kind, end, 1, kept[0])
        problem = f"rows of the layer's tensor are no samples, as far as batches of {batch} tell"
        raise InputError(problem, model=self.name, field=f"{end} of {chosen.name}", found=f"shape {whole.shape}")

    def _pass(self, inputs: Inputs, watch: str | None = None) -> Trace:
        if watch is None:
            return Trace(self._run([self.last], inputs)[0], [])
        layer = next(one for one in self.graph.layers if one.name == watch)
        given, returned, output = self._run([layer.given, layer.returned, self.last], inputs)
        return Trace(output, [LayerRun(layer.name, layer.kind, layer.main, given, returned)])

    def _trace(self, inputs: Inputs, change: Change | None = None) -> Trace:
        layers = self.graph.layers
        tensors = [name for layer in layers for name in (layer.given, layer.returned)]
        found = dict(zip(tensors, self._run(tensors, inputs), strict=True))
        runs = [LayerRun(one.name, one.kind, one.main, found[one.given], found[one.returned]) for one in layers]
        return Trace(None, runs)

    def _fixed(self) -> int | None:
        """The size of batches where the graph takes one alone."""
        sizes = {shape[0] for shape in self.declared.values() if shape and isinstance(shape[0], int)}
        return sizes.pop() if len(sizes) == 1 else None

    def _kernel(self, layer: GraphLayer) -> Array:
        """The weights of a dense or convolutional layer, as floats where they are quantized."""
        (kernel,) = self._constants([layer.kernel])
        if layer.kind not in INTEGER:
            return to_numpy(kernel)
        scale = self.graph.integer_scale(layer)
        if not scale:
            problem = "quantized weights of an unknown scale"
            raise InputError(problem, model=self.name, field=layer.name, found=layer.kind)
        zero = next((name for name in layer.weights if name != layer.kernel), None)
        factor, *offset = self._constants([scale, *([zero] if zero else [])])
        return to_numpy((kernel.astype(np.float32) - (offset[0] if offset else 0)) * factor)

    def _constants(self, names: Sequence[str]) -> list[Any]:
        """The values of tensors that depend on no input."""
        return self._execute(list(names), {}) if names else []

    def _run(self, names: Sequence[str], inputs: Inputs) -> list[Any]:
        """The values of tensors for a batch; of the graph's own size, where it takes no other, filled up or cut."""
        size = self._fixed()
        return self._execute(list(names), self._feed(inputs if size is None else _filled(inputs, size)))

    def _execute(self, names: list[str], feed: Mapping[str, Any]) -> list[Any]:
        unique = tuple(dict.fromkeys(names))
        if unique not in self._sessions:
            self._sessions[unique] = self._session(unique)
        session = self._sessions[unique]
        taken = {one.name for one in session.get_inputs()}
        try:
            found = session.run(list(unique), {name: array for name, array in feed.items() if name in taken})
        except Exception as error:
            if any(sign in str(error) for sign in LACKS_MEMORY):
                raise MemoryError(str(error)) from error
            raise self._refused(feed, error) from error
        values = dict(zip(unique, found, strict=True))
        return [values[name] for name in names]

    def _session(self, outputs: Sequence[str]) -> Any:
        try:
            return new_session(self.graph.part(outputs))
        except Exception as error:
            problem = f"ONNX Runtime does not take the graph: {first_line(error)}"
            raise InputError(problem, model=self.name) from error

    def _feed(self, inputs: Inputs) -> dict[str, Any]:
        """Arrays by the names of the graph's inputs, in the types that it declares."""
        inputs = {str(name): part for name, part in inputs.items()} if isinstance(inputs, Mapping) else inputs
        names = [one.name for one in self.graph.inputs]
        given = inputs if isinstance(inputs, Mapping) else dict(zip(names, parts_of(inputs), strict=False))
        if set(given) != set(names) or len(parts_of(inputs)) != len(names):
            found = (
                f"samples with {', '.join(given)}"
                if isinstance(inputs, Mapping)
                else f"{len(parts_of(inputs))} a sample"
            )
            problem = "the graph has other inputs than the samples"
            raise InputError(problem, model=self.name, field="inputs", expected=", ".join(names), found=found)
        return {one.name: self._array(one, given[one.name]) for one in self.graph.inputs}

    def _array(self, declared: Any, part: Any) -> Any:
        kind = onnx.helper.tensor_dtype_to_np_dtype(declared.type.tensor_type.elem_type)
        array, shape = np.asarray(part), self.declared[declared.name]
        if not _fits(array.shape, shape) and array.ndim == 4 and _fits(moved := _channels_first(array.shape), shape):
            warn(f"{self.name} takes channels first {moved[1:]}: the samples' last axis is moved there")
            array = np.moveaxis(array, -1, 1)
        elif not _fits(array.shape, shape) and array.ndim == 4 and _fits(moved := _channels_last(array.shape), shape):
            warn(f"{self.name} takes channels last {moved[1:]}: the samples' first axis is moved there")
            array = np.moveaxis(array, 1, -1)
        return np.ascontiguousarray(array, dtype=kind)

    def _refused(self, feed: Mapping[str, Any], error: Exception) -> InputError:
        shapes = [self.declared[name][1:] for name in feed]
        found = [array.shape[1:] for array in feed.values()]
        fits = all(_fits(array.shape, self.declared[name]) for name, array in feed.items())
        told = f": {first_line(error)}" if fits else ""
        problem = f"the model does not take these inputs{told}"
        expected = None if fits else f"samples of shape {_shown(shapes)}"
        return InputError(problem, model=self.name, field="inputs", expected=expected, found=_shown(found))


class _Declared:
    """What a graph says of an output: its shape, so that a message can list it."""

    dtype = "float32"

    def __init__(self, shape: tuple[Any, ...]) -> None:
        self.shape = shape


def new_session(model: Any, threads: int | None = None) -> Any:
    """An ONNX Runtime session on the processor.

    Parameters
    ----------
    threads : how many; by default as OMP_NUM_THREADS says, or as there are cores.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _shape(declared: Any) -> tuple[int | str, ...]:
    dims = declared.type.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?" for dim in dims)


def _filled(inputs: Inputs, size: int) -> Inputs:
    """The first rows of the inputs, the last one repeated where there are fewer than a batch holds."""
    rows = np.minimum(np.arange(size), rows_of(inputs) - 1)
    if isinstance(inputs, Mapping):
        return {name: part[rows] for name, part in inputs.items()}
    return tuple(part[rows] for part in inputs) if isinstance(inputs, tuple) else inputs[rows]


def _last_changed(inputs: Inputs) -> Inputs:
    """The inputs with something else as the last row."""
    if isinstance(inputs, Mapping):
        return {name: _last_changed(part) for name, part in inputs.items()}
    if isinstance(inputs, tuple):
        return tuple(map(_last_changed, inputs))
    return np.concatenate([inputs[:-1], inputs[-1:] * 0 if inputs[-1:].any() else inputs[-1:] + 1])


def _same_but_last(first: Array, second: Array, axis: int) -> bool:
    """Whether two arrays are the same along an axis but for its last entry, and differ there."""
    one, other = (np.moveaxis(array, axis, 0) for array in (first, second))
    return np.allclose(one[:-1], other[:-1], rtol=1e-4, atol=1e-6) and not np.array_equal(one[-1], other[-1])


def _fits(shape: Sequence[int], declared: Sequence[Any]) -> bool:
    """Whether the sides of samples, without the batch, are as declared."""
    pairs = list(zip(shape, declared, strict=False))[1:]
    return len(shape) == len(declared) and all(isinstance(d, str) or d == s for s, d in pairs)


def _channels_first(shape: Sequence[int]) -> tuple[int, ...]:
    return shape[0], shape[3], shape[1], shape[2]


def _channels_last(shape: Sequence[int]) -> tuple[int, ...]:
    return shape[0], shape[2], shape[3], shape[1]


def _shown(shapes: Sequence[Any]) -> Any:
    return shapes[0] if len(shapes) == 1 else list(shapes)
