"""One measure under several settings side by side."""

import json

import pytest
from click.testing import CliRunner

from complexity.errors import InputError
from complexity.measures.measured import Measured
from complexity.measures.registry import measure, registered
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.measures import all_measures, find_measure
from pgdl_eval.package import package
from pgdl_eval.scoreboard import declared_direction


@pytest.fixture
def counted(monkeypatch):
    """A registered measure that gives back what its settings are."""
    all_measures()
    monkeypatch.setattr("complexity.measures.registry._registry", registered())

    @measure("counted", higher_means="smaller gap", source="test")
    def function(model, dataset, *, scale=1, words=("a",), offset=0):
        return Measured(offset + scale * len(words))


def test_variants_of_a_measure_are_computed_side_by_side_each_with_its_own_settings(counted, stored_task, tmp_path):
    names = ["counted", "counted[scale=10]", 'counted[scale=100,words=["a","b"]]']
    chosen = [argument for name in names for argument in ("--measure", name)]
    arguments = ["ingest", str(stored_task.parent), str(tmp_path / "out"), *chosen, "--set", "scale=2"]
    done = CliRunner().invoke(commands, [*arguments, "--set", "offset=5"], catch_exceptions=False)
    assert done.exit_code == 0
    found = {name: set(read_values(tmp_path / "out" / name / "digits.predict").values()) for name in names}
    assert found == {names[0]: {7.0}, names[1]: {15.0}, names[2]: {205.0}}
    beside = json.loads((tmp_path / "out" / names[2] / "digits.provenance.json").read_text())
    assert beside["measure"] == names[2]
    assert beside["settings"] == {"scale": 100, "words": ["a", "b"], "offset": 5}


def test_a_variant_declares_what_its_measure_does(counted):
    found = find_measure("counted[scale=10]")
    assert found(None, None) == 10
    assert (found.higher_means, found.settings["scale"]) == ("smaller gap", 10)
    assert declared_direction("counted[scale=10]") == "smaller gap"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("distance+angle[k=1]",
         "distance+angle[k=1]: no variant of a measure (expected NAME[SETTING=VALUE,...] of a single measure)"),
        ("angle[layer=logits",
         "angle[layer=logits: no variant of a measure (expected NAME[SETTING=VALUE,...] of a single measure)"),
        ("angle[size=3]",
         "angle[size=3]: size: angle has no such setting (expected one of center_data, center_features, layer, "
         "max_samples, output, found size)"),
        ('angle[max_samples="all"]',
         'angle[max_samples="all"]: max_samples: angle cannot take this setting (expected a whole number or None, '
         "found 'all' (str))"),
        ("angle[layer]",
         "layer: a setting without a value (expected NAME=VALUE with VALUE as in JSON, or words in small letters, "
         "found )"),
    ],
)  # fmt: skip
def test_what_is_no_variant_is_a_clear_error(name, message):
    with pytest.raises(InputError) as caught:
        find_measure(name)
    assert str(caught.value) == message


def test_a_variant_is_not_packaged(tmp_path):
    with pytest.raises(InputError) as caught:
        package("angle[layer=logits]", tmp_path / "submission.zip")
    assert str(caught.value) == "angle[layer=logits]: a submission has the default settings (expected angle)"
