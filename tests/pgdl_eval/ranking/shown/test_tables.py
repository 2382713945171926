"""A ranking on a terminal."""

import io

import numpy as np
from rich.console import Console

from pgdl_eval.measures import find_measure
from pgdl_eval.ranking.order.result import Ranking, Value, agreed_on
from pgdl_eval.ranking.shown.tables import MOST_ROWS, order_table, tail


def test_the_first_of_many_models_are_shown_and_how_many_more_there_are():
    models, measure = [f"model_{number}" for number in range(45)], find_measure("angle")
    values = {model: {"angle": Value(float(number), {}, {}, [], 0.0)} for number, model in enumerate(models)}
    agreed = agreed_on(models, [measure], values)
    found = Ranking(models, [measure], values, {}, {}, {}, ranked=models, counted=[measure], agreed=agreed)
    stream = io.StringIO()
    Console(file=stream, width=80).print(order_table(found))
    rows = [line.split()[2] for line in stream.getvalue().splitlines() if "model_" in line]
    assert rows == models[:MOST_ROWS]
    assert next(tail(found)).plain == "5 more models are in the files"
    assert np.all(agreed.places == np.arange(1, 46))


def test_models_that_failed_alike_share_a_line():
    models, measure = [f"model_{number}" for number in range(6)], find_measure("angle")
    why = "folder/{0}.onnx: {0}.onnx: inputs: the model does not take these inputs (expected (8,), found (6,))"
    failures = {model: {"": why.format(model)} for model in models[:5]} | {models[5]: {"angle": "no file"}}
    lines = [one.plain for one in tail(Ranking(models, [measure], {}, {}, failures, {}))]
    text = "inputs: the model does not take these inputs (expected (8,), found (6,))"
    assert f"failed 5 models (model_0, model_1, model_2, model_3 and 1 more): {text}" in lines
    assert "failed model_5 angle: no file" in lines
