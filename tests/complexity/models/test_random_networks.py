"""Random networks: the features and logits are those that follow from how they were composed, or the right error comes.

More of them: `python tests/support/check_random_networks.py torch 0 20000`.
"""

import pytest
from check_random_networks import check_keras, check_torch, failures

TENS = 10


@pytest.mark.parametrize("tens", range(15))
def test_random_pytorch_networks(tens):
    assert failures(check_torch, range(tens * TENS, (tens + 1) * TENS)) == {}


@pytest.mark.parametrize("tens", range(4))
def test_random_keras_models(tens):
    assert failures(check_keras, range(tens * TENS, (tens + 1) * TENS)) == {}
