"""Run the main job on the embedded sample."""

from __future__ import annotations

from pathlib import Path

from complexity.errors import InputError

from ..measures import find_measure
from ..runner.ingestion import ingest
from ..runner.progress import model_progress

FOLDER = Path(__file__).resolve().parent
OUTPUT = Path("sample_output")
# What the first run computes, the angle first; each takes seconds for all models of the sample.
MEASURES = ("angle", "distance", "vc_dimension")


def run_sample(output: Path = OUTPUT, *, quiet: bool = False) -> tuple[Path, Path]:
    """Compute the measures of the sample's models and return the folders of references and of predictions."""
    predictions = output / "predictions"
    measures = [find_measure(name) for name in MEASURES]
    with model_progress(quiet=quiet) as progress:
        outcome = ingest(FOLDER, predictions, measures, say=progress.say, step=progress.step)
    if outcome.failures:
        raise InputError("the embedded sample could not be computed", file=FOLDER, found=outcome.failures[0][-1])
    return FOLDER, predictions
