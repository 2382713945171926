"""Kinds of Keras models by their layers; `k` is Keras 3 or tf_keras."""

import numpy as np

from . import numpy_layers as by_hand
from .keras_parts import arrays, attention, convolution, dense, heads, sequential
from .kind import FLAT, IMAGES, STEPS, TOKENS, VOLUMES, Built, Kinds

kinds = Kinds("Layers")


@kinds.taken("dense layers")
def dense_layers(k):
    body, head = k.layers.Dense(8, "relu"), k.layers.Dense(3)
    features = None
    model = sequential(k, (4,), body, head)
    features = by_hand.relu(dense(FLAT, body))
    return Built(model, FLAT, features, dense(features, head))


@kinds.taken("one dense layer alone")
def one_dense_layer(k):
    head = k.layers.Dense(3)
    model = sequential(k, (5, 4), k.layers.Flatten(), head)
    return Built(model, STEPS, STEPS, dense(STEPS.reshape(len(STEPS), -1), head))


@kinds.taken("convolutions, pooling, dropout and a dense layer")
def convolutional(k):
    conv, head = k.layers.Conv2D(6, 3, padding="same", activation="relu"), k.layers.Dense(4)
    end = k.layers.MaxPooling2D(), k.layers.Flatten(), k.layers.Dropout(0.5), head
    model = sequential(k, (12, 12, 3), conv, *end)
    features = by_hand.max_pool(by_hand.relu(convolution(IMAGES, conv, padding=1))).reshape(len(IMAGES), -1)
    return Built(model, IMAGES, features, dense(features, head))


@kinds.taken("a convolution as the last layer, its maps averaged")
def fully_convolutional(k):
    first, last = k.layers.Conv2D(4, 3, activation="relu"), k.layers.Conv2D(3, 1)
    model = sequential(k, (12, 12, 3), first, last, k.layers.GlobalAveragePooling2D())
    features = by_hand.relu(convolution(IMAGES, first))
    return Built(model, IMAGES, features, convolution(features, last).mean((1, 2)))


@kinds.taken("batch normalization by its statistics")
def batch_normalization(k):
    body, norm, head = k.layers.Dense(8), k.layers.BatchNormalization(), k.layers.Dense(3)
    model = sequential(k, (4,), body, norm, k.layers.ReLU(), head)
    rng = np.random.default_rng(0)
    norm.set_weights([rng.uniform(0.5, 2, 8), rng.normal(size=8), rng.normal(size=8), rng.uniform(0.5, 2, 8)])
    features = by_hand.relu(by_hand.batch_norm(dense(FLAT, body), *arrays(norm), norm.epsilon))
    return Built(model, FLAT, features, dense(features, head))


@kinds.taken("normalization after the last dense layer")
def normalization_last(k):
    body, head, norm = k.layers.Dense(8, "tanh"), k.layers.Dense(3), k.layers.LayerNormalization()
    model = sequential(k, (4,), body, head, norm)
    features = np.tanh(dense(FLAT, body))
    return Built(model, FLAT, features, by_hand.layer_norm(dense(features, head), *arrays(norm), norm.epsilon))


@kinds.taken("one-dimensional convolutions")
def convolution_1d(k):
    conv, head = k.layers.Conv1D(6, 3, activation="relu"), k.layers.Dense(3)
    model = sequential(k, (5, 4), conv, k.layers.GlobalAveragePooling1D(), head)
    features = by_hand.relu(convolution(STEPS, conv)).mean(1)
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("three-dimensional convolutions")
def convolution_3d(k):
    conv, head = k.layers.Conv3D(5, 2, activation="relu"), k.layers.Dense(3)
    model = sequential(k, (4, 4, 4, 2), conv, k.layers.GlobalAveragePooling3D(), head)
    features = by_hand.relu(convolution(VOLUMES, conv)).mean((1, 2, 3))
    return Built(model, VOLUMES, features, dense(features, head))


@kinds.taken("a separable convolution as the last layer")
def separable(k):
    first, last = k.layers.Conv2D(4, 3, activation="relu"), k.layers.SeparableConv2D(3, 3)
    model = sequential(k, (12, 12, 3), first, last, k.layers.GlobalAveragePooling2D())
    features = by_hand.relu(convolution(IMAGES, first))
    depth, point, bias = arrays(last)
    maps = by_hand.convolution(by_hand.depthwise(features, depth), point, bias)
    return Built(model, IMAGES, features, maps.mean((1, 2)))


@kinds.taken("a depthwise convolution as the last layer")
def depthwise(k):
    first, last = k.layers.Conv2D(4, 3, activation="relu"), k.layers.DepthwiseConv2D(3)
    model = sequential(k, (12, 12, 3), first, last, k.layers.GlobalMaxPooling2D())
    features = by_hand.relu(convolution(IMAGES, first))
    return Built(model, IMAGES, features, by_hand.depthwise(features, *arrays(last)).max((1, 2)))


@kinds.taken("a transposed convolution as the last layer")
def transposed(k):
    first, last = k.layers.Conv2D(4, 3, activation="relu"), k.layers.Conv2DTranspose(3, 3)
    model = sequential(k, (12, 12, 3), first, last, k.layers.GlobalMaxPooling2D())
    features = by_hand.relu(convolution(IMAGES, first))
    kernel, bias = arrays(last)  # rows, columns, outputs, inputs
    maps = by_hand.transposed_convolution(features, kernel.swapaxes(2, 3), bias)
    return Built(model, IMAGES, features, maps.max((1, 2)))


@kinds.taken("a bilinear layer, or one of products by Einstein's convention")
def einsum(k):
    body, head = k.layers.Dense(6, "tanh"), k.layers.EinsumDense("bsf,sfo->bo", output_shape=3, bias_axes="o")
    model = sequential(k, (5, 4), body, head)
    features = np.tanh(dense(STEPS, body))
    kernel, bias = arrays(head)
    return Built(model, STEPS, features, np.einsum("bsf,sfo->bo", features, kernel) + bias)


@kinds.taken("embedded tokens, averaged")
def embedding(k):
    embed, head = k.layers.Embedding(50, 6), k.layers.Dense(3)
    model = k.Sequential([k.Input((6,), dtype="int32"), embed, k.layers.GlobalAveragePooling1D(), head])
    features = arrays(embed)[0][TOKENS].mean(1)
    return Built(model, TOKENS, features, dense(features, head))


@kinds.taken("a recurrent network's last state, then a dense layer")
def recurrent_then_dense(k):
    recurrent, head = k.layers.LSTM(6), k.layers.Dense(3)
    model = sequential(k, (5, 4), recurrent, head)
    features = by_hand.lstm(STEPS, *arrays(recurrent))[:, -1]
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("recurrent layers one on the other")
def stacked_recurrent(k):
    first, second = k.layers.SimpleRNN(6, return_sequences=True), k.layers.SimpleRNN(6)
    head = k.layers.Dense(3)
    model = sequential(k, (5, 4), first, second, head)
    states = by_hand.simple_rnn(STEPS, *arrays(first))
    features = by_hand.simple_rnn(states, *arrays(second))[:, -1]
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("a recurrent cell called step by step")
def recurrent_cell(k):
    recurrent, head = k.layers.RNN(k.layers.SimpleRNNCell(6)), k.layers.Dense(3)
    model = sequential(k, (5, 4), recurrent, head)
    features = by_hand.simple_rnn(STEPS, *arrays(recurrent))[:, -1]
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("a recurrent layer in both directions, then a dense layer")
def bidirectional(k):
    both, head = k.layers.Bidirectional(k.layers.SimpleRNN(6)), k.layers.Dense(3)
    model = sequential(k, (5, 4), both, head)
    forward, backward = arrays(both)[:3], arrays(both)[3:]
    states = [by_hand.simple_rnn(STEPS, *forward)[:, -1], by_hand.simple_rnn(STEPS[:, ::-1], *backward)[:, -1]]
    features = np.hstack(states)
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("a dense layer on every time step")
def dense_in_time(k):
    body, head = k.layers.Dense(6, "tanh"), k.layers.Dense(3)
    model = sequential(k, (5, 4), body, k.layers.TimeDistributed(head))
    features = np.tanh(dense(STEPS, body))
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("attention, then a dense layer")
def attention_then_dense(k):
    inputs, attend, head = k.Input((5, 4)), k.layers.MultiHeadAttention(2, 3), k.layers.Dense(3)
    model = k.Model(inputs, head(k.layers.GlobalAveragePooling1D()(attend(inputs, inputs))))
    features = attention(STEPS, attend).mean(1)
    return Built(model, STEPS, features, dense(features, head))


@kinds.taken("a transformer's encoder, then a dense layer")
def transformer(k):
    inputs, attend, norms = k.Input((5, 4)), k.layers.MultiHeadAttention(2, 2), [norm(k), norm(k)]
    first, second, head = k.layers.Dense(8, "relu"), k.layers.Dense(4), k.layers.Dense(3)
    x = norms[0](k.layers.Add()([inputs, attend(inputs, inputs)]))
    x = norms[1](k.layers.Add()([x, second(first(x))]))
    model = k.Model(inputs, head(k.layers.Flatten()(x)))
    x = by_hand.double(STEPS) + attention(STEPS, attend)
    x = by_hand.layer_norm(x, *arrays(norms[0]), norms[0].epsilon)
    x = x + dense(by_hand.relu(dense(x, first)), second)
    features = by_hand.layer_norm(x, *arrays(norms[1]), norms[1].epsilon).reshape(len(x), -1)
    return Built(model, STEPS, features, dense(features, head))


def norm(k):
    return k.layers.LayerNormalization()


@kinds.taken("attention as the last layer")
def attention_last(k):
    inputs, body, attend = k.Input((5, 4)), k.layers.Dense(8, "tanh"), k.layers.MultiHeadAttention(2, 4)
    hidden = body(inputs)
    model = k.Model(inputs, attend(hidden, hidden))
    given = np.tanh(dense(STEPS, body))
    return Built(model, STEPS, heads(given, attend), attention(given, attend))


@kinds.refused("a recurrent layer as the last one", "weights act after or beside")
def recurrent_last(k):
    return Built(sequential(k, (5, 4), k.layers.Dense(6, "tanh"), k.layers.GRU(3)), STEPS)


@kinds.taken("a recurrent layer as the last one, named by `layer=`")
def recurrent_named(k):
    body, last = k.layers.Dense(6, "tanh"), k.layers.SimpleRNN(3)
    model = sequential(k, (5, 4), body, last)
    features = np.tanh(dense(STEPS, body))
    logits = by_hand.simple_rnn(features, *arrays(last))[:, -1]
    return Built(model, STEPS, features, logits, {"layer": last.name})


@kinds.refused("recurrent layers alone", "the model has no dense or convolutional layer")
def recurrent_alone(k):
    return Built(sequential(k, (5, 4), k.layers.LSTM(3)), STEPS)


@kinds.refused("a weight matrix without a layer as the head", "weights act after or beside")
def functional_head(k):
    return Built(matrix_head(k)[0], FLAT)


def matrix_head(k):
    class Matrix(k.layers.Layer):
        def build(self, shape):
            self.matrix = self.add_weight(shape=(8, 3), initializer="glorot_uniform", name="matrix")

        def call(self, x):
            return x @ self.matrix

    body, head = k.layers.Dense(8, "tanh"), Matrix()
    return sequential(k, (4,), body, head), body, head


@kinds.taken("a weight matrix without a layer as the head, the layer before it named")
def functional_named(k):
    model, body, head = matrix_head(k)
    features = np.tanh(dense(FLAT, body))
    return Built(model, FLAT, features, by_hand.dense(features, *arrays(head)), {"layer": f"{body.name}:output"})
