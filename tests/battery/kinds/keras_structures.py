"""Kinds of Keras models by how their layers are put together, wrapped or changed; `k` is Keras 3 or tf_keras."""

import numpy as np

from . import numpy_layers as by_hand
from .keras_parts import convolution, dense, network, sequential, truth
from .kind import FLAT, IMAGES, STEPS, Built, Kinds

kinds, wrapped = Kinds("Structure"), Kinds("Wrapped networks, precision")


def subclassed(k, call):
    """A model of one's own, called once: (model, body, head)."""

    class Own(k.Model):
        def __init__(self):
            super().__init__()
            self.body, self.head = k.layers.Dense(8, "tanh"), k.layers.Dense(3)

        def call(self, x):
            return call(self, x)

    model = Own()
    model(FLAT)
    return model, model.body, model.head


@kinds.taken("a subclassed model that was called once")
def own_model(k):
    return truth(*subclassed(k, lambda self, x: self.head(self.body(x))))


@kinds.taken("layers called by keyword")
def by_keyword(k):
    return truth(*subclassed(k, lambda self, x: self.head(inputs=self.body(inputs=x))))


def block_of(k):
    class Block(k.layers.Layer):
        """A custom layer that holds two dense ones."""

        def __init__(self):
            super().__init__()
            self.first, self.second = k.layers.Dense(8, "tanh"), k.layers.Dense(8)

        def build(self, shape):
            self.first.build(shape)
            self.second.build((None, 8))

        def call(self, x):
            return self.second(self.first(x))

    return Block()


@kinds.taken("dense layers inside a custom layer")
def inside_a_block(k):
    block, head = block_of(k), k.layers.Dense(3)
    model = sequential(k, (4,), block, head)
    features = dense(np.tanh(dense(FLAT, block.first)), block.second)
    return Built(model, FLAT, features, dense(features, head))


@kinds.taken("the last layer inside a custom one")
def last_inside_a_block(k):
    block = block_of(k)
    model = sequential(k, (4,), block)
    return truth(model, block.first, block.second)


@kinds.taken("a model inside a model")
def nested(k):
    inner, body, head = network(k)
    return truth(sequential(k, (4,), inner), body, head)


@kinds.taken("layers in lists and dicts, called in another order than they were made")
def other_order(k):
    class OtherOrder(k.Model):
        def __init__(self):
            super().__init__()
            self.parts = {"head": k.layers.Dense(3), "body": k.layers.Dense(8, "tanh")}

        def call(self, x):
            return self.parts["head"](self.parts["body"](x))

    model = OtherOrder()
    model(FLAT)
    return truth(model, model.parts["body"], model.parts["head"])


@kinds.taken("a residual branch, then a dense layer")
def residual(k):
    inputs, first = k.Input((12, 12, 3)), k.layers.Conv2D(4, 1, activation="relu")
    second, head = k.layers.Conv2D(4, 3, padding="same"), k.layers.Dense(3)
    maps = first(inputs)
    pooled = k.layers.GlobalAveragePooling2D()(k.layers.Add()([maps, second(maps)]))
    model = k.Model(inputs, head(pooled))
    maps = by_hand.relu(convolution(IMAGES, first))
    features = (maps + convolution(maps, second, padding=1)).mean((1, 2))
    return Built(model, IMAGES, features, dense(features, head))


@kinds.taken("a layer that runs twice")
def shared(k):
    inputs, layer = k.Input((4,)), k.layers.Dense(4)
    model = k.Model(inputs, layer(k.layers.Activation("tanh")(layer(inputs))))
    features = np.tanh(dense(FLAT, layer))
    return Built(model, FLAT, features, dense(features, layer))


@kinds.taken("an auxiliary head that runs last but does not act on the output")
def auxiliary(k):
    class Auxiliary(k.Model):
        def __init__(self):
            super().__init__()
            self.body, self.head, self.side = k.layers.Dense(8, "tanh"), k.layers.Dense(3), k.layers.Dense(2)

        def call(self, x):
            output = self.head(self.body(x))
            self.side(x)
            return output

    model = Auxiliary()
    model(FLAT)
    return truth(model, model.body, model.head)


def two_networks(k):
    (first, *parts), (second, *others) = network(k), network(k)
    inputs = k.Input((4,))
    model = k.Model(inputs, k.layers.Average()([first(inputs), second(inputs)]))
    return model, parts, others, (first, second)


@kinds.refused("an ensemble of two networks, averaged", "weights act after or beside")
def ensemble(k):
    return Built(two_networks(k)[0], FLAT)


@kinds.taken("an ensemble, the head of one network named by `layer=`")
def ensemble_named(k):
    model, (body, head), (other_body, other_head), (first, _) = two_networks(k)
    features = np.tanh(dense(FLAT, body))
    logits = (dense(features, head) + dense(np.tanh(dense(FLAT, other_body)), other_head)) / 2
    return Built(model, FLAT, features, logits, {"layer": f"{first.name}/{head.name}"})


@kinds.refused("experts mixed by a gate", "weights act after or beside")
def experts(k):
    inputs, layers = k.Input((4,)), k.layers
    outputs = [layers.Reshape((1, 3))(network(k)[0](inputs)) for _ in range(2)]
    gate = layers.Reshape((1, 2))(layers.Dense(2, "softmax")(inputs))
    mixed = layers.Dot((2, 1))([gate, layers.Concatenate(axis=1)(outputs)])
    return Built(k.Model(inputs, layers.Flatten()(mixed)), FLAT)


@kinds.taken("time steps folded into the batch, sample by sample")
def folded(k):
    class Folded(k.Model):
        def __init__(self):
            super().__init__()
            self.body, self.head = k.layers.Dense(6, "tanh"), k.layers.Dense(3)

        def call(self, x):
            rows = reshape(k, self.body(x), (-1, 6))
            return reshape(k, self.head(rows), (-1, 15))

    model = Folded()
    model(STEPS)
    return truth_in_time(model, model.body, model.head)


def reshape(k, x, shape):
    if hasattr(k, "ops"):
        return k.ops.reshape(x, shape)
    import tensorflow as tf

    return tf.reshape(x, shape)


def truth_in_time(model, body, head):
    features = np.tanh(dense(STEPS, body))
    return Built(model, STEPS, features, dense(features, head))


@wrapped.taken("spectral normalization")
def spectral_normalization(k):
    body, head = k.layers.Dense(8, "tanh"), k.layers.SpectralNormalization(k.layers.Dense(3), power_iterations=100)
    model = sequential(k, (4,), body, head)
    model(FLAT, training=True)  # divides the matrix by its largest singular value
    features = np.tanh(dense(FLAT, body))
    return Built(model, FLAT, features, dense(features, head.layer))


@wrapped.taken("compiled for training, layers frozen")
def in_training_mode(k):
    model, body, head = network(k)
    body.trainable = False
    model.compile("sgd", "mse")
    return truth(model, body, head)


@wrapped.taken("built with a batch of 0, as the starter kit of the competition does")
def built_with_batch_0(k):
    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(3)
    model = k.Sequential([body, head])
    model.build((0, 4))
    return truth(model, body, head)


@wrapped.taken("a Sequential without an input, called once")
def only_called(k):
    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(3)
    model = k.Sequential([body, head])
    model(FLAT)
    return truth(model, body, head)


@wrapped.taken("double precision")
def double_precision(k):
    body, head = k.layers.Dense(8, "tanh", dtype="float64"), k.layers.Dense(3, dtype="float64")
    return truth(k.Sequential([k.Input((4,), dtype="float64"), body, head]), body, head)


@wrapped.taken("mixed precision: float16 inside (angles to 0.1 degrees)")
def mixed_precision(k):
    body, head = k.layers.Dense(8, "tanh", dtype="mixed_float16"), k.layers.Dense(3, dtype="mixed_float16")
    model = sequential(k, (4,), body, head)
    features = np.tanh(dense(FLAT, body))
    return Built(model, FLAT, features, dense(features, head), rounding=0.1)


of_keras_3 = Kinds("Wrapped networks, precision")


@of_keras_3.taken("adapters of low rank around a dense layer (LoRA)")
def adapters(k):
    model, body, head = network(k)
    features = np.tanh(dense(FLAT, body))
    head.enable_lora(2)
    rng = np.random.default_rng(0)
    down, up = rng.standard_normal((8, 2)).astype(np.float32), rng.standard_normal((2, 3)).astype(np.float32)
    head.lora_kernel_a.assign(down)
    head.lora_kernel_b.assign(up)
    kernel, bias = (np.asarray(k.ops.convert_to_numpy(one), np.float64) for one in (head._kernel, head.bias))
    return Built(model, FLAT, features, features @ (kernel + by_hand.double(down) @ up) + bias)


@of_keras_3.taken("layers quantized by Keras to int8 (angles to a degree)")
def quantized(k):
    model, body, head = network(k)
    features = np.tanh(dense(FLAT, body))
    logits = dense(features, head)
    model.quantize("int8")
    return Built(model, FLAT, features, logits, rounding=1.0)


@of_keras_3.taken("operations of `keras.ops` between layers")
def operations(k):
    inputs, body, head = k.Input((4,)), k.layers.Dense(8), k.layers.Dense(3)
    model = k.Model(inputs, head(k.ops.tanh(body(inputs))))
    return truth(model, body, head)
