"""Modules of strangers' measures, on the path."""

# The models come as they are stored, so that no process imports Keras.
HEAD = """
import os, sys, time, types, warnings
from complexity.errors import InputWarning
import pgdl_eval.keras_models as keras_models

keras_models.build, keras_models.clear_session = lambda stored: stored, lambda: None
keras_models.keras_package = lambda: types.SimpleNamespace(__name__="none", __version__="0")
"""


def write_strangers(folder, monkeypatch, functions):
    """Write a module of functions, and return its name, which is new for each folder."""
    name = f"strangers_{folder.name}"
    (folder / f"{name}.py").write_text(HEAD + functions)
    monkeypatch.syspath_prepend(folder)
    import pgdl_eval.keras_models as keras_models

    for attribute in ("build", "clear_session", "keras_package"):  # what importing the module replaces, put back
        monkeypatch.setattr(keras_models, attribute, getattr(keras_models, attribute))
    return name
