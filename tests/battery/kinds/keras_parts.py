"""What the kinds of Keras models share; `k` is Keras 3 or tf_keras."""

import numpy as np

from . import numpy_layers as by_hand
from .kind import FLAT, Built


def sequential(k, shape, *layers):
    return k.Sequential([k.Input(shape), *layers])


def arrays(layer):
    return [np.asarray(array, np.float64) for array in layer.get_weights()]


def dense(x, layer):
    """A dense layer by hand, without its activation."""
    return by_hand.dense(x, *arrays(layer))


def convolution(x, layer, padding=0):
    return by_hand.convolution(x, *arrays(layer), padding=padding)


def heads(x, layer):
    """What the heads of self-attention read, before its last layer, by hand: (n, steps, heads, size)."""
    kernels = arrays(layer)
    query, key, value = (
        np.einsum("nsi,ihd->nshd", by_hand.double(x), kernel) + bias
        for kernel, bias in zip(kernels[:6:2], kernels[1:6:2], strict=True)
    )
    return by_hand.attention(query, key, value)


def attention(x, layer):
    kernel, bias = arrays(layer)[6:]
    return np.einsum("nshd,hdo->nso", heads(x, layer), kernel) + bias


def network(k, *end):
    """A body, a head and what follows: (model, body, head)."""
    body, head = k.layers.Dense(8, "tanh"), k.layers.Dense(3)
    return sequential(k, (4,), body, head, *end), body, head


def truth(model, body, head, **settings):
    """That of `network`."""
    features = np.tanh(dense(FLAT, body))
    return Built(model, FLAT, features, dense(features, head), settings)
