"""A linear classifier on frozen features: what tells the accuracy of a network trained without a classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PENALTY = 1e-4  # of the squared weights, per standardized feature
MOST_STEPS = 100


def fit_linear_classifier(features: Tensor, labels: Tensor, classes: int) -> nn.Linear:
    """Multinomial logistic regression on features (n, d), by L-BFGS from zero: one outcome, no learning rate.

    scikit-learn has the same, but on the processor only.
    """
    features, scale = features.float(), features.float().std(dim=0).clamp(min=1e-6)
    mean = features.mean(dim=0)
    layer = nn.Linear(features.shape[1], classes, device=features.device)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    inputs = (features - mean) / scale
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=MOST_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = functional.cross_entropy(layer(inputs), labels) + PENALTY * layer.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():  # so that it takes features as they are
        layer.weight.div_(scale)
        layer.bias.sub_(layer.weight @ mean)
    return layer


@torch.no_grad()
def accuracy(layer: nn.Linear, features: Tensor, labels: Tensor) -> float:
    """The share of features (n, d) that a classifier puts right."""
    return float((layer(features.float()).argmax(dim=1) == labels).float().mean())
