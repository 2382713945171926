"""Distance to initialization, with the initial weights handed over in each way."""

import copy

import numpy as np
import pytest

from complexity.errors import InputError, InputWarning
from pgdl_eval import compute

torch = pytest.importorskip("torch")
DATA = np.ones((4, 3), np.float32), np.arange(4) % 2


def moved(hand_over):
    """A network whose weights and statistics, floating point numbers, all moved by 2 from the ones handed over."""
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1))
    network.initial_weights = hand_over(network)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor += 2
    return network


@pytest.mark.parametrize(
    "hand_over",
    [
        lambda network: copy.deepcopy(network.state_dict()),
        lambda network: [tensor.numpy().copy() for tensor in network.state_dict().values() if tensor.ndim],
    ],
)
def test_initial_weights_are_a_copied_state_dict_or_a_list(hand_over):
    assert compute("distance", moved(hand_over), DATA) == pytest.approx((8 + 8 + 3) * 4, rel=1e-6)


def test_a_state_dict_that_was_not_copied_gives_a_warning():
    with pytest.warns(InputWarning, match="all weights are the initial ones: the model is untrained, or they were not"):
        value = compute("distance", moved(lambda network: network.state_dict()), DATA)
    assert value == 0
    assert len(value.details["warnings"]) == 1


def test_a_model_without_initial_weights_is_an_error_that_says_how_to_hand_them_over():
    with pytest.raises(InputError) as caught:
        compute("distance", moved(lambda network: None), DATA)
    assert str(caught.value) == (
        "Sequential: initial_weights: the model carries no initial weights (expected them set before training: "
        "model.initial_weights = copy.deepcopy(model.state_dict()) in PyTorch, model.initial_weights = "
        "model.get_weights() in Keras)"
    )


def test_initial_weights_of_other_shapes_are_an_error():
    with pytest.raises(InputError, match="the initial weights do not fit the trained ones"):
        compute("distance", moved(lambda network: [np.ones(3)]), DATA)
