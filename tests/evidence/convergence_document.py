"""Writes the tables of docs/convergence.md: `python tests/evidence/convergence_document.py [FIGURES]`.

FIGURES is what `pvector train figures docs/convergence/kept --data-dir DATA --out FIGURES` has drawn: its summaries,
runs and pictures, these in 128 colours, are first copied to docs/convergence/workstation. What stands outside the marks
is written by hand.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from evidence_records import ROOT, read
from measures_document import table
from PIL import Image

FILE = ROOT / "docs" / "convergence.md"
FOLDER = ROOT / "docs" / "convergence" / "workstation"
COLOURS = 128
SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
# What makes a run well-trained: accuracy on test images; of reconstruction, an error of at most this share of the
# pixels' variance. Contrastive networks are judged by a linear classifier.
BARS = {
    "mnist": {
        "resnet20": 0.99, "resnet18": 0.99, "vgg16": 0.99, "wide_resnet28": 0.99, "mlp": 0.98, "autoencoder": 0.1,
        "denoising_autoencoder": 0.1, "simclr": 0.97, "supcon": 0.99,
    },
    "cifar10": {
        "resnet20": 0.86, "resnet18": 0.86, "vgg16": 0.86, "wide_resnet28": 0.86, "mlp": 0.52, "autoencoder": 0.1,
        "denoising_autoencoder": 0.1, "simclr": 0.6, "supcon": 0.8,
    },
}  # fmt: skip
PAIRS = (
    "two seeds of resnet20", "supervised - supervised", "two seeds of autoencoder", "reconstruction - reconstruction",
    "contrastive - contrastive", "contrastive - supervised", "reconstruction - supervised",
    "contrastive - reconstruction", "data - supervised", "contrastive - data", "data - reconstruction",
)  # fmt: skip
CENTRING = ("uncentered", "centered")
CONVENTIONS = ("neither centered", "both centered", "data alone centered", "standardized inputs")
EPOCHS = (0, 1, 2, 3)
GROUPS = {"autoencoder": "reconstruction", "denoising_autoencoder": "reconstruction", "simclr": "contrastive",
          "supcon": "contrastive"}  # fmt: skip


@dataclass(frozen=True)
class Cohort:
    """The runs on one data set, and what the studies say of them."""

    name: str
    folder: Path

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a run: recipe, seed, and what it reached."""
        return pd.DataFrame([{**one, **one["reached"]} for one in read("runs", self.folder)])

    def summary(self, study: str) -> pd.DataFrame:
        """What the study leaves behind."""
        return pd.read_csv(self.folder / f"{study}_summary.csv")


def cohorts(folder: Path) -> list[Cohort]:
    """The data sets of which there are runs, in the order of `SETS`."""
    return [Cohort(name, folder / name) for name in SETS if (folder / name / "runs.json").exists()]


def runs_table(found: list[Cohort]) -> str:
    """Each recipe: what its runs reached, beside what was wanted."""
    rows = []
    for recipe in BARS["mnist"]:
        cells = [_reached(one, recipe) for one in found]
        rows.append([f"`{recipe}`", *(cell for pair in cells for cell in pair)])
    heads = [words for one in found for words in (f"{SETS[one.name]}: reached, %", "wanted")]
    return table(["recipe", *heads], rows)


def agreement_table(found: list[Cohort]) -> str:
    """The angles between well-trained P-vectors by kind of pair, beside chance and the same pairs untrained."""
    rows = []
    for one in found:
        frame = one.summary("well_trained_cosines")
        frame = frame[frame["matrix"] == "well-trained, train"].set_index(["centering", "pair"])
        for pair in PAIRS:
            if (CENTRING[0], pair) in frame.index:
                of_pair = [frame.loc[(centering, pair)] for centering in CENTRING]
                cells = [_degrees(of[name]) for of in of_pair for name in ("degrees", "chance", "untrained")]
                rows.append([f"{SETS[one.name]}, {pair} ({int(of_pair[0]['count'])})", *cells])
    heads = [words for centering in CENTRING for words in (centering, "chance", "untrained")]
    return table(["angle (pairs), degrees", *heads], rows)


def own_table(found: list[Cohort]) -> str:
    """The angle to the own last P-vector over the first epochs, means over runs."""
    rows = []
    for one in found:
        frame = one.summary("own_convergence")
        frame = frame[frame["quantity"].str.startswith("train")].set_index(["centering", "epoch"])
        for epoch in EPOCHS:
            of_epoch = [frame.loc[(centering, epoch)] for centering in CENTRING]
            cells = [_degrees(of[name]) for of in of_epoch for name in ("degrees", "chance")]
            rows.append([f"{SETS[one.name]}, epoch {epoch} ({int(of_epoch[0]['count'])})", *cells])
    heads = [words for centering in CENTRING for words in (centering, "chance")]
    return table(["to the own last P-vector (runs), degrees", *heads], rows)


def data_table(found: list[Cohort]) -> str:
    """Model against data by paradigm and convention: untrained, after the first epoch and at the end, beside chance."""
    rows = []
    for one in found:
        frame = one.summary("model_data_angle")
        frame = frame[frame["matrix"] == "train"]
        frame = frame.assign(group=frame["recipe"].map(GROUPS).fillna("supervised"))
        means = frame.groupby(["group", "convention"])[["untrained", "epoch_1", "last", "chance"]].mean()
        for group in ("supervised", "contrastive", "reconstruction"):
            for convention in CONVENTIONS:
                if (group, convention) in means.index:
                    cells = [_degrees(value) for value in means.loc[(group, convention)]]
                    rows.append([f"{SETS[one.name]}, {group}, {convention}", *cells])
    return table(["model against data, degrees", "untrained", "epoch 1", "last", "chance"], rows)


def accuracy_table(found: list[Cohort]) -> str:
    """Spearman's correlation of that angle with test accuracy, across runs given the epoch."""
    rows = []
    for one in found:
        frame = one.summary("accuracy_and_angle")
        frame = frame[frame["method"] == "given the epoch"].set_index("convention")
        rows += [
            [f"{SETS[one.name]}, {name}", f"{of['spearman']:+.2f}", f"{of['p_value']:.2f}", str(int(of["count"]))]
            for name, of in frame.iterrows()
        ]
    return table(["angle and test accuracy given the epoch", "Spearman", "p", "runs"], rows)


TABLES: dict[str, Callable[[list[Cohort]], str]] = {
    "runs": runs_table,
    "agreement": agreement_table,
    "own": own_table,
    "data": data_table,
    "accuracy": accuracy_table,
}


def with_tables(text: str, folder: Path = FOLDER) -> str:
    """The document with each table between its marks."""
    found = cohorts(folder)

    def one(mark: re.Match[str]) -> str:
        return f"<!-- table: {mark[1]} -->\n\n{TABLES[mark[1]](found)}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", one, text, flags=re.DOTALL)


def copy_figures(figures: Path, folder: Path = FOLDER) -> None:
    """Take over summaries and runs as they are, pictures in few colours."""
    for file in _wanted(figures):
        target = folder / file.relative_to(figures)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".png":
            Image.open(file).convert("RGB").quantize(COLOURS).save(target, optimize=True)
        else:
            shutil.copy(file, target)


def _wanted(figures: Path) -> Iterator[Path]:
    for pattern in ("*/*_summary.csv", "*/runs.json", "*/*.png"):
        yield from sorted(figures.glob(pattern))


def _reached(one: Cohort, recipe: str) -> tuple[str, str]:
    runs, wanted = one.runs[one.runs["recipe"] == recipe], BARS.get(one.name, {}).get(recipe)
    if runs.empty:
        return "not run", _percent([wanted]) if wanted else ""
    if "autoencoder" in recipe:
        return f"{_percent(runs['test_loss'])} of the variance", f"at most {_percent([wanted])}" if wanted else ""
    return _percent(runs["test_accuracy"]), _percent([wanted]) if wanted else ""


def _percent(values: Iterable[Any]) -> str:
    return ", ".join(f"{100 * value:.1f}".removesuffix(".0") for value in values)


def _degrees(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.1f}"


def main() -> None:
    if len(sys.argv) > 1:
        copy_figures(Path(sys.argv[1]))
    FILE.write_text(with_tables(FILE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
