"""What acts on the output of a PyTorch network, and what only seems to: each once gave another layer's features."""

import numpy as np
import pytest
import torch
from reference_angle import reference
from torch import nn
from torch.nn import functional

from complexity import InputError, InputWarning, complexity
from complexity.models import adapt

X = np.random.default_rng(0).random((20, 4), dtype=np.float32)
SEQUENCES = np.random.default_rng(1).random((20, 5, 4), dtype=np.float32)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


class Network(nn.Module):
    """A body, a head, and an auxiliary head that runs last, whose output is not used."""

    def __init__(self):
        super().__init__()
        self.body, self.head, self.auxiliary = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(4, 3)

    def hidden(self, x):
        return torch.tanh(self.body(x))

    def end(self, output):
        return output

    def forward(self, x):
        output = self.end(self.head(self.hidden(x)))
        self.auxiliary(x)
        return output


class Detached(Network):
    def end(self, output):
        return output.detach()


class Data(Network):
    def end(self, output):
        return output.data


class WithoutGradients(Network):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class NeedsDetached(Network):
    def end(self, output):
        return torch.from_numpy(output.detach().numpy())


class WrittenInto(Network):
    """What the gradient of the sigmoid needs is written over."""

    def end(self, output):
        return torch.sigmoid(output).mul_(2)


class ViewWrittenInto(Network):
    def end(self, output):
        return functional.relu_(output.view(-1, 1, 3)) + 1


class Dead(Network):
    """No gradient comes through the rectifier."""

    def end(self, output):
        return torch.relu(output - 50)


class SlicedAway(Network):
    """The auxiliary head's output stands beside what is returned."""

    def forward(self, x):
        return torch.stack([self.head(self.hidden(x)), self.auxiliary(x)])[0]


class LaterRunUnused(Network):
    """The head runs once more, for nothing."""

    def forward(self, x):
        hidden = self.hidden(x)
        output = self.head(hidden)
        self.head(2 * hidden)
        return output


TAKEN = [Detached, Data, WithoutGradients, WrittenInto, ViewWrittenInto, Dead, SlicedAway, LaterRunUnused]


@pytest.mark.parametrize("kind", TAKEN)
def test_an_auxiliary_head_is_passed_over_whatever_stands_in_the_way_of_gradients(kind):
    network = kind()
    with torch.no_grad():
        expected = network.hidden(torch.tensor(X))
    found = complexity(network, (X, None))
    assert found.details["layer_name"] == "head"
    assert float(found) == pytest.approx(reference(expected, X), abs=1e-4)


class InInferenceMode(Network):
    @torch.inference_mode()
    def forward(self, x):
        return super().forward(x)


@pytest.mark.parametrize("kind", [NeedsDetached, InInferenceMode])
def test_where_no_gradient_comes_through_the_layer_is_found_and_the_doubt_is_said(kind):
    with pytest.warns(InputWarning, match="it is not known whether weights act after head"):
        found = complexity(kind(), (X, None))
    assert found.details["layer_name"] == "head"
    assert found.details["acting_layers_unknown"]


class Frozen(Network):
    """A product with a weight that is not trained."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(3, 3), requires_grad=False)

    def forward(self, x):
        return self.head(self.hidden(x)) @ self.matrix


class OneOutput(Frozen):
    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(3, 1))


class OneOutputBeside(OneOutput):
    def forward(self, x):
        hidden = self.hidden(x)
        side = hidden[:, :3] @ self.matrix
        return torch.cat([side, self.head(hidden)], 1)


class Tied(Network):
    """The products behind the last layer are with its own weight, and with an earlier one."""

    def forward(self, x):
        return torch.tanh(self.head(self.hidden(x)) @ self.head.weight) @ self.body.weight


class NothingActs(Network):
    def forward(self, x):
        self.auxiliary(x)
        return torch.tanh(x)


REFUSED = {
    "a frozen weight": (Frozen, "the last dense or convolutional layer: matrix; name"),
    "a product with one output": (OneOutput, "the last dense or convolutional layer: matrix; name"),
    "one beside the layer": (OneOutputBeside, "the last dense or convolutional layer: matrix; name"),
    "tied weights": (Tied, "beside head, the last dense or convolutional layer: body.weight, head.weight; name"),
    "no layer acts": (NothingActs, "layers: no dense or convolutional layer acts on the output"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_weights_that_act_after_the_last_layer_are_found(kind):
    make, words = REFUSED[kind]
    with pytest.raises(InputError) as caught:
        complexity(make(), (X, None))
    assert words in str(caught.value)


class InTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return torch.stack([self.head(x[:, step]) for step in range(x.shape[1])], 1)


def test_runs_of_the_layer_beside_the_last_one_are_said():
    with pytest.warns(InputWarning, match="a part of its output does not pass through head"):
        complexity(InTime(), (SEQUENCES, None))


@pytest.mark.parametrize("steps", [5, 20])
def test_logits_are_rows_of_samples_on_whatever_axis_they_stand(steps):
    inputs = np.random.default_rng(2).random((20, steps, 4), dtype=np.float32)
    network = nn.Sequential(nn.Linear(4, 3), nn.Flatten(0, 1), nn.Unflatten(0, (-1, steps)))
    plain = adapt(network).logits(inputs)
    network.append(Transposed())
    np.testing.assert_array_equal(adapt(network).logits(inputs), plain)


class Transposed(nn.Module):
    def forward(self, x):
        return x.transpose(0, 1)
