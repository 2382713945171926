"""The part of the starter kit's ingestion program that submissions depend on, written from its description.

Run by test_kit.py in an empty folder, once a Keras. Arguments: a task folder, a folder that holds unpacked submissions
under their measures' names, and the file that gets {measure: {model: value}}. What it does as the kit does: layers are
wrapped and note their input, models take `tape=` and are built with a batch of 0, the session is cleared before each
model, functions run eagerly, models come in the order of their names as text, the data set is one object for all.
"""

import inspect
import json
import os
import sys
from pathlib import Path

import tensorflow as tf

if os.environ.get("TF_USE_LEGACY_KERAS") == "1":
    import tf_keras as keras
else:
    import keras

task, submissions, output = map(Path, sys.argv[1:4])
tf.config.run_functions_eagerly(True)


def wrapped(layer_class):
    class Wrapped(layer_class):
        def __call__(self, x, *args, **kwargs):
            self._last_seen_input = x
            return super().__call__(x, *args, **kwargs)

    return Wrapped


class Sequential(keras.Sequential):
    def __call__(self, x, *args, tape=None, **kwargs):
        if tape is not None:
            tape.watch(x)
        return super().__call__(x, *args, **kwargs)


def load_model(folder):
    config = json.loads((folder / "config.json").read_text())
    layers = []
    for layer in config["model_config"]:
        kind = layer.pop("layer_name")
        layers.append(wrapped(getattr(keras.layers, kind))(**layer))
    model = Sequential(layers)
    model.build([0, *config["input_shape"]])
    model.load_weights(folder / "weights_init.hdf5")
    model.initial_weights = model.get_weights()
    model.load_weights(folder / "weights.hdf5")
    return model


def load_data(folder):
    def parse(record):
        kinds = {name: tf.io.FixedLenFeature([], tf.string) for name in ("inputs", "output")}
        example = tf.io.parse_single_example(record, kinds)
        return tf.io.parse_tensor(example["inputs"], tf.float32), tf.io.parse_tensor(example["output"], tf.int32)

    files = [str(file) for file in folder.glob("*.tfrecord")]
    return tf.data.TFRecordDataset(sorted(files)).map(parse)


def submission(folder):
    """`complexity` of the submission in this folder; nothing of another one stays imported."""
    names = {file.stem for other in submissions.iterdir() for file in other.glob("*.py")} | {"complexity"}
    for module in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[module]
    sys.path.insert(0, str(folder))
    try:
        from complexity import complexity
    finally:
        sys.path.remove(str(folder))
    return complexity


data, values = load_data(task / "dataset_1" / "train"), {}
for folder in sorted(submissions.iterdir()):
    sys.path.insert(0, str(folder))  # measures are imported on the first call
    complexity = submission(folder)
    assert inspect.getfile(complexity).startswith(str(folder)), inspect.getfile(complexity)
    more = {"program_dir": str(folder)} if "program_dir" in inspect.signature(complexity).parameters else {}
    found = values[folder.name] = {}
    for name in sorted(one.name for one in task.glob("model_*") if one.is_dir()):
        keras.backend.clear_session()
        found[name] = float(complexity(load_model(task / name), data, **more))
    sys.path.remove(str(folder))
output.write_text(json.dumps(values))
