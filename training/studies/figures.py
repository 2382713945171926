"""All studies of all runs below a folder: tables, figures, and what is missing."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from complexity.errors import unknown_name
from pgdl_eval.formats.atomic import write_json, write_text

from ..recipes.recipes import RECIPES
from ..runs.run_folder import find_runs
from . import (
    accuracy_and_angle,
    across_paradigms,
    agreement_parts,
    image_folder_cosines,
    layers,
    low_rank,
    model_data_angle,
    own_convergence,
    singular_values,
    top_vectors,
    value_distribution,
    well_trained_cosines,
    within_first_epoch,
)
from .cohort import Cohort, Member, Missing, cohorts
from .drawing import save, save_pdf
from .study import Study

MODULES = (
    well_trained_cosines, own_convergence, within_first_epoch, model_data_angle, accuracy_and_angle, singular_values,
    across_paradigms, agreement_parts, top_vectors, low_rank, value_distribution, layers, image_folder_cosines,
)  # fmt: skip
STUDIES: Mapping[str, Study] = {module.STUDY.name: module.STUDY for module in MODULES}
IDENTITY = ("recipe", "preset", "seed", "settings", "data", "code", "device", "versions")


@dataclass(frozen=True)
class Outcome:
    """What became of one study of one cohort.

    Attributes
    ----------
    cohort, study : their names; no study where the cohort as a whole lacks something.
    missing : what the runs lack; empty if the study is drawn.
    """

    cohort: str
    study: str
    missing: str = ""


def draw_studies(folder: Path, out: Path, name: str | None = None, data_dir: Path | None = None) -> Iterator[Outcome]:
    """Draw what the runs allow, into `out/COHORT/STUDY.{csv,pdf,png}`; `runs.json` there says which runs those are.

    `STUDY_all.pdf` stands beside where the figure leaves something out.

    Parameters
    ----------
    folder : of runs.
    out : of figures.
    name : of the only study to be drawn; all for None.
    data_dir : folder of data sets, for the labels of kept runs.

    Raises
    ------
    InputError
        If there is no such study or there are no runs.
    """
    if name is not None and name not in STUDIES:
        raise unknown_name("study", name, STUDIES)
    chosen = list(STUDIES.values()) if name is None else [STUDIES[name]]
    for cohort in cohorts(find_runs(folder), data_dir):
        yield from absent(cohort)
        for study in chosen if cohort.members else []:
            yield draw_one(study, cohort, out / cohort.name)
        if cohort.members:
            identities = [_identity(member, folder) for member in cohort.members]
            write_json(out / cohort.name / "runs.json", identities)


def draw_one(study: Study, cohort: Cohort, out: Path) -> Outcome:
    """Compute, draw and write one study."""
    try:
        frame = study.compute(cohort)
    except Missing as missing:
        return Outcome(cohort.name, study.name, str(missing))
    with no_garbage_collection():
        what = f"{cohort.name}: {study.title}"
        write_text(out / f"{study.name}.csv", frame.to_csv(index=False, float_format="%.6g"))
        save(study.draw(frame), out / study.name, what, study.headline(frame))
        if study.every is not None:
            save_pdf(study.every(frame), out / f"{study.name}_all", what)
    if study.summary is not None:
        write_text(out / f"{study.name}_summary.csv", study.summary(frame).to_csv(index=False, float_format="%.6g"))
    return Outcome(cohort.name, study.name)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Put the search for garbage off: a figure is made of a great many objects, all of them in use."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def absent(cohort: Cohort) -> Iterator[Outcome]:
    """Runs that are not finished, and recipes without a finished run."""
    for run in cohort.unfinished:
        yield Outcome(cohort.name, "", f"not finished: {run.path}")
    lacking = [recipe for recipe in RECIPES if recipe not in {member.recipe for member in cohort.members}]
    if lacking:
        yield Outcome(cohort.name, "", f"no finished run of {', '.join(lacking)}")


def _identity(member: Member, folder: Path) -> dict[str, object]:
    run, last = member.run, member.run.metrics()[-1]
    reached = {name: last[name] for name in ("epoch", "train_accuracy", "test_accuracy", "loss", "test_loss")}
    kept = {"kept": run.config["kept"]} if "kept" in run.config else {}
    parts = {part: run.config[part] for part in IDENTITY}
    return {"run": run.path.relative_to(folder).as_posix(), "reached": reached, **parts, **kept}
