"""What the terminal shows of the layers that were taken, and of warnings."""

import io

import numpy as np
from rich.console import Console

from pgdl_eval.measures import find_measure
from pgdl_eval.ranking.order.result import Facts, Ranking, Value, agreed_on
from pgdl_eval.ranking.shown.tables import order_table, tail

NAMES = ["mixup_davies_bouldin", "pseudo_validation", "subspace_stability", "angle", "jacobian_norm"]


def ranking(taken, *, gaps=None, doubts=None, failures=None, left_out=()):
    """Models that took these (layer, width), ranked by five measures."""
    models = [f"network_of_a_long_name_{number}" for number in range(len(taken))]
    measures = [find_measure(name) for name in NAMES]
    values, facts = {}, {}
    for number, (model, (layer, width)) in enumerate(zip(models, taken, strict=True)):
        said = (doubts or {}).get(number, [])
        values[model] = {one.name: Value(number + 0.5, {}, {}, said, 0.0) for one in measures}
        details = {"layer": layer, "layer_width": width, "spectral_gap": (gaps or {}).get(number, 0.5)}
        details |= {"training_accuracy": 0.975} | ({"outputs_left_out": list(left_out)} if left_out else {})
        facts[model] = Facts(1234567, details)
    failed = {models[number]: of for number, of in (failures or {}).items()}
    agreed = agreed_on(models, measures, values)
    return Ranking(models, measures, values, facts, failed, {}, ranked=models, counted=measures, agreed=agreed)


def shown(found):
    """The order and what stands beneath it on a terminal of 80 columns."""
    stream = io.StringIO()
    console = Console(file=stream, width=80)
    console.print(order_table(found))
    table = stream.getvalue()
    for text in tail(found):
        console.print(text, soft_wrap=True)
    assert max(map(len, table.splitlines())) <= 80
    return table, stream.getvalue()[len(table) :].splitlines()


def test_where_all_models_took_the_same_one_line_says_so():
    table, lines = shown(ranking([("head", 64)] * 3))
    assert "width" not in table
    assert "features: the 64 inputs of head, in all models" in lines


def test_other_widths_have_a_column():
    table, lines = shown(ranking([("head", 64), ("head", 8), ("head", 64)]))
    assert "width" in table
    assert [row.split()[-1] for row in table.splitlines() if "0.975" in row] == ["64", "8", "64"]
    assert "features: the 8 to 64 inputs of head, in all models" in lines


def test_other_layers_have_letters_which_a_line_explains():
    table, lines = shown(ranking([("/features/Gemm", 64), ("classifier.6", 4096), ("classifier.6", 64)]))
    assert [row.split()[-2:] for row in table.splitlines() if "0.975" in row] == [
        ["64", "a"],
        ["4096", "b"],
        ["64", "b"],
    ]
    assert "features: the 64 to 4096 inputs of a /features/Gemm, b classifier.6" in lines


def test_many_layers_share_the_last_letter():
    table, lines = shown(ranking([(f"layer_{number}", 8) for number in range(12)]))
    assert [row.split()[-1] for row in table.splitlines() if "0.975" in row] == list("abcdefgh") + ["i"] * 4
    assert any(line.endswith("h layer_7, i others") for line in lines)


def test_narrow_spectra_and_warnings_have_marks_that_are_explained_once():
    found = ranking([("head", 64)] * 4, gaps={1: 0.01}, doubts={2: ["odd"]}, failures={1: {"angle": "no"}})
    table, lines = shown(found)
    plain = table.replace(" ", "")
    assert [mark in plain for mark in ("~!", "!", "~")] == [True] * 3
    said = "the two largest singular values of the features are closer than 2%: their P-vector is not well determined"
    assert [line for line in lines if line[:2] in ("~ ", "! ")] == [
        f"~ {said}", "! there are warnings, which ranking.csv and report.html have",
    ]  # fmt: skip
    table, lines = shown(ranking([("head", 64)] * 4))
    assert "~" not in table
    assert "!" not in table
    assert not [line for line in lines if line[:2] in ("~ ", "! ")]


def test_outputs_that_are_left_out_are_said():
    _, lines = shown(ranking([("head", 64)] * 2, left_out=["output_label"]))
    assert "left out, since operators for classical models make it: output_label" in lines


def test_models_of_which_nothing_could_be_had_have_a_dash():
    found = ranking([("head", 64), ("head", 8)])
    found.facts[found.models[1]] = Facts(7, {})
    table, lines = shown(found)
    assert "width" not in table
    assert "features: the 64 inputs of head" in lines
    assert not np.isnan(found.agreed.places).any()
