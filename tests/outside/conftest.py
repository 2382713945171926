"""Models and data of packages that this project does not need: see `.ci/run` for how these tests are run."""

import os

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no network, also where it is there


@pytest.fixture(autouse=True)
def seeded():
    import torch

    torch.manual_seed(0)
