"""The tables of the studies: angles between recorded P-vectors, summaries, and what is said to be missing."""

import numpy as np
import pytest

from complexity.errors import InputError
from training.runs.run_folder import decomposition
from training.studies import STUDIES, draw_studies
from training.studies.chance import permuted_degrees
from training.studies.cohort import Cohort, Records, distinct_untrained
from training.studies.model_data_angle import LARGEST
from training.studies.vectors import degrees
from training.studies.within_first_epoch import largest


def angle_by_arccos(u, v):
    return np.degrees(np.arccos(min(1, abs(u @ v) / np.linalg.norm(u) / np.linalg.norm(v))))


def test_tables_hold_the_angles_between_recorded_p_vectors(cohort):
    first, second = (member for member in cohort.members if member.recipe == "resnet18")
    pairs = STUDIES["well_trained_cosines"].compute(cohort)
    for centering in ("uncentered", "centered"):
        u, v = (decomposition(m.trained, "test", center=centering == "centered").vectors[:, 0] for m in (first, second))
        row = pairs[(pairs["matrix"] == "well-trained, test") & (pairs["centering"] == centering)]
        row = row[(row["first"] == "resnet18") & (row["second"] == "resnet18")]
        assert row["degrees"].item() == pytest.approx(angle_by_arccos(u, v), abs=0.05)
        assert row["cosine"].item() == pytest.approx(abs(u @ v), abs=1e-5)
    table = STUDIES["model_data_angle"].compute(cohort)
    row = table.query("recipe == 'resnet18' and seed == 1 and epoch == 2 and matrix == 'train'")
    row = row[row["convention"] == "data alone centered"]
    u = decomposition(second.trained, "train").vectors[:, 0]
    v = decomposition(second.data, "train/raw", center=True).vectors[:, 0]
    assert row["degrees"].item() == pytest.approx(angle_by_arccos(u, v), abs=0.05)


def test_a_run_ends_at_its_own_last_p_vector_within_the_first_epoch_and_after(cohort):
    own = STUDIES["own_convergence"].compute(cohort)
    own = own[own["quantity"] == "train: to its own last P-vector"].dropna(subset=["epoch"])
    assert own.loc[own["epoch"] == 2, "degrees"].max() == pytest.approx(0, abs=1e-4)
    assert own.loc[own["epoch"] == 0, "degrees"].min() > 1
    within = STUDIES["within_first_epoch"].compute(cohort)
    assert set(within["iteration"].dropna()) == {0, 1, 2, 3}
    summary = largest(within)
    assert (summary["largest"] >= summary[["untrained", "end"]].max(axis=1)).all()


def test_across_paradigms_no_run_is_compared_with_itself_and_shuffled_labels_are_no_well_trained_network(cohort):
    found = STUDIES["across_paradigms"].compute(cohort).dropna(subset=["epoch"])
    assert set(found["checkpoint"]) == {"supervised", "reconstruction", "contrastive", "shuffled labels"}
    assert "resnet18_shuffled_labels" not in set(found["other"])
    assert not ((found["recipe"] == found["other"]) & (found["seed"] == found["other_seed"])).any()


def test_summaries_hold_the_ends_of_the_curves_and_the_means_of_the_pairs(cohort):
    study = STUDIES["across_paradigms"]
    frame = study.compute(cohort)
    ends = study.summary(frame).set_index(["centering", "checkpoint", "well_trained"])
    chosen = frame.query("checkpoint == 'reconstruction' and well_trained == 'supervised' and centering == 'centered'")
    row = ends.loc["centered", "reconstruction", "supervised"]
    assert row["mean_untrained"] == pytest.approx(chosen.query("epoch == 0")["degrees"].mean())
    assert row["mean_last"] == pytest.approx(chosen.query("epoch == 2")["degrees"].mean())
    assert row["count_last"] == 2
    last = chosen.query("epoch == 2")
    assert row["effect"] == pytest.approx((1 - last["degrees"] / last["chance"]).mean())
    assert row["largest_p_value"] == last["p_value"].max()
    study = STUDIES["well_trained_cosines"]
    frame = study.compute(cohort)
    pairs = study.summary(frame).query("matrix == 'well-trained, train' and centering == 'centered'").set_index("pair")
    assert pairs.loc["two seeds of resnet18", "count"] == 1
    assert pairs.loc["reconstruction - supervised", "count"] == 2
    assert (pairs["p_value"] <= pairs["largest_p_value"]).all()
    study = STUDIES["model_data_angle"]
    frame = study.compute(cohort)
    ends = study.summary(frame).set_index(["matrix", "convention", "recipe"]).loc["test", "both centered", "resnet18"]
    chosen = frame.query("matrix == 'test' and convention == 'both centered' and recipe == 'resnet18'")
    for name, epoch in {"untrained": 0, "epoch_1": 1, "last": 2}.items():
        assert ends[name] == pytest.approx(chosen[chosen["epoch"] == epoch]["degrees"].mean())
    study = STUDIES["top_vectors"]
    means = study.summary(study.compute(cohort)).query("k == 1 and centering == 'uncentered'")
    assert set(means.loc[means["pair"] == "well-trained, two seeds", "count"]) == {1}


def test_angles_stand_beside_their_null_and_the_untrained_networks(cohort):
    frame = STUDIES["across_paradigms"].compute(cohort).query("recipe == 'simclr' and other == 'autoencoder'")
    frame = frame[frame["centering"] == "centered"].set_index("epoch")
    simclr, autoencoder = (next(m for m in cohort.members if m.recipe == name) for name in ("simclr", "autoencoder"))
    u, v = (decomposition(m.trained, "train", center=True).vectors[:, 0] for m in (simclr, autoencoder))
    drawn = permuted_degrees(u, v, 2000, np.random.default_rng(0))
    last = frame.loc[2]
    assert last["chance"] == pytest.approx(np.median(drawn), abs=1)
    assert last["chance_low"] == pytest.approx(np.quantile(drawn, 0.05), abs=2)
    assert last["effect"] == pytest.approx(1 - last["degrees"] / last["chance"])
    assert last["p_value"] == pytest.approx(np.mean(drawn <= last["degrees"]), abs=0.03)
    assert last["untrained"] == frame.loc[0, "degrees"]
    assert last["effect_of_training"] == pytest.approx(1 - last["degrees"] / frame.loc[0, "degrees"])
    pairs = STUDIES["well_trained_cosines"].compute(cohort).query("matrix == 'well-trained, train'")
    pairs = pairs[pairs["centering"] == "centered"].set_index(["first", "first_seed", "second", "second_seed"])
    assert np.isnan(pairs.loc[("resnet18", 0, "simclr", 0), "untrained"])
    between = (decomposition(m.untrained, "train", center=True).vectors[:, 0] for m in (autoencoder, simclr))
    assert pairs.loc[("autoencoder", 0, "simclr", 0), "untrained"] == pytest.approx(degrees(*between))


def test_networks_that_start_equal_count_once_as_untrained(cohort):
    found = [(member.recipe, member.seed) for member in distinct_untrained(cohort.members)]
    assert found == [("autoencoder", 0), ("resnet18", 0), ("resnet18", 1)]


def test_too_few_runs_are_said(cohort, runs, tmp_path):
    alone = Cohort("noise", cohort.members[:1])
    needs = {}
    for name, study in STUDIES.items():
        try:
            study.compute(alone)
        except Exception as missing:
            needs[name] = str(missing)
    assert needs == {
        "well_trained_cosines": "needs at least 2 finished runs, found 1",
        "across_paradigms": "needs finished runs of two groups of paradigms, found reconstruction",
        "top_vectors": "needs at least 2 finished runs, found 1",
        "layers": "needs a finished run that records its residual blocks, such as resnet18",
        "image_folder_cosines": "needs runs on images of at least 64 pixels, such as tiny_imagenet; found 12",
    }
    with pytest.raises(InputError, match=r"study: no such study; did you mean layers\?"):
        list(draw_studies(runs, tmp_path, "layer"))


def test_the_papers_point_of_the_first_epoch_is_the_largest_angle_within_it(cohort):
    within = STUDIES["within_first_epoch"].compute(cohort)
    within = within.query("quantity == 'to the data' and centering == 'centered' and iteration > 0")
    largest_angle = within.groupby(["recipe", "seed"])["degrees"].max()
    found = STUDIES["model_data_angle"].compute(cohort).query("convention == 'both centered' and epoch == 1")
    found = found[found["matrix"] == LARGEST].set_index(["recipe", "seed"])["degrees"]
    assert len(found) == len(largest_angle) == 5
    assert found.to_numpy() == pytest.approx(largest_angle[found.index].to_numpy(), abs=1e-3)


def test_records_beyond_the_memory_for_them_are_read_again(cohort, monkeypatch):
    run = cohort.members[0].run
    kept = Records()
    assert kept.read(run, 1) is kept.read(run, 1)
    monkeypatch.setattr("training.studies.cohort.MAX_BYTES", 0)
    none = Records()
    first, second = none.read(run, 1), none.read(run, 1)
    assert first is not second
    assert all(np.array_equal(first[name], second[name], equal_nan=True) for name in first)
