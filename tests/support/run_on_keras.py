"""Prints the values of one stored model by every submission, on the Keras that the environment chooses.

Run by test_backends.py. Arguments: a folder that holds the unpacked submission of each measure under its name, a file
of weights and samples, and the packages that are as good as not installed.
"""

import json
import sys
from pathlib import Path

import numpy as np

blocked = {name for name in sys.argv[3].split(",") if name}


class Hiding:
    """A finder that does not find the blocked packages: they are as good as not installed."""

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in blocked else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path = [Hiding(finder) for finder in sys.meta_path]

if "tf_keras" not in blocked:
    import tf_keras as keras
else:
    import keras


def submission(folder):
    """What the starter kit calls, from this folder and nowhere else."""
    files = {file.stem for file in folder.glob("*.py")} | {"complexity"}
    for module in [name for name in sys.modules if name.partition(".")[0] in files]:
        del sys.modules[module]
    sys.path.insert(0, str(folder))
    import complexity

    assert complexity.__file__.startswith(str(folder))
    return complexity.complexity


def kit_model():
    """A model as the starter kit makes it: layers that note their input, a model that takes `tape`."""

    def wrapped(layer_class, *args, **kwargs):
        class Wrapped(layer_class):
            def __call__(self, x, *inner, **named):
                self._last_seen_input = x
                return super().__call__(x, *inner, **named)

        return Wrapped(*args, **kwargs)

    class Sequential(keras.Sequential):
        def __call__(self, x, tape=False, *args, **kwargs):
            if tape:
                tape.watch(x)
            return super().__call__(x, *args, **kwargs)

    layers = keras.layers
    return Sequential(
        [
            wrapped(layers.Conv2D, 6, 3, padding="same", activation="relu"),
            wrapped(layers.BatchNormalization),
            wrapped(layers.MaxPooling2D),
            wrapped(layers.Flatten),
            wrapped(layers.Dense, 12, activation="relu"),
            wrapped(layers.Dropout, 0.5),
            wrapped(layers.Dense, 4),
        ]
    )


def tf_dataset(inputs, labels):
    """Unbatched samples of unknown shape, as the kit's parsing of shards delivers them."""
    import tensorflow as tf

    records = tf.data.Dataset.from_tensor_slices(
        [
            tf.io.serialize_tensor(tf.constant(x)).numpy() + b"|" + str(int(y)).encode()
            for x, y in zip(inputs, labels, strict=True)
        ]
    )

    def parse(record):
        parts = tf.strings.split(record, "|", maxsplit=-1)
        return tf.io.parse_tensor(tf.strings.reduce_join(parts[:-1], separator="|"), tf.float32), tf.strings.to_number(
            parts[-1], tf.int32
        )

    return records.map(parse)


stored = np.load(sys.argv[2])
inputs, labels = stored["inputs"], stored["labels"]
model = kit_model()
model.build((0, 8, 8, 1))  # as the kit does
weights, initial = ([stored[f"{kind}_{i}"] for i in range(10)] for kind in ("weight", "initial"))
model.set_weights(weights)
model.initial_weights = initial
datasets = {"pair": (inputs, labels)}
if "tensorflow" not in blocked:
    import tensorflow as tf

    datasets["tf.data"] = tf_dataset(inputs, labels)
    datasets["reshuffled"] = datasets["tf.data"].shuffle(1000, reshuffle_each_iteration=True)
    datasets["batched"] = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(7)

model(inputs[:2], training=False)
attributes = {layer.name: sorted(vars(layer)) for layer in model.layers}
values = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    complexity = submission(folder)
    values[folder.name] = {form: complexity(model, dataset) for form, dataset in datasets.items()}
    assert complexity(model, (inputs, labels)) == values[folder.name]["pair"], folder.name
    assert {layer.name: sorted(vars(layer)) for layer in model.layers} == attributes, "attributes changed"
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True)), "weights changed"
print(json.dumps(values))
