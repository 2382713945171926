"""Random small Keras models of all kinds, with what must come of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers as kl
from keras import ops
from random_keras_programs import Block, Notes, Program, Subclassed
from random_networks import SAMPLES, Expected, Layout, Step, expect, holds_samples, none_chosen, size

STARTS: list[Layout] = [((SAMPLES,), (5,)), ((SAMPLES,), (4,), (6,)), ((SAMPLES,), (4,), (4,), (3,))]
LARGEST = 150  # entries of a sample's value


class Builder:
    """Composes a model from a seed; every method that makes steps goes on from one and gives the next."""

    def __init__(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.programs: list[Program] = []
        self.count = self.depth = 0
        self.joined = False
        self.shared: list[tuple[Any, Layout]] = []

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def new(self, parents: tuple[Step, ...], layout: Layout, **told: Any) -> Step:
        self.count += 1
        return Step(parents, layout, number=self.count, **told)

    def step(
        self, run: Any, parents: tuple[Step, ...], layout: Layout, acting: Any = None, hand: Any = None, **told: Any
    ) -> Step:
        found = self.new(parents if acting is None else acting, layout, **told)
        self.programs[-1].items.append((found, parents, run, hand))
        return found

    def layer(self, step: Step, layer: Any, layout: Layout, *, main: bool = False) -> Step:
        if not layer.built:
            layer(np.zeros(self.shape(step.layout, 2), "float32"))
        self.programs[-1].parts.append(layer)
        return self.step(layer, (step,), layout, layer=layer, main=main, **weights_of(layer))

    def shape(self, layout: Layout, samples: int) -> tuple[int, ...]:
        return tuple(size(group) * (samples if holds_samples(group) else 1) for group in layout)

    # Layers

    def dense(self, step: Step, out: int | None = None) -> Step | None:
        *front, last = step.layout
        if holds_samples(last):
            return None
        out = out or int(self.pick([3, 4, 6]))
        again = [one for one, given in self.shared if given == (len(front), size(last), out)]
        if again and self.chance(0.3):
            return self.layer(step, self.pick(again), (*front, (out,)), main=True)
        activation = self.pick([None, None, "relu", "tanh", "gelu"])
        layer = kl.Dense(out, activation=activation, use_bias=self.chance(0.7))
        kind = self.rng.random()
        if kind < 0.15 and len(front) > 1 and front[0] == (SAMPLES,):
            layer = kl.TimeDistributed(layer)
        elif kind < 0.25 and len(front) == 2:
            layer = kl.EinsumDense("abc,cd->abd", (None, out), bias_axes="d")
        elif kind < 0.3:
            layer = kl.SpectralNormalization(layer)
        self.shared.append((layer, (len(front), size(last), out)))
        return self.layer(step, layer, (*front, (out,)), main=True)

    def convolution(self, step: Step) -> Step | None:
        layout = step.layout
        if len(layout) not in (3, 4) or not holds_samples(layout[0]):
            return None
        number, sizes, out = len(layout) - 3, [size(group) for group in layout[1:-1]], int(self.pick([3, 4]))
        kind = int(self.rng.integers(5))
        if kind == 0:
            layer, out = [kl.DepthwiseConv1D, kl.DepthwiseConv2D][number](3, padding="same"), size(layout[-1])
        elif kind == 1:
            layer = [kl.Conv1DTranspose, kl.Conv2DTranspose][number](out, 2, padding="valid")
            sizes = [one + 1 for one in sizes]
        elif kind == 2:
            layer = [kl.SeparableConv1D, kl.SeparableConv2D][number](out, 3, padding="same", activation="relu")
        else:
            layer = [kl.Conv1D, kl.Conv2D][number](out, 3, padding="same")
        return self.layer(step, layer, (layout[0], *((one,) for one in sizes), (out,)), main=True)

    def normalization(self, step: Step) -> Step | None:
        if holds_samples(step.layout[-1]):
            return None
        layer = self.pick([kl.LayerNormalization, kl.BatchNormalization])()
        found = self.layer(step, layer, step.layout)
        layer.set_weights([self.rng.random(one.shape) + 0.5 for one in layer.get_weights()])
        return found

    def recurrent(self, step: Step) -> Step | None:
        if len(step.layout) != 3 or step.layout[0] != (SAMPLES,):
            return None
        out, whole = int(self.pick([3, 4])), self.chance(0.6)
        layer = self.pick([kl.LSTM, kl.GRU, kl.SimpleRNN])(out, return_sequences=whole)
        return self.layer(step, layer, (*step.layout[: 2 if whole else 1], (out,)))

    def attention(self, step: Step) -> Step | None:
        """Keras' attention holds dense layers, which run in this order: query, key, value, output."""
        if len(step.layout) != 3 or step.layout[0] != (SAMPLES,):
            return None
        layer, steps = kl.MultiHeadAttention(2, 3), step.layout[1]
        zeros = np.zeros(self.shape(step.layout, 2), "float32")
        layer(zeros, zeros)
        self.programs[-1].parts.append(layer)
        inner = Program(step)
        self.programs.append(inner)
        heads: Layout = ((SAMPLES,), steps, (2,), (3,))
        query, key, value = (
            self.layer(step, one, heads, main=True) for one in (layer.query_dense, layer.key_dense, layer.value_dense)
        )
        mixed = self.step(_attended, (query, key, value), heads)
        inner.result = self.layer(mixed, layer.output_dense, step.layout, main=True)
        self.programs.pop()
        self.programs[-1].items.append((inner.result, (step,), lambda x: layer(x, x), inner))
        return inner.result

    def functional(self, step: Step) -> Step | None:
        """A product with a weight that a custom layer holds itself, or with that of a layer."""
        *front, last = step.layout
        if not self.programs[-1].holds_weights or holds_samples(last):
            return None
        turned = [one for one, given in self.shared if given[2] == size(last) and type(one) is kl.Dense]
        if turned and self.chance(0.4):
            dense = self.pick(turned)
            told = {"matrices": frozenset({id(dense.kernel)})}
            self.programs[-1].parts.append(dense)
            layout = (*front, (dense.kernel.shape[0],))
            return self.step(lambda x: ops.matmul(x, ops.transpose(dense.kernel)), (step,), layout, **told)
        out = int(self.pick([1, 3, 4]))
        weight = keras.Variable(self.rng.standard_normal((size(last), out)).astype("float32"))
        self.programs[-1].parts.append(weight)
        told = {"matrices": frozenset({id(weight)})}
        return self.step(lambda x: ops.matmul(x, weight), (step,), (*front, (out,)), **told)

    # What has no weights

    def activation(self, step: Step) -> Step:
        functions = [ops.relu, ops.tanh, ops.sigmoid, lambda x: 0.5 * x + 0.1, ops.stop_gradient]
        layers = [kl.ReLU, lambda: kl.Activation("tanh"), kl.LeakyReLU, lambda: kl.Dropout(0.5), kl.Identity]
        if self.chance(0.5):
            return self.step(self.pick(functions), (step,), step.layout)
        return self.layer(step, self.pick(layers)(), step.layout)

    def permute(self, step: Step) -> Step | None:
        layout = step.layout
        if len(layout) > 2 and layout[0] == (SAMPLES,) and self.chance(0.6):
            order = [int(one) + 1 for one in self.rng.permutation(len(layout) - 1)]
            return self.layer(step, kl.Permute(order), (layout[0], *(layout[one] for one in order)))
        order = [int(one) for one in self.rng.permutation(len(layout))]
        return self.step(lambda x: ops.transpose(x, order), (step,), tuple(layout[one] for one in order))

    def fold(self, step: Step) -> Step | None:
        layout = step.layout
        if len(layout) < 3:
            return None
        at = int(self.rng.integers(len(layout) - 1))
        return self.reshaped(step, (*layout[:at], (*layout[at], *layout[at + 1]), *layout[at + 2 :]))

    def unfold(self, step: Step) -> Step | None:
        folded = [at for at, group in enumerate(step.layout) if len(group) > 1]
        if not folded:
            return None
        at = self.pick(folded)
        return self.reshaped(step, (*step.layout[:at], *((one,) for one in step.layout[at]), *step.layout[at + 1 :]))

    def reshaped(self, step: Step, layout: Layout) -> Step:
        shape = tuple(-1 if holds_samples(group) else size(group) for group in layout)
        if layout[0] == step.layout[0] == (SAMPLES,) and self.chance(0.6):
            return self.layer(step, kl.Reshape(shape[1:]), layout)
        return self.step(lambda x: ops.reshape(x, shape), (step,), layout)

    def pool(self, step: Step) -> Step | None:
        axes = [at for at, group in enumerate(step.layout) if not holds_samples(group)]
        if len(axes) < 2:
            return None
        at = self.pick(axes)
        layout = (*step.layout[:at], *step.layout[at + 1 :])
        if self.chance(0.4) and not self.joined:
            return self.step(lambda x: ops.take(x, 0, axis=at), (step,), layout)
        return self.step(lambda x: ops.mean(x, axis=at), (step,), layout)

    # Branches

    def residual(self, step: Step) -> Step | None:
        inner = self.body(step, 2)
        if inner.layout != step.layout and inner.layout[:-1] == step.layout[:-1] and len(step.layout[-1]) == 1:
            inner = self.dense(inner, size(step.layout[-1])) or inner
        if inner.layout != step.layout:
            return None
        runs = [kl.Add(), lambda pair: pair[0] + pair[1], lambda pair: pair[0] * ops.sigmoid(pair[1])]
        run = self.pick(runs)
        return self.step(lambda x, y: run([x, y]), (step, inner), step.layout)

    def concatenation(self, step: Step) -> Step | None:
        one, other = self.body(step, 2), self.body(step, 2)
        *front, last = one.layout
        if list(other.layout[:-1]) != front or holds_samples(last) or holds_samples(other.layout[-1]):
            return None
        self.joined, joined = True, kl.Concatenate()
        layout = (*front, (size(last) + size(other.layout[-1]),))
        return self.step(lambda x, y: joined([x, y]), (one, other), layout)

    def auxiliary(self, step: Step) -> Step:
        """A head whose output is not used; in a graph of layers it is not even run."""
        self.dense(step, 3)
        return step

    def nested(self, step: Step) -> Step:
        """A model in the model, or a custom layer."""
        if step.layout[0] != (SAMPLES,):
            return step
        custom = self.chance(0.6)
        entry = self.new((step,), step.layout)
        program = Program(entry, holds_weights=custom)
        self.programs.append(program)
        program.result = self.body(entry, 3)
        self.programs.pop()
        if program.result is entry:
            return step
        if custom:
            self.rng.shuffle(program.parts)
            layer = Block(program)
            layer(np.zeros(self.shape(step.layout, 2), "float32"))
        else:
            inputs = keras.Input(self.shape(step.layout, 1)[1:])
            layer = keras.Model(inputs, program.run(inputs)[program.result])
        self.programs[-1].parts.append(layer)
        self.programs[-1].items.append((program.result, (step,), layer, program))
        return program.result

    def body(self, step: Step, most: int) -> Step:
        """Up to this many random steps."""
        self.depth += 1
        likely = [self.dense, self.convolution, self.activation, self.normalization]
        rare = [self.recurrent, self.attention, self.functional, self.functional, self.pool, self.auxiliary]
        shapes = [self.permute, self.fold, self.unfold]
        branches = [self.residual, self.concatenation, self.nested, self.nested] if self.depth < 4 else likely
        for _ in range(int(self.rng.integers(1, most + 1))):
            step = self.pick(self.pick([likely, likely, rare, shapes, branches]))(step) or step
            while size([one for group in step.layout for one in group]) > LARGEST:
                smaller = self.pool(step)
                if smaller is None:
                    break
                step = smaller
        self.depth -= 1
        return step

    # Ends

    def head(self, step: Step) -> Step:
        step = self.pick([self.dense, self.dense, self.functional, self.attention, self.recurrent])(step) or step
        for kind in (self.activation, self.normalization, self.pool):
            step = (kind(step) or step) if self.chance(0.15) else step
        return step

    def softmax(self, step: Step) -> Step:
        """A softmax as a layer or as the activation of a dense layer, and what reshapes behind it."""
        if holds_samples(step.layout[-1]) or step.layout[0] != (SAMPLES,):
            return self.head(step)
        if self.chance(0.5):
            step = self.dense(step, 3) or step
            step = self.layer(step, self.pick([kl.Softmax, lambda: kl.Activation("softmax")])(), step.layout)
            step.softmax = True
        else:
            step = self._dense_with_softmax(step)
        if self.chance(0.3):
            layout = (*step.layout, ())
            step = self.layer(step, kl.Reshape(self.shape(layout, 1)[1:]), layout)
            step.reshapes = True
        return step

    def _dense_with_softmax(self, step: Step) -> Step:
        layer, layout = kl.Dense(3, activation="softmax"), (*step.layout[:-1], (3,))
        layer(np.zeros(self.shape(step.layout, 2), "float32"))
        self.programs[-1].parts.append(layer)
        inner = Program(step)
        self.programs.append(inner)
        product = self.step(
            lambda x: ops.matmul(x, layer.kernel) + layer.bias, (step,), layout, layer=layer, main=True,
            **weights_of(layer),
        )  # fmt: skip
        inner.result = self.step(ops.softmax, (product,), layout, softmax=True)
        self.programs.pop()
        self.programs[-1].items.append((inner.result, (step,), layer, inner))
        return inner.result


def weights_of(layer: Any) -> dict[str, frozenset[int]]:
    """Keys of the weights of a layer, as those of products and others."""
    matrices = frozenset(id(one) for one in layer.weights if len(one.shape) > 1)
    return {"matrices": matrices, "vectors": frozenset(id(one) for one in layer.weights) - matrices}


def _attended(query: Any, key: Any, value: Any) -> Any:
    scores = ops.einsum("bqnh,bknh->bnqk", query, key) / np.float32(np.sqrt(query.shape[-1]))
    return ops.einsum("bnqk,bknh->bqnh", ops.softmax(scores, axis=-1), value)


def compose(seed: int) -> tuple[Any, Any, Expected, dict[str, Any], Notes]:
    """A model, inputs (9, ...), what must come of it, the arguments with which it is asked, and notes of its steps."""
    builder = Builder(seed)
    layout = builder.pick(STARTS)
    entry, subclassed = builder.new((), layout), builder.chance(0.3)
    program = Program(entry, holds_weights=subclassed)
    builder.programs.append(program)
    step = builder.body(entry, 6)
    ends = [builder.head, builder.softmax]
    program.result = output = builder.pick(ends)(step)
    arguments: dict[str, Any] = {}
    pair, unclear = [output], False
    if builder.chance(0.25):
        other = builder.head(step)
        if other is not output:
            pair = [output, other] if builder.chance(0.5) else [other, output]
            unclear = builder.chance(0.3)
            arguments = {} if unclear else {"output": pair.index(output)}
    finish = lambda values: [values[one] for one in pair] if len(pair) > 1 else values[output]  # noqa: E731
    x = builder.rng.standard_normal(builder.shape(layout, 9)).astype(np.float32)
    if subclassed:
        builder.rng.shuffle(program.parts)
        model = Subclassed(program, finish)
        model(x)
    else:
        inputs = keras.Input(x.shape[1:])
        model = keras.Model(inputs, finish(program.run(inputs)))
    notes: Notes = {}
    program.by_hand(ops.convert_to_tensor(x), notes)
    return model, x, none_chosen() if unclear else expect(output), arguments, notes
