"""Layers by NumPy alone, in float64, from weights as arrays; maps are (n, ..., channels)."""

import numpy as np


def double(*arrays):
    found = tuple(np.asarray(array, np.float64) for array in arrays)
    return found if len(found) > 1 else found[0]


def dense(x, kernel, bias=0.0):
    """Kernel (inputs, outputs)."""
    x, kernel, bias = double(x, kernel, bias)
    return x @ kernel + bias


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    grown = np.exp(x - x.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)


def windows(x, sides):
    """(n, *positions, channels, *sides) of maps (n, *spatial, channels)."""
    axes = tuple(range(1, 1 + len(sides)))
    return np.lib.stride_tricks.sliding_window_view(x, sides, axis=axes)


def padded(x, width):
    return np.pad(x, [(0, 0), *[(width, width)] * (x.ndim - 2), (0, 0)])


def convolution(x, kernel, bias=0.0, padding=0):
    """Kernel (*sides, inputs, outputs), stride 1."""
    x, kernel, bias = double(x, kernel, bias)
    sides = kernel.shape[:-2]
    seen = windows(padded(x, padding), sides)  # (n, *positions, inputs, *sides)
    count = len(sides)
    axes = range(1 + count, 2 + 2 * count)
    return np.tensordot(seen, kernel, axes=(list(axes), [count, *range(count)])) + bias


def depthwise(x, kernel, bias=0.0):
    """Kernel (*sides, channels, 1): each channel has its own."""
    x, kernel, bias = double(x, kernel, bias)
    seen = windows(x, kernel.shape[:-2])
    axes = tuple(range(-len(kernel.shape[:-2]), 0))
    return np.sum(seen * np.moveaxis(kernel[..., 0], -1, 0), axis=axes) + bias


def transposed_convolution(x, kernel, bias=0.0):
    """Kernel (rows, columns, inputs, outputs), stride 1, without padding: each pixel is painted with the kernel."""
    x, kernel, bias = double(x, kernel, bias)
    n, rows, columns, _ = x.shape
    down, right = kernel.shape[:2]
    painted = np.zeros((n, rows + down - 1, columns + right - 1, kernel.shape[3]))
    for i in range(down):
        for j in range(right):
            painted[:, i : i + rows, j : j + columns] += x @ kernel[i, j]
    return painted + bias


def max_pool(x, side=2):
    n, rows, columns, channels = x.shape
    return x.reshape(n, rows // side, side, columns // side, side, channels).max(axis=(2, 4))


def batch_norm(x, gamma, beta, mean, variance, epsilon):
    x, gamma, beta, mean, variance = double(x, gamma, beta, mean, variance)
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def layer_norm(x, gamma, beta, epsilon):
    x, gamma, beta = double(x, gamma, beta)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon) * gamma + beta


def lstm(x, kernel, recurrent, bias):
    """All hidden states (n, steps, units); gates in the order input, forget, candidate, output."""
    x, kernel, recurrent, bias = double(x, kernel, recurrent, bias)
    hidden = cell = np.zeros((len(x), recurrent.shape[0]))
    states = []
    for step in range(x.shape[1]):
        i, f, g, o = np.split(x[:, step] @ kernel + hidden @ recurrent + bias, 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        states.append(hidden)
    return np.stack(states, axis=1)


def simple_rnn(x, kernel, recurrent, bias):
    """All hidden states (n, steps, units) with a hyperbolic tangent."""
    x, kernel, recurrent, bias = double(x, kernel, recurrent, bias)
    hidden, states = np.zeros((len(x), recurrent.shape[0])), []
    for step in range(x.shape[1]):
        hidden = np.tanh(x[:, step] @ kernel + hidden @ recurrent + bias)
        states.append(hidden)
    return np.stack(states, axis=1)


def attention(query, key, value):
    """What each head reads: (n, steps, heads, size) each, softmax of scaled products."""
    scores = np.einsum("nqhd,nkhd->nhqk", query, key) / np.sqrt(query.shape[-1])
    return np.einsum("nhqk,nkhd->nqhd", softmax(scores), value)
