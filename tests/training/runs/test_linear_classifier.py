"""The linear classifier against that of scikit-learn."""

import numpy as np
import pytest
import torch

from training.runs.linear_classifier import accuracy, fit_linear_classifier


def test_the_linear_classifier_finds_the_minimum_of_its_loss():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 6))
    labels = (features[:, :3] @ rng.standard_normal((3, 3)) + rng.standard_normal((300, 3))).argmax(axis=1)
    features = features * [1, 5, 0.1, 1, 2, 3] + 4
    x, y = torch.tensor(features, dtype=torch.float32), torch.tensor(labels)
    layer = fit_linear_classifier(x, y, 3)
    linear_model = pytest.importorskip("sklearn.linear_model")
    scaled = (features - features.mean(axis=0)) / features.std(axis=0, ddof=1)
    # Its penalty is a half of the squares beside C times the sum of the losses.
    peer = linear_model.LogisticRegression(C=1 / (2 * 1e-4 * 300), tol=1e-8, max_iter=1000).fit(scaled, labels)
    with torch.no_grad():
        shares = torch.softmax(layer(x), dim=1).numpy()
    assert shares == pytest.approx(peer.predict_proba(scaled), abs=2e-3)
    assert accuracy(layer, x, y) == pytest.approx(peer.score(scaled, labels), abs=0.01)
