"""The model-data angle as a plain function of a model and a data set."""

import copy
import gc
import warnings
import weakref

import numpy as np
import pytest

from complexity import angle, complexity
from complexity.errors import InputError, InputWarning
from complexity.measures.model_data_angle import angle_to_data
from complexity.samples import _remembered_samples, read_samples

torch = pytest.importorskip("torch")


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.random((300, 1, 8, 8), dtype=np.float32), rng.integers(0, 10, 300)


@pytest.fixture
def network():
    torch.manual_seed(0)
    layers = torch.nn.Conv2d(1, 6, 3), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.Flatten()
    return torch.nn.Sequential(*layers, torch.nn.Dropout(0.5), torch.nn.Linear(216, 10))


def top_left_singular_vector(matrix):
    return np.linalg.svd(matrix.reshape(len(matrix), -1).astype(np.float64), full_matrices=False)[0][:, 0]


def expected_angle(network, inputs):
    body = copy.deepcopy(network)[:-1].eval()
    with torch.no_grad():
        features = body(torch.as_tensor(inputs)).numpy()
    return angle(top_left_singular_vector(features), top_left_singular_vector(inputs))


class CountingDataset:
    """Unbatched samples that count how often they are read, in another order each time."""

    def __init__(self, inputs, labels):
        self.pairs, self.reads = list(zip(inputs, labels, strict=True)), 0

    def __iter__(self):
        self.reads += 1
        return iter([self.pairs[i] for i in np.random.default_rng(self.reads).permutation(len(self.pairs))])


def test_the_angle_is_that_of_a_float64_svd_of_the_features_before_the_last_layer(network, images):
    assert complexity(network, images) == pytest.approx(expected_angle(network, images[0]), abs=1e-4)


def test_the_logits_take_the_place_of_the_features_where_that_is_asked_for(network, images):
    value = complexity(network, images, layer="logits", center_features=True)
    with torch.no_grad():
        logits = copy.deepcopy(network).eval().double()(torch.as_tensor(images[0]).double()).numpy()
    vectors = top_left_singular_vector(logits - logits.mean(axis=0)), top_left_singular_vector(images[0])
    assert value == pytest.approx(angle(*vectors), abs=1e-4)
    assert value.details["layer"] == "logits"
    with pytest.raises(InputError) as caught:
        complexity(network, images, layer="input")
    assert str(caught.value) == (
        "Sequential: layer: no such layer (expected one of 0, 1, 2, 3, 4, 5, features, logits, found input)"
    )


def test_the_value_is_a_float_that_says_how_it_was_obtained(network, images):
    value = complexity(network, images, center_data=True)
    assert isinstance(value, float)
    assert value.details["samples"] == 300
    assert (value.details["center_features"], value.details["center_data"]) == (False, True)
    assert value.details["data"]["converged"] is True
    assert value != complexity(network, images)


def test_two_calls_give_one_number_and_leave_the_model_as_it_was(network, images):
    network.train()
    network[1].eval()
    state = copy.deepcopy(network.state_dict())
    flags = [part.training for part in network.modules()]
    attributes = [sorted(vars(part)) for part in network.modules()]
    assert complexity(network, images) == complexity(network, images)
    assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())
    assert [part.training for part in network.modules()] == flags
    assert [sorted(vars(part)) for part in network.modules()] == attributes
    assert not any(part._forward_pre_hooks for part in network.modules())


def test_the_last_layer_is_the_one_that_runs_last_not_the_one_that_is_defined_last(images):
    class Backwards(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(16, 10)
            self.body = torch.nn.Linear(64, 16)

        def forward(self, x):
            return self.head(torch.tanh(self.body(x.flatten(1))))

    torch.manual_seed(1)
    network = Backwards()
    with torch.no_grad():
        features = torch.tanh(network.body(torch.as_tensor(images[0]).flatten(1))).numpy()
    expected = angle(top_left_singular_vector(features), top_left_singular_vector(images[0]))
    assert complexity(network, images) == pytest.approx(expected, abs=1e-4)


def test_a_data_set_that_reshuffles_is_read_once_and_gives_the_angle_of_the_rows_in_any_order(network, images):
    dataset = CountingDataset(*images)
    first, second = complexity(network, dataset), complexity(network[:3] + network[3:], dataset)
    assert dataset.reads == 1
    assert first == second == pytest.approx(expected_angle(network, images[0]), abs=1e-4)


def test_samples_are_remembered_only_as_long_as_the_data_set_lives(network, images):
    dataset = CountingDataset(*images)
    complexity(network, dataset)
    samples = weakref.ref(read_samples(dataset, 100_000))
    entries = len(_remembered_samples._entries)
    del dataset
    gc.collect()
    assert samples() is None
    assert len(_remembered_samples._entries) == entries - 1


def test_arrays_are_not_kept_alive_and_changes_of_them_are_seen(network, images):
    inputs, labels = images
    before = complexity(network, (inputs, labels))
    inputs[:100] *= 3
    after = complexity(network, (inputs, labels))
    assert before != after == pytest.approx(expected_angle(network, inputs), abs=1e-4)
    alive = weakref.ref(inputs)
    del inputs, images
    gc.collect()
    assert alive() is None or len(gc.get_referrers(alive())) <= 2  # the fixture's own tuple


@pytest.mark.parametrize("kind", ["list", "generator", "loader", "tensors", "one hot", "no labels"])
def test_every_form_of_the_same_samples_gives_the_same_angle(network, images, kind):
    inputs, labels = images
    forms = {
        "list": lambda: list(zip(inputs, labels, strict=True)),
        "generator": lambda: (pair for pair in zip(inputs, labels, strict=True)),
        "loader": lambda: torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(torch.as_tensor(inputs), torch.as_tensor(labels)), batch_size=7, shuffle=True
        ),
        "tensors": lambda: (torch.as_tensor(inputs), torch.as_tensor(labels)),
        "one hot": lambda: (inputs, np.eye(10)[labels]),
        "no labels": lambda: (inputs, None),
    }
    assert complexity(network, forms[kind]()) == pytest.approx(complexity(network, images), abs=1e-9)


def test_max_samples_takes_the_first_rows(network, images):
    inputs, labels = images
    expected = expected_angle(network, inputs[:50])
    assert complexity(network, images, max_samples=50) == pytest.approx(expected, abs=1e-4)
    assert complexity(network, CountingFirst(inputs, labels), max_samples=50) == pytest.approx(expected, abs=1e-4)


class CountingFirst(CountingDataset):
    """The samples in their own order."""

    def __iter__(self):
        return iter(self.pairs)


@pytest.mark.parametrize("size", [1, 7, 299, 5000])
def test_the_batch_size_does_not_change_the_angle(network, images, size, monkeypatch):
    monkeypatch.setattr("complexity.models.features.batch_size", lambda inputs: size)
    assert complexity(network, images) == pytest.approx(expected_angle(network, images[0]), abs=1e-4)


def test_features_that_are_too_large_for_memory_are_streamed_with_the_same_result(network, images, monkeypatch):
    whole = complexity(network, images)
    monkeypatch.setattr("complexity.models.features.MAX_BYTES", 1000)
    assert complexity(network, images) == pytest.approx(whole, abs=1e-6)


def test_constant_inputs_and_constant_features_give_a_value_with_a_warning_that_names_them(network, images):
    constant = np.ones((20, 1, 8, 8), np.float32)
    with pytest.warns(InputWarning) as caught:
        value = complexity(network, (constant, None))
    texts = [str(warning.message) for warning in caught]
    assert value == pytest.approx(0, abs=1e-3)
    assert texts == [
        f"Sequential: the {what} are constant: the same row for every sample" for what in ("inputs", "features")
    ]


def test_features_that_are_all_zero_are_an_error_that_names_the_model(network, images):
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].bias.zero_()
    with pytest.raises(InputError, match=r"^Sequential: features: every entry of the matrix is zero"):
        complexity(network, images)


def test_weights_that_are_not_finite_are_an_error_that_names_the_model(network, images):
    with torch.no_grad():
        network[0].weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(InputError, match=r"^Sequential: features: row 0, column \d+ holds nan"):
        complexity(network, images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:1], y[:1]), "dataset: an angle needs more samples (expected at least 2, found 1)"),
        (lambda x, y: [], "dataset: the data set has no samples (found list)"),
        (lambda x, y: (with_nan(x), y), "inputs: sample 3 holds nan at (0, 1, 2)"),
        (lambda x, y: (x, y[:5]), "labels: labels do not fit the inputs (expected shape (300,), found shape (5,))"),
        (lambda x, y: 7, "dataset: not a data set (expected a tf.data.Dataset, a pair of arrays or an iterable of "
                         "(input, label), found int)"),
        (lambda x, y: [(x[0], 1), (x[0, :, :4], 1)], "inputs: samples differ in shape (expected one shape, found "
                                                     "[(1, 4, 8), (1, 8, 8)])"),
    ],
)  # fmt: skip
def test_bad_data_is_a_clear_error(network, images, change, message):
    with pytest.raises(InputError) as caught:
        complexity(network, change(*images))
    assert str(caught.value) == message


def with_nan(inputs):
    inputs = inputs.copy()
    inputs[3, 0, 1, 2] = np.nan
    return inputs


def test_bad_models_and_settings_are_clear_errors(network, images):
    for model, dataset, settings, message in [
        (
            "model",
            images,
            {},
            "model: a path is no model (expected the model that was loaded from it, by torch.load or "
            "keras.models.load_model: complexity(model, data), found str)",
        ),
        (torch.nn.ReLU(), images, {}, "ReLU: modules: the model has no dense or convolutional layer"),
        (
            network,
            images,
            {"max_samples": 0},
            "max_samples: bad number of samples (expected at least 1, or None, found 0)",
        ),
    ]:
        with pytest.raises(InputError) as caught:
            complexity(model, dataset, **settings)
        assert str(caught.value) == message


def test_a_data_set_that_is_cut_at_the_default_bound_says_so(network, images, monkeypatch):
    monkeypatch.setitem(angle_to_data.__kwdefaults__, "max_samples", 100)
    monkeypatch.setattr("complexity.measures.model_data_angle.MAX_SAMPLES", 100)
    with pytest.warns(InputWarning, match="only the first 100 samples are used"):
        complexity(network, images)
    with warnings.catch_warnings():
        complexity(network, images, max_samples=50)


class SoftmaxByHand(torch.nn.Linear):
    def __init__(self, logarithms):
        super().__init__(64, 10)
        self.logarithms = logarithms

    def forward(self, x):
        exponentials = torch.exp(super().forward(x.flatten(1)))
        shares = exponentials / exponentials.sum(1, keepdim=True)
        return torch.log(shares) if self.logarithms else shares


@pytest.mark.parametrize(("logarithms", "kind"), [(False, "probabilities"), (True, "logarithms of probabilities")])
def test_a_softmax_that_cannot_be_left_out_is_said(images, logarithms, kind):
    network = SoftmaxByHand(logarithms)
    with pytest.warns(InputWarning, match=f"the outputs are {kind}: the network ends in a softmax") as given:
        found = complexity(network, images, layer="logits")
    assert len(given) == len(found.details["warnings"]) == 1


def test_outputs_of_sigmoids_are_said(images):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(3), torch.nn.Sigmoid())
    network(torch.tensor(images[0][:1]))
    with pytest.warns(InputWarning, match="all outputs are between 0 and 1, as those of a sigmoid"):
        complexity(network, images, layer="logits")


def test_means_of_rectified_features_are_no_sigmoids(images):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(3), torch.nn.ReLU(), torch.nn.Tanh())
    network(torch.tensor(images[0][:1]))
    network[1].weight.data *= 0.01
    outputs = network(torch.tensor(images[0])).detach()
    assert 0 == outputs.min() < outputs.max() < 0.5
    assert complexity(network, images, layer="logits").details["warnings"] == []
