import copy
import math

import numpy as np
import pandas as pd
import pytest

from complexity.errors import InputError, InputWarning
from pgdl_eval import Tracker, compute

RNG = np.random.default_rng(0)
X, Y = RNG.random((60, 8, 8, 1), np.float32), np.arange(60) % 3


def network(torch):
    torch.manual_seed(0)
    layers = [torch.nn.Flatten(), torch.nn.Linear(64, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3)]
    return torch.nn.Sequential(*layers)


def trained(torch, model, tracker=None, epochs=3):
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for epoch in range(1, epochs + 1):
        model.train()
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(X)), torch.from_numpy(Y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if tracker is not None:
            tracker.record(model, epoch, loss=loss)
    return model


def test_each_row_has_the_values_that_compute_gives_for_the_network_of_that_epoch(tmp_path):
    torch = pytest.importorskip("torch")
    tracker, model = Tracker((X, Y), ["angle", "angle[layer=logits]", "class_separation"], out=tmp_path), network(torch)
    rows = []
    for epoch in (1, 2):
        trained(torch, model, epochs=1)
        tracker.record(model, epoch, loss=epoch / 2)
        rows.append([compute(name, model, (X, Y)) for name in ("angle", "angle[layer=logits]", "class_separation")])
    assert list(tracker.table.columns) == [
        "epoch",
        "angle",
        "angle[layer=logits]",
        "class_separation",
        "seconds",
        "loss",
    ]
    np.testing.assert_allclose(tracker.table.iloc[:, 1:4].to_numpy(), rows, rtol=1e-6)
    assert tracker.table["angle"].nunique() == 2
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "tracked.csv"), tracker.table)


def test_a_training_that_is_followed_ends_with_the_same_weights_as_one_that_is_not():
    torch = pytest.importorskip("torch")
    measures = ["angle", "subspace_stability", "pseudo_validation", "jacobian_norm"]
    followed = trained(torch, network(torch), Tracker((X, Y), measures))
    alone = trained(torch, network(torch))
    for one, other in zip(followed.parameters(), alone.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_page_has_a_line_for_each_measure_and_metric(tmp_path):
    torch = pytest.importorskip("torch")
    tracker = Tracker((X, Y), ["angle", "feature_rank"], out=tmp_path)
    trained(torch, network(torch), tracker)
    page = tracker.write_report().read_text("utf-8")
    assert page.count('<polyline class="joined"') == 3
    assert f"{tracker.table['angle'].iloc[0]:.4g} at epoch 1" in page
    assert Tracker((X, Y)).write_report() is None


def test_a_measure_that_fails_is_missing_in_its_row_and_the_others_stand(tmp_path):
    torch = pytest.importorskip("torch")
    tracker, model = Tracker((X, Y), ["distance", "angle"], out=tmp_path), network(torch)
    with pytest.warns(InputWarning, match="distance at epoch 1: .*initial"):
        row = tracker.record(model, 1)
    assert math.isnan(row["distance"])
    assert row["angle"] > 0
    assert "initial" in tracker.failures[1.0]["distance"]
    model.initial_weights = copy.deepcopy(model.state_dict())
    trained(torch, model, epochs=1)
    assert tracker.record(model, 2, loss=0.5)["distance"] > 0
    assert tracker.table["loss"].isna().tolist() == [True, False]
    assert "distance at epoch 1" in tracker.write_report().read_text("utf-8")


@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_the_keras_callback_records_each_epoch_with_its_logs_and_goes_on_with_the_next_fit(package, tmp_path):
    keras = pytest.importorskip(package)
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Flatten(), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    model.build((None, 8, 8, 1))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    tracker = Tracker((X, Y), ["angle", "training_accuracy"], out=tmp_path)
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[tracker.keras_callback()])
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[tracker.keras_callback(every=2)])
    assert tracker.table["epoch"].tolist() == [1, 2, 4, 6]
    assert set(tracker.table.columns) == {"epoch", "angle", "training_accuracy", "seconds", "accuracy", "loss"}
    assert tracker.table["angle"].iloc[-1] == pytest.approx(compute("angle", model, (X, Y)), rel=1e-6)
    assert (tmp_path / "tracked.html").exists()


@pytest.mark.parametrize(
    ("arguments", "metrics", "words"),
    [
        ({"epoch": 1}, {}, "no epoch that follows"),
        ({"epoch": "two"}, {}, "no number"),
        ({"epoch": math.nan}, {}, "no epoch that follows"),
        ({"epoch": 2}, {"angle": 1.0}, "the name of a column"),
        ({"epoch": 2}, {"loss": [1, 2]}, "no number"),
    ],
)
def test_a_bad_record_is_refused_and_what_stands_there_stays(arguments, metrics, words, tmp_path):
    torch = pytest.importorskip("torch")
    tracker, model = Tracker((X, Y), out=tmp_path), network(torch)
    tracker.record(model, 1)
    with pytest.raises(InputError, match=words):
        tracker.record(model, **arguments, **metrics)
    assert len(pd.read_csv(tmp_path / "tracked.csv")) == 1


def test_bad_trackers_are_refused(tmp_path):
    for measures in ([], ["angle", "angle"], ["angel"]):
        with pytest.raises(InputError):
            Tracker((X, Y), measures)
    with pytest.raises(InputError, match="no number of epochs"):
        Tracker((X, Y)).keras_callback(every=0)
    (tmp_path / "tracked.csv").write_text("epoch\n1\n")
    with pytest.raises(InputError, match=r"the record of a training already"):
        Tracker((X, Y), out=tmp_path)
    assert (tmp_path / "tracked.csv").read_text() == "epoch\n1\n"
