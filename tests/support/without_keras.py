"""Imported in the process of a stranger: models and samples come as they are stored, so that no test needs Keras."""

import types

import pgdl_eval.keras_models as keras_models
import pgdl_eval.runner.submitted as submitted

keras_models.build, keras_models.clear_session = lambda stored: stored, lambda: None
keras_models.keras_package = lambda: types.SimpleNamespace(__name__="none", __version__="0")
submitted.as_in_kit = lambda model: model
submitted.as_dataset = lambda samples: list(zip(samples.inputs, samples.targets, strict=True))
