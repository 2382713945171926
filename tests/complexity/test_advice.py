"""`check`: which layer is taken and why, and what is to mend, in words."""

import numpy as np
import pytest

import complexity
from complexity.errors import InputError

torch = pytest.importorskip("torch")
nn = torch.nn
IMAGES, LABELS = np.random.default_rng(0).random((20, 1, 8, 8), np.float32), np.arange(20) % 5


def network(outputs=5):
    torch.manual_seed(0)
    first = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 7), nn.ReLU()]
    return nn.Sequential(*first, nn.Linear(7, outputs))


def test_the_layer_its_width_and_the_reason_are_said():
    found = complexity.check(network(), (IMAGES, LABELS))
    assert (found.layer, found.kind, found.width, found.outputs, found.fine) == ("6", "Linear", 7, 5, True)
    assert "the last dense or convolutional layer" in found.why
    text = str(found)
    assert text.startswith("Sequential: measures can be computed.")
    assert "Features: the 7 inputs of 6 (Linear), since it is the last dense or convolutional layer" in text
    assert "  * 6  Linear  (7,) -> (5,)" in text
    assert "BatchNorm2d" in text


def test_untrained_networks_raise_the_question_of_the_scale():
    found = complexity.check(network(), (IMAGES, LABELS))
    assert any("are the inputs scaled as in training?" in one for one in found.doubts)


def test_inputs_that_do_not_fit_are_to_mend_with_what_to_write():
    found = complexity.check(network(), (np.moveaxis(IMAGES, 1, -1), LABELS))
    assert not found.fine
    assert "inputs.transpose(0, 3, 1, 2)" in str(found)
    assert "something must be mended first" in str(found)


def test_labels_beyond_the_outputs_are_to_mend():
    found = complexity.check(network(3), (IMAGES, LABELS))
    assert found.problems == ["labels go up to 4, and there are 3 outputs"]


def test_a_network_that_is_random_in_evaluation_mode_is_told():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network()

        def forward(self, inputs):
            return self.inner(nn.functional.dropout(inputs, 0.5, training=True))

    assert any("random in evaluation mode" in one for one in complexity.check(Noisy(), (IMAGES, LABELS)).doubts)


def test_a_network_without_a_layer_to_take_is_told():
    with pytest.raises(InputError, match="the model has no dense or convolutional layer"):
        complexity.check(nn.Sequential(nn.Flatten(), nn.ReLU()), (IMAGES, LABELS % 2))


def test_inputs_alone_leave_labels_out():
    found = complexity.check(network(), IMAGES)
    assert found.training_accuracy is None
    assert any("there are no labels" in one for one in found.doubts)


def test_what_is_no_model_is_an_error():
    with pytest.raises(InputError, match="not a trained model"):
        complexity.check(3, IMAGES)


@pytest.mark.skipif(not hasattr(InputError, "add_note"), reason="notes of exceptions came with Python 3.11")
def test_errors_that_concern_a_model_point_to_check():
    with pytest.raises(InputError) as caught:
        complexity.complexity(network(), (np.moveaxis(IMAGES, 1, -1), LABELS))
    assert any("complexity.check(model, data)" in note for note in caught.value.__notes__)


def test_a_network_of_one_output_has_no_accuracy():
    found = complexity.check(network(outputs=1), (IMAGES, LABELS))
    assert (found.outputs, found.training_accuracy, found.fine) == (1, None, True)
