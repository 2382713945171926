"""Kinds of Keras models by their inputs and outputs, and doubtful ones; `k` is Keras 3 or tf_keras."""

import numpy as np

from .keras_parts import dense, network, sequential, truth
from .keras_structures import subclassed
from .kind import FLAT, STEPS, Built, Kinds

ends, doubtful = Kinds("Inputs and outputs"), Kinds("Doubtful networks, and what is none")


@ends.taken("a softmax at the end: the logits are those before it")
def softmax(k):
    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(3, "softmax")
    return truth(sequential(k, (4,), body, head), body, head)


@ends.taken("a softmax that is reshaped, cast or clamped")
def softmax_reshaped(k):
    return truth(*network(k, k.layers.Softmax(), k.layers.Reshape((3, 1)), k.layers.Flatten()))


def two_outputs(k, **names):
    inputs, body, head, other = k.Input((4,)), k.layers.Dense(8, "tanh"), k.layers.Dense(3), k.layers.Dense(2)
    hidden = body(inputs)
    outputs = dict(zip(names.values(), (head(hidden), other(hidden)), strict=True))
    return k.Model(inputs, outputs), body, head


@ends.refused("several outputs", "several outputs; say which is meant by output=NAME or its position")
def several_outputs(k):
    return Built(two_outputs(k, first="classes", second="boxes")[0], FLAT)


@ends.taken("several outputs, one named by `output=`")
def named_output(k):
    return truth(*two_outputs(k, first="classes", second="boxes"), output="classes")


@ends.taken("several outputs, one of them called `logits`")
def output_called_logits(k):
    return truth(*two_outputs(k, first="logits", second="boxes"))


def two_inputs(k):
    left, right, add = k.Input((4,), name="left"), k.Input((5, 4), name="right"), k.layers.Add()
    first, second, head = k.layers.Dense(5), k.layers.Dense(5), k.layers.Dense(3)
    hidden = k.layers.Activation("tanh")(add([first(left), second(k.layers.Flatten()(right))]))
    features = None
    model = k.Model([left, right], head(hidden))
    features = np.tanh(dense(FLAT, first) + dense(STEPS.reshape(len(STEPS), -1), second))
    return model, features, dense(features, head)


@ends.taken("several inputs, as a dict")
def dict_inputs(k):
    model, features, logits = two_inputs(k)
    return Built(model, {"left": FLAT, "right": STEPS}, features, logits)


@ends.taken("several inputs, as a tuple")
def tuple_inputs(k):
    model, features, logits = two_inputs(k)
    return Built(model, (FLAT, STEPS), features, logits)


@ends.taken("one output a sample")
def one_output(k):
    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(1, "sigmoid")
    features_of = sequential(k, (4,), body, head)
    features = np.tanh(dense(FLAT, body))
    return Built(features_of, FLAT, features)


@doubtful.warned("random in evaluation mode", "two equal passes differ by")
def random(k):
    class Always(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dropout = k.layers.Dropout(0.5)

        def call(self, x):
            return self.dropout(x, training=True)

    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(3)
    return Built(sequential(k, (4,), body, Always(), head), FLAT)


@doubtful.warned("statistics of the batch", "the output depends on the other samples of a batch")
def batch_statistics(k):
    class Centred(k.layers.Layer):
        def call(self, x):
            if hasattr(k, "ops"):
                return x - k.ops.mean(x, axis=0, keepdims=True)
            import tensorflow as tf

            return x - tf.reduce_mean(x, axis=0, keepdims=True)

    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(3)
    model = sequential(k, (4,), body, Centred(), head)
    features = np.tanh(dense(FLAT, body))
    features = features - features.mean(0)
    return Built(model, FLAT, features, dense(features, head))


@doubtful.warned("no head: a residual path beside the last layer", "the network has no head")
def headless(k):
    inputs, first, second = k.Input((4,)), k.layers.Dense(8, "tanh"), k.layers.Dense(8, "tanh")
    hidden = first(inputs)
    model = k.Model(inputs, k.layers.Add()([hidden, second(hidden)]))
    features = np.tanh(dense(FLAT, first))
    return Built(model, FLAT, features, features + np.tanh(dense(features, second)))


@doubtful.warned("a head that was taken off: the last layer sees the input", "is given the network's input itself")
def head_taken_off(k):
    body = k.layers.Dense(8)
    model = sequential(k, (4,), body, k.layers.ReLU())
    return Built(model, FLAT, FLAT, np.maximum(dense(FLAT, body), 0))


@doubtful.refused("no weights yet", "the model has no weights yet: call it once on a batch")
def unbuilt(k):
    return Built(k.Sequential([k.layers.Dense(8), k.layers.Dense(3)]), FLAT)


@doubtful.refused("no layer with weights", "the model has no dense or convolutional layer")
def no_weights(k):
    return Built(sequential(k, (4,), k.layers.ReLU()), FLAT)


@doubtful.refused("inputs of another shape than the network takes", "the model does not take these inputs")
def other_shape(k):
    return Built(network(k)[0], FLAT[:, :3])


@doubtful.refused("an error inside the network", "four numbers are needed")
def broken(k):
    switch = []

    def call(self, x):
        if switch:
            raise ValueError("four numbers are needed")
        return self.head(self.body(x))

    model, _, _ = subclassed(k, call)
    switch.append(True)
    return Built(model, FLAT)


@doubtful.refused("features that are zero for every sample", "every entry of the matrix is zero")
def dead(k):
    body = k.layers.Dense(8, "relu", bias_initializer=k.initializers.Constant(-99))
    return Built(sequential(k, (4,), body, k.layers.Dense(3)), FLAT)


@doubtful.warned("features that are the same for every sample", "are constant: the same row for every sample")
def constant(k):
    body = k.layers.Dense(8, "tanh", kernel_initializer="zeros", bias_initializer="ones")
    head = k.layers.Dense(3)
    return truth(sequential(k, (4,), body, head), body, head)


@doubtful.refused("weights that are not finite", "holds nan")
def not_finite(k):
    body = k.layers.Dense(8, "tanh", bias_initializer=k.initializers.Constant(float("nan")))
    return Built(sequential(k, (4,), body, k.layers.Dense(3)), FLAT)
