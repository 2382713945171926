"""What the interface over trained networks says where a kind of model lacks an ability."""

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.models import TrainedModel


class Constant(TrainedModel):
    """A model of NumPy alone that has no more than logits."""

    name = "constant"

    def logits(self, inputs):
        return np.ones((len(inputs), 2), np.float32)


IMAGES, LABELS = np.ones((3, 4), np.float32), np.zeros(3, int)
ABILITIES = {
    "weights": (lambda model: model.weights(), "weights"),
    "trainable weights": (lambda model: model.trainable_weights(), "trainable weights"),
    "replaced weights": (lambda model: model.replaced_weights().__enter__(), "trainable weights"),
    "kernels": (lambda model: model.kernels(), "kernels"),
    "features": (lambda model: model.features(IMAGES), "forward passes"),
    "first layer": (lambda model: model.first_layer(IMAGES), "forward passes"),
    "Jacobians": (lambda model: model.squared_jacobians(IMAGES), "gradients"),
    "gradient of the loss": (lambda model: model.loss_gradient(IMAGES, LABELS), "gradients"),
}


@pytest.mark.parametrize("ability", ABILITIES)
def test_what_a_kind_of_model_lacks_is_an_error_that_names_the_model_and_what_has_it(ability):
    ask, lacking = ABILITIES[ability]
    with pytest.raises(InputError) as caught:
        ask(Constant())
    expected = "(expected a Keras model or a torch.nn.Module, found Constant)"
    assert str(caught.value) == f"constant: {lacking}: models of this kind have no {lacking} here {expected}"


def test_a_model_without_initial_weights_says_where_they_are_kept():
    with pytest.raises(InputError, match=r"^constant: initial_weights: the model carries no initial weights"):
        Constant().initial_weights()
