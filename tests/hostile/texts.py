"""Bad config.json, model_configs.json, .predict and provenance files."""

from __future__ import annotations

import json
from typing import Any

from hostile.cases import config, content, stored

BIG = 10**400
CONFIG, REFERENCE, PREDICT, PROVENANCE = "config.json", "model_configs.json", ".predict", "provenance"

stored(CONFIG, "config_conv_kernel_1e9.json", "config.json", "kernel_size", "1024")
stored(CONFIG, "config_deep_nesting_5000_objects.json", "config.json", "nested too deeply")
stored(CONFIG, "config_dropout_rate_1e400_int.json", "model_config[0].rate", "no finite number")
stored(CONFIG, "config_int_too_large.json", "model_config[1].epsilon", "no finite number")
stored(REFERENCE, "model_configs_int400.json", "0.metrics.train_acc", "no finite number")
stored(REFERENCE, "model_configs_accuracy_outside_0_1.json", "metrics.", "no accuracy", "[0, 1]")
stored(PREDICT, "pred_int400.predict", "model_0", "no finite number")
stored(PREDICT, "pred_e308.predict")  # finite: it is scored
stored(PROVENANCE, "traversal.provenance.json", "t.provenance.json", "measure", "a path")

DENSE = {"layer_name": "Dense", "units": 3}


def layer(case: str, *words: str, **arguments: Any) -> None:
    """A config.json of one layer."""
    content(CONFIG, case, config([arguments]), "config.json", "model_config[0]", *words)


layer("units of 10^12", "units", layer_name="Dense", units=10**12)
layer("units of 10^9 for 16 inputs", "too many weights", layer_name="Conv2D", filters=10**9, kernel_size=4)
layer("units of true", "units", layer_name="Dense", units=True)
layer("units of 0", "units", layer_name="Dense", units=0)
layer("units of -3", "units", layer_name="Dense", units=-3)
layer("units of 2.5", "units", layer_name="Dense", units=2.5)
layer("units as text", "units", layer_name="Dense", units="3")
layer("a step of 10^9", "strides", layer_name="Conv2D", filters=1, kernel_size=1, strides=10**9)
layer("a dilation of 10^9", "dilation_rate", layer_name="Conv2D", filters=1, kernel_size=2, dilation_rate=10**9)
layer("a pooling window of 10^9", "pool_size", layer_name="MaxPooling2D", pool_size=10**9, padding="same")
layer("an axis of 10^30", "axis", layer_name="BatchNormalization", axis=10**30)
layer("an epsilon of 1e300", "epsilon", layer_name="BatchNormalization", epsilon=1e300)
layer("a seed of 10^30", "seed", layer_name="Dropout", rate=0.5, seed=10**30)
layer("a layer that runs code", "layer_name", "Lambda", layer_name="Lambda", function="__import__('os')")
layer("a layer's name of 100,000 letters", layer_name="x" * 100_000)
layer("a layer name with a path", "name", layer_name="Dense", units=3, name="../../x")
layer("a name of 300 letters", "name", layer_name="Dense", units=3, name="x" * 300)
layer("a name with an escape", "name", r"\x1b", layer_name="Dense", units=3, name="\x1b[2J")
layer("a list for a number", "units", layer_name="Dense", units=[3])
layer("an object for an activation", "activation", layer_name="Dense", units=3, activation={"class": "x"})

content(CONFIG, "nothing", "", "config.json", "no JSON")
content(CONFIG, "a list", "[]", "config.json", "model_config")
content(CONFIG, "null", "null", "config.json", "model_config")
content(CONFIG, "no list of layers", '{"model_config": 3, "input_shape": [3]}', "model_config", "no list")
content(CONFIG, "an empty object as a layer", config([{}]), "model_config[0].layer_name")
content(CONFIG, "20,000 layers", lambda: config([DENSE] * 20_000), "model_config", "too many entries")
content(CONFIG, "an input of 100 axes", config([DENSE], [2] * 100), "input_shape", "too many entries")
content(CONFIG, "an input of 10^18 numbers", config([DENSE], [10**9, 10**9]), "input_shape", "too large an output")
content(CONFIG, "an output of 10^12 numbers", config([{"layer_name": "Dense", "units": 10**7}], [10**5, 1]),
        "model_config[0]", "too large an output")  # fmt: skip
content(CONFIG, "100 MB of spaces", lambda: " " * 10**8, "config.json", "too large")
content(CONFIG, "100 MB of layers", lambda: config([DENSE] * (10**8 // 36)), "config.json", "too large")
content(CONFIG, "15 MB of empty objects", lambda: "[" + "{}," * 5_000_000 + "{}]", "config.json", "too many values")
content(CONFIG, "nesting of 100,000 lists", "[" * 100_000, "config.json", "nested too deeply")
content(CONFIG, "nesting of 40 lists", "[" * 40 + "]" * 40, "config.json", "nested too deeply")
content(CONFIG, "an integer of 10,000 digits", f'{{"model_config": [{"9" * 10_000}]}}', "config.json", "no JSON")
content(CONFIG, "a lone surrogate", config([{**DENSE, "name": "\ud800"}]), "model_config[0].name", "half a character")
content(CONFIG, "a lone surrogate as bytes", '{"model_config": "\ud800"}', "config.json", "no JSON")
content(CONFIG, "bytes that are no UTF-8", b'{"model_config": "\xff"}', "config.json", "no JSON")
content(CONFIG, "UTF-16", config([DENSE]).encode("utf-16"), "config.json", "no JSON")
content(CONFIG, "a key twice", '{"input_shape": [3], "input_shape": [4]}', "input_shape", "twice")
content(CONFIG, "a key with an escape", '{"\\u001b[2J": 1}', "config.json", r"\x1b", "control characters")
content(CONFIG, "two layers of one name", config([{**DENSE, "name": "a"}] * 2), "model_config", "same name")
content(CONFIG, "NaN", '{"model_config": [], "input_shape": [NaN]}', "input_shape[0]", "no finite number")
content(CONFIG, "1e400", '{"model_config": [], "input_shape": [1e400]}', "input_shape[0]", "no finite number")
content(
    CONFIG, "text of 1 MB", lambda: json.dumps({"model_config": "x" * 10**6}), "model_config", "text without an end"
)


def models(count: int = 2, **changed: Any) -> dict[str, Any]:
    """The content of a model_configs.json: a grid of one hyper-parameter; `changed` is put into the first model."""
    found = {
        str(number): {
            "hparams": {"a": {"possible_values": list(range(count)), "current_value": number}},
            "metrics": {"train_acc": 1.0, "test_acc": 0.5},
        }
        for number in range(count)
    }
    for key, value in changed.items():
        found["0"][key] = value
    return found


def reference(name: str, entries: Any, *words: str) -> None:
    """A model_configs.json."""
    content(REFERENCE, name, json.dumps(entries), "model_configs.json", *words)


def many_values() -> str:
    possible = {f"h{number}": {"possible_values": list(range(20)), "current_value": 0} for number in range(10)}
    return json.dumps({str(n): {"hparams": possible, "metrics": models()["0"]["metrics"]} for n in range(2)})


ACCURACIES = (-0.1, 1.01, 95, True, None, "0.5", [0.5], 10**400, float("nan"), float("inf"))
for value in ACCURACIES:
    shown = "10^400" if value == 10**400 else repr(value)
    reference(f"an accuracy of {shown}", models(metrics={"train_acc": value, "test_acc": 0.5}), "metrics.train_acc")
reference("no models", {}, "no models")
reference("a list of models", [1], "no models")
reference("a model of null", {"0": None}, "hparams")
reference("no accuracies", models(metrics=None), "metrics.train_acc")
reference("no hyper-parameters", models(hparams={}), "hparams")
reference("a hyper-parameter of 3", models(hparams={"a": 3}), "hparams.a")
reference("a hyper-parameter without values", models(hparams={"a": {"current_value": 1}}), "hparams.a")
reference("possible values as text", models(hparams={"a": {"current_value": 1, "possible_values": "ab"}}), "hparams.a")
reference("a list as a value", models(hparams={"a": {"current_value": [1], "possible_values": [[1]]}}), "hparams.a")
reference("100 hyper-parameters", models(hparams={f"h{n}": {"current_value": 1, "possible_values": [1]}
                                                  for n in range(100)}), "too many hyper-parameters")  # fmt: skip
reference("other hyper-parameters", models(hparams={"b": {"current_value": 1, "possible_values": [1]}}), "hparams")
reference("a value that is not possible", models(hparams={"a": {"current_value": 7, "possible_values": [0, 1]}}), "a")
reference("a model twice", {**models(), "model_0": models()["0"]}, "model_0", "twice")
reference("a model's name with an escape", {"\x1b[2Jmodel": models()["0"]}, r"\x1b", "control characters")
reference("a model's name of two lines", {"model_0\nerror: x": models()["0"]}, r"\n", "control characters")
reference("a model's name that turns the line", {"model_\u202e0": models()["0"]}, r"\u202e", "control characters")
content(REFERENCE, "10 hyper-parameters of 20 values", many_values, "model_configs.json", "not unique")
content(
    REFERENCE,
    "an incomplete grid of 20^10 models",
    lambda: many_values().replace('"current_value": 0', '"current_value": 1', 1),
    *("model_configs.json", "not complete", "10240000000000"),
)


def predictions(name: str, value: Any, *words: str) -> None:
    """A .predict file whose first model has this value."""
    values = {f"model_{number}": float(number) for number in range(4)}
    content(PREDICT, name, json.dumps({**values, "model_0": value}), "t.predict", *words)


for value in (True, False, None, "high", "", "exceeded", [1.0], {"value": 1.0}):
    predictions(f"a value of {value!r}", value, "model_0", "no number")
for value in (float("nan"), float("inf"), float("-inf")):
    predictions(f"a value of {value!r}", value, "model_0", "no finite number")
predictions("an integer of 400 digits, negative", -BIG, "model_0", "no finite number")
predictions("10^300 + 1 beside small numbers", 10**300 + 1, "no float holds exactly")
predictions("EXCEEDED", "EXCEEDED", "model_0", "ran out of time")
content(PREDICT, "1e400", '{"model_0": 1e400}', "model_0", "no finite number")
content(PREDICT, "no models", "{}", "t.predict", "no predictions")
content(PREDICT, "a list", "[1, 2]", "t.predict", "no predictions")
content(PREDICT, "nothing", "", "t.predict", "no JSON")
content(PREDICT, "a model twice", '{"model_0": 1, "model_0": 2}', "model_0", "twice")
content(PREDICT, "an unknown model", '{"model_9": 1}', "t.predict", "model_9 unknown")
content(PREDICT, "a name with an escape", json.dumps({"\x1b]0;x\x07": 1}), "t.predict", r"\x1b")
content(PREDICT, "a lone surrogate", '{"model_\\udfff": 1}', "t.predict", "half a character")
content(PREDICT, "a name of 1 MB", lambda: json.dumps({"m" * 10**6: 1}), "t.predict", "text without an end")
content(PREDICT, "nesting of 100,000 lists", '{"model_0": ' + "[" * 100_000, "t.predict", "nested too deeply")
content(PREDICT, "100 MB", lambda: json.dumps({"x" * 100: 1}) + " " * 10**8, "t.predict", "too large")


def measure(name: str, value: Any, *words: str) -> None:
    """A provenance whose measure has this name."""
    known = {"measure": value, "settings": {}, "task": "t", "data_sha256": "0"}
    content(PROVENANCE, name, json.dumps(known), "t.provenance.json", *words)


measure("a measure with a folder above", "../x", "measure", "a path")
measure("a measure with an absolute path", "/etc/x", "measure", "a path")
measure("a measure with a backslash", "..\\x", "measure", "a path")
measure("a measure with an escape", "x\x1b[31m", "measure", "control characters")
measure("a measure that is a list", ["angle"], "measure", "no name")
measure("a measure without a name", "", "measure", "no name")
measure("a hidden measure", ".x", "measure", "a path")
