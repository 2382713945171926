"""What is said of a Keras model's layers and left of a pass; kinds of models have tests in tests/battery."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers as kl
from reference_angle import reference

from complexity import InputError, InputWarning, complexity, layers
from complexity.models import adapt
from pgdl_eval.measures import find_measure

RNG = np.random.default_rng(0)
X, LABELS = RNG.random((20, 4), dtype=np.float32), np.arange(20) % 3
IMAGES = RNG.random((20, 8, 8, 3), dtype=np.float32)
STEPS = RNG.random((20, 5, 4), dtype=np.float32)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


class Block(kl.Layer):
    """A custom layer that holds two dense ones."""

    def __init__(self):
        super().__init__()
        self.first, self.second = kl.Dense(8, "relu"), kl.Dense(8, "relu")

    def call(self, x):
        return self.second(self.first(x))


def block_model():
    inputs = keras.Input((4,))
    return keras.Model(inputs, kl.Dense(3)(Block()(inputs)))


def test_dense_layers_inside_a_custom_layer_count():
    model = block_model()
    plain = keras.Sequential([keras.Input((4,)), kl.Dense(8, "relu"), kl.Dense(8, "relu"), kl.Dense(3)])
    plain.set_weights(model.get_weights())
    for name in ("vc_dimension", "jacobian_norm", "angle"):
        expected = float(find_measure(name)(plain, (X, LABELS)))
        assert float(find_measure(name)(model, (X, LABELS))) == pytest.approx(expected, rel=1e-4), name


def test_the_last_layer_may_be_inside_a_custom_one():
    inputs = keras.Input((4,))
    block = Block()
    model = keras.Model(inputs, block(inputs))
    expected = np.asarray(block.first(X))
    found = complexity(model, (X, LABELS))
    assert float(found) == pytest.approx(reference(expected, X), abs=1e-4)
    assert found.details["layer_name"].endswith(f"/{block.second.name}")


class Ending(keras.Model):
    """A body, a head and an auxiliary head that runs last; a weight of its own for what ends the model."""

    def __init__(self, end):
        super().__init__()
        self.body, self.head, self.auxiliary, self.end = kl.Dense(8, "tanh"), kl.Dense(3), kl.Dense(3), end
        self.matrix = keras.Variable(np.ones((3, 1), "float32"))

    def call(self, x):
        output = self.end(self, self.head(self.body(x)))
        self.auxiliary(x)
        return output


def test_an_auxiliary_head_is_passed_over_although_gradients_are_stopped():
    model = Ending(lambda _, output: keras.ops.stop_gradient(output))
    hidden = np.asarray(model.body(X))
    model(X)
    with pytest.warns(InputWarning, match="it is not known whether weights act after"):
        found = complexity(model, (X, LABELS))
    assert found.details["layer_name"] == model.head.name
    assert float(found) == pytest.approx(reference(hidden, X), abs=1e-4)


PRODUCTS = {
    "a weight of the model itself": lambda model, output: keras.ops.matmul(output, model.matrix),
    "a tied weight": lambda model, output: keras.ops.matmul(output, model.head.kernel[:3]),
}


@pytest.mark.parametrize("kind", PRODUCTS)
def test_products_after_the_last_layer_are_found(kind):
    model = Ending(PRODUCTS[kind])
    model(X)
    with pytest.raises(InputError, match="the last dense or convolutional layer: "):
        complexity(model, (X, LABELS))


def test_attention_is_seen_from_inside():
    inputs = keras.Input((5, 4))
    hidden = kl.Dense(8, "tanh")(inputs)
    model = keras.Model(inputs, kl.MultiHeadAttention(2, 4)(hidden, hidden))
    assert len(adapt(model).kernels()) == 5
    found = complexity(model, (STEPS, LABELS))
    assert found.details["layer_name"].endswith("/attention_output")
    assert adapt(model).features(STEPS).shape == (20, 5 * 2 * 4)


def test_a_recurrent_layer_counts_as_a_whole_in_the_jacobian():
    model = keras.Sequential([keras.Input((5, 4)), kl.SimpleRNN(6), kl.Dense(3)])
    network, change, entries = adapt(model), 1e-2, np.eye(20, dtype=np.float32).reshape(20, 5, 4)
    above, below = (
        np.stack([network.logits(STEPS + sign * change * one) for one in entries]).astype(float) for sign in (1, -1)
    )
    expected = np.mean(((above - below) / (2 * change)) ** 2, axis=(0, 2))
    found = network.squared_jacobians(STEPS)
    assert found.shape == (20, 2)  # the recurrent layer and the dense one
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-2)


def test_kernels_of_separable_convolutions_are_two():
    model = keras.Sequential([keras.Input((8, 8, 3)), kl.SeparableConv2D(4, 3), kl.Flatten(), kl.Dense(3)])
    assert [kernel.shape for kernel in adapt(model).kernels()] == [(3, 3, 3, 1), (1, 1, 3, 4), (144, 3)]


def test_a_recurrent_convolution_is_a_convolution():
    inputs = keras.Input((3, 8, 8, 1))
    hidden = kl.TimeDistributed(kl.Conv2D(2, 3))(inputs)
    model = keras.Model(inputs, kl.GlobalAveragePooling2D()(kl.ConvLSTM2D(3, 3)(hidden)))
    videos = RNG.random((20, 3, 8, 8, 1), dtype=np.float32)
    given = np.asarray(keras.Model(inputs, hidden)(videos))
    assert float(complexity(model, (videos, LABELS))) == pytest.approx(reference(given, videos), abs=1e-4)


def test_of_a_network_whose_head_was_taken_off_it_is_said_which_layer_it_is_and_what_acts_after_it():
    model = keras.applications.MobileNetV2((32, 32, 3), include_top=False, weights=None, pooling="avg", alpha=0.35)
    images = RNG.random((6, 32, 32, 3), dtype=np.float32)
    details = complexity(model, (images, LABELS[:6])).details
    assert (details["layer_name"], details["layer_end"]) == ("Conv_1", "input")
    assert {"Conv_1_bn.gamma", "Conv_1_bn.beta"} <= set(details["acts_after_layer"])


def test_several_outputs_are_listed_and_one_is_chosen():
    inputs = keras.Input((4,))
    hidden = kl.Dense(8, "tanh")(inputs)
    model = keras.Model(inputs, {"classes": kl.Dense(3)(hidden), "other": kl.Dense(2)(hidden)})
    with pytest.raises(InputError, match=r"several outputs; say which .* \(found classes \(4, 3\), other \(4, 2\)\)"):
        complexity(model, (X, LABELS), layer="logits")
    assert adapt(model, "other").logits(X).shape == (20, 2)


def test_a_model_that_was_never_called_is_refused_and_stays_unbuilt():
    model = keras.Sequential([kl.Dense(8), kl.Dense(3)])
    with pytest.raises(InputError, match="the model has no weights yet: call it once on a batch"):
        complexity(model, (X, LABELS))
    assert not model.built


def test_a_model_for_batches_of_one_size_is_said():
    inputs = keras.Input(batch_shape=(4, 5, 4))
    model = keras.Model(inputs, kl.Dense(3)(kl.LSTM(6, stateful=True)(inputs)))
    words = r"; the model is made for batches of 4 samples: build it without a batch size .* \(found samples of shape"
    with pytest.raises(InputError, match=words):
        complexity(model, (STEPS, LABELS))


def test_inputs_that_are_missing_are_named():
    first, second = keras.Input((4,), name="first"), keras.Input((2,), name="second")
    model = keras.Model([first, second], kl.Dense(3)(kl.Concatenate()([first, second])))
    words = (
        r"it takes 2 inputs: write \(\(first, second\), labels\) for the data \(expected samples of shape \[\(4,\), "
    )
    with pytest.raises(InputError, match=words):
        complexity(model, (X, LABELS))


def test_a_saved_model_within_a_model_is_called_that(tmp_path):
    block_model().export(tmp_path / "saved", verbose=False)
    model = keras.Sequential([kl.TFSMLayer(tmp_path / "saved", call_endpoint="serve")])
    with pytest.raises(InputError, match=r"layers: a SavedModel cannot be looked into \(expected the Keras model that"):
        complexity(model, (X, LABELS))


def test_an_error_inside_a_model_keeps_its_words():
    class Broken(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = kl.Dense(3)

        def call(self, x):
            if x.shape[-1] != 4:
                raise ValueError("four numbers are needed")
            return self.dense(x)

    model = Broken()
    model(X)
    with pytest.raises(
        InputError, match=r"does not take these inputs: .*four numbers are needed.* \(found samples of shape \(3,\)\)"
    ):
        complexity(model, (X[:, :3], LABELS))


class OnImages(keras.Model):
    """A model that declares no inputs."""

    def __init__(self):
        super().__init__()
        self.convolution, self.dense = kl.Conv2D(2, 3), kl.Dense(3)

    def call(self, x):
        return self.dense(keras.layers.Flatten()(self.convolution(x)))


def test_images_without_a_channel_are_told_to_get_one():
    model = OnImages()
    model(np.ones((1, 8, 8, 1), np.float32))
    with pytest.raises(InputError, match=r"; add the channel axis: inputs\[\.\.\., None\] \("):
        complexity(model, (np.ones((20, 8, 8), np.float32), LABELS))


def test_layers_are_listed_and_named():
    model = block_model()
    names = [one.name for one in layers(model, X)]
    default = [one.name for one in layers(model, X) if one.default]
    assert default == [model.layers[-1].name]
    found = complexity(model, (X, LABELS), layer=names[-1])
    assert float(found) == float(complexity(model, (X, LABELS)))


def test_threads_that_share_a_model_get_each_its_own_value_and_leave_it_as_it_was():
    model = block_model()
    data = [(X + shift, LABELS) for shift in (0, 0.1, 0.5, 2)]
    expected = [float(complexity(model, one)) for one in data]
    with ThreadPoolExecutor(4) as pool:
        found = [list(pool.map(lambda one: float(complexity(model, one)), data)) for _ in range(3)]
    assert found == [expected] * 3
    assert not any("call" in vars(layer) for layer in adapt(model).by_name.values())
