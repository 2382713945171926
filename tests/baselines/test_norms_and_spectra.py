"""Norms and spectra of kernels, beside NumPy's decompositions of matrices put together by loops."""

import math

import numpy as np
import pytest

from baselines import alpha, frobenius_over_margin, spectral_norms
from complexity.errors import InputError, InputWarning
from complexity.models import adapt
from complexity.models.interface import TrainedModel

rng = np.random.default_rng(0)
FILTER, DENSE = rng.standard_normal((4, 3, 2, 2)), rng.standard_normal((3, 5))


class Kernels(TrainedModel):
    """A network that has kernels, outputs first, and logits that are given."""

    name = "kernels"

    def __init__(self, kernels=(FILTER, DENSE), logits=None):
        self.own, self.given = kernels, logits

    def kernels(self):
        return list(self.own)

    def logits(self, inputs):
        return self.given[inputs[:, 0].astype(int)]


def as_matrix(kernel):
    """A filter (outputs, inputs, h, w) as (outputs, inputs h w), entry by entry."""
    return np.array([[kernel[(o, *place)] for place in np.ndindex(kernel.shape[1:])] for o in range(len(kernel))])


def test_spectral_norms_are_the_logarithm_of_the_product_of_squared_largest_singular_values():
    norms = [np.linalg.norm(as_matrix(FILTER), 2), np.linalg.norm(DENSE, 2)]
    value = spectral_norms.complexity(Kernels(), None)
    assert value == pytest.approx(math.log((norms[0] * norms[1]) ** 2), rel=1e-12)
    assert value.details["spectral_norms"] == pytest.approx(norms)


def test_frobenius_norms_are_divided_by_the_margin_that_a_tenth_does_not_exceed():
    logits, labels = rng.standard_normal((40, 3)), np.arange(40) % 3
    logits[np.arange(40), labels] += 8
    margins = sorted(row[k] - max(np.delete(row, k)) for row, k in zip(logits, labels, strict=True))
    squares = np.sum(FILTER**2) * np.sum(DENSE**2)
    data = np.arange(40.0)[:, None], labels
    value = frobenius_over_margin.complexity(Kernels(logits=logits), data)
    assert value == pytest.approx(math.log(squares / margins[3] ** 2), rel=1e-12)  # the fourth of 40
    with pytest.warns(InputWarning, match="kernels: a tenth of the samples or more get another class"):
        wrong = frobenius_over_margin.complexity(Kernels(logits=-logits), data)
    assert wrong.details["margin"] < 0


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Kernels(()), "kernels: kernels: the network has no kernels"),
        (Kernels((FILTER, 0 * DENSE)),
         "kernels: kernels: kernel 1 is zero, or not finite: its norm has no logarithm (found shape (3, 5))"),
    ],
)  # fmt: skip
def test_kernels_without_a_norm_are_an_error(network, message):
    with pytest.raises(InputError) as caught:
        spectral_norms.complexity(network, None)
    assert str(caught.value) == message


def test_a_margin_of_zero_is_an_error():
    with pytest.raises(InputError, match="the margin is 0: nothing to divide by"):
        frobenius_over_margin.complexity(Kernels(logits=np.zeros((9, 3))), (np.arange(9.0)[:, None], np.arange(9) % 3))


def test_a_keras_filter_has_the_norms_of_the_same_one_in_pytorch():
    torch = pytest.importorskip("torch")
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    ours = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 2), torch.nn.Flatten(), torch.nn.Linear(36, 5))
    layers = [keras.layers.Conv2D(4, 2), keras.layers.Flatten(), keras.layers.Dense(5)]
    theirs = keras.Sequential([keras.Input((4, 4, 3)), *layers])
    kernels = [one.detach().numpy() for one in (ours[0].weight, ours[2].weight)]
    theirs.set_weights([kernels[0].transpose(2, 3, 1, 0), np.zeros(4), kernels[1].T, np.zeros(5)])
    for found, expected in zip(adapt(theirs).oriented_kernels(), kernels, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert spectral_norms.complexity(theirs, None) == pytest.approx(spectral_norms.complexity(ours, None), rel=1e-6)


def test_alpha_finds_the_exponent_of_a_power_law():
    pytest.importorskip("powerlaw")
    draws = (1 - np.random.default_rng(3).random(3000)) ** (-1 / 1.5)  # density ~ l^-2.5 from 1 on
    assert alpha.exponent(draws) == pytest.approx(
        2.5, abs=0.15
    )  # three standard errors are 0.08 where the start is known
    kernel = np.diag(np.sqrt(draws[:400]))
    assert alpha.complexity(Kernels((kernel,)), None) == alpha.exponent(np.sort(draws[:400]))


def test_alpha_takes_the_eigenvalues_of_all_places_of_a_filter_and_leaves_small_kernels_out():
    pytest.importorskip("powerlaw")
    places = [np.linalg.eigvalsh(FILTER[:, :, i, j].T @ FILTER[:, :, i, j]) for i in range(2) for j in range(2)]
    found = alpha.eigenvalues(FILTER)
    np.testing.assert_allclose(found, np.sort(np.concatenate(places)), rtol=1e-9)
    value = alpha.complexity(Kernels(), None, least=12)
    assert (value, value.details["fitted"], value.details["kernels"]) == (alpha.exponent(found), 1, 2)
    with pytest.warns(InputWarning, match="is fitted to 12 eigenvalues: no kernel has 50 or more"):
        assert alpha.complexity(Kernels(), None) == value


def test_eigenvalues_that_are_too_few_for_any_law_are_an_error():
    pytest.importorskip("powerlaw")
    with pytest.raises(InputError) as caught, pytest.warns(InputWarning, match="is fitted to 3 eigenvalues"):
        alpha.complexity(Kernels((DENSE,)), None)
    assert str(caught.value) == "kernels: no power law fits so few eigenvalues (expected some more, found 3)"


def test_without_its_package_alpha_says_which_extra_brings_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "powerlaw", None)
    with pytest.raises(InputError) as caught:
        alpha.complexity(Kernels(), None, least=12)
    assert str(caught.value) == (
        "alpha: alpha needs the package powerlaw (expected the extra [spectra]: pip install 'pvector[spectra]')"
    )
