"""Writes the tables of docs/measures.md from docs/measures and docs/zoo: `python tests/evidence/measures_document.py`.

The records come from simulate_adds.py, noise_bands.py and public_predictions.py; published scores and grids are facts
with their sources. What stands outside the marks is written by hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evidence_records import FOLDER, ROOT, read

from pgdl_eval.metrics.evaluation import Evaluation, MeanScore
from pgdl_eval.report.text import UNDEFINED, number, p_text
from pgdl_eval.scoreboard import measure_folders, reference_files, scoreboard

FILE = ROOT / "docs" / "measures.md"
ZOO = ROOT / "docs" / "zoo"
KINDS = ("independent gaps", "gaps that follow the grid")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are numbers."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def standing(score: float, band: Mapping[str, Any]) -> str:
    """Where a published score stands: "above" the 95th percentile whatever the gaps, "within" it, or at its "edge"."""
    if "true gaps" in band:
        return "above" if score > band["true gaps"]["percentile_95"] else "within"
    limits = [limit for kind in KINDS for limit in band[kind]["percentile_95"][1:]]
    return "above" if score > max(limits) else "within" if score <= min(limits) else "edge"


def published_table(folder: Path) -> str:
    """Published scores, those above noise in bold, those at the edge in italics."""
    bands, rows = read("noise_bands", folder)["tasks"], []
    form = {"above": "**{:.2f}**", "edge": "*{:.2f}*", "within": "{:.2f}"}
    for one in read("published_scores", folder)["rows"]:
        scores = one["scores"]
        marked = [form[standing(scores[t], bands[t])].format(scores[t]) if t in scores else UNDEFINED for t in bands]
        above = sum(standing(score, bands[task]) == "above" for task, score in scores.items())
        rows.append([one["measure"], *marked, f"{above} of {len(scores)}"])
    rows.append(["random measures, 95%", *(_limits(band) for band in bands.values()), ""])
    sources = dict.fromkeys(one["source"] for one in read("published_scores", folder)["rows"])
    heads = ["measure", *(f"task {task}" for task in bands), "above noise"]
    return table(heads, rows) + "\n\nSources: " + "; ".join(sources) + "."


def bands_table(folder: Path) -> str:
    """Mean and 95th percentile of random measures by kind of gaps: mean over draws [least, largest]."""
    content = read("noise_bands", folder)
    heads = [
        "task",
        "models",
        *(f"{kind}, {part}" for kind in KINDS for part in ("mean", "95%")),
        "true gaps: mean, 95%",
    ]
    rows = []
    for task, band in content["tasks"].items():
        cells = [_range(band[kind][part]) for kind in KINDS for part in ("mean", "percentile_95")]
        known = band.get("true gaps")
        true = f"{known['mean']:.2f}, {known['percentile_95']:.2f}" if known else UNDEFINED
        rows.append([task, str(band["models"]), *cells, true])
    return table(heads, rows) + f"\n\nGrids: {read('published_grids', folder)['source']}."


def predictions_table(folder: Path) -> str:
    """Real measures on the competition's own models."""
    content = read("public_predictions", folder)
    heads = ["measure"]
    for task, of_task in content["tasks"].items():
        heads += [
            f"{task} ({of_task['models']} models): score",
            "Spearman",
            "adds [95%]",
            "p",
            "in plain ranks",
            "verdict",
        ]
    rows = []
    for measure, found in content["rows"].items():
        cells = [measure]
        for task, of_task in content["tasks"].items():
            one = found[task]
            ranked = of_task["partial_spearman"].get(measure)
            cells += [f"{one['score']:.2f}", _number(one["spearman"]), _adds(one), _p(one["adds_p"]), _number(ranked)]
            cells.append(one["verdict"])
        rows.append([*cells, *_mean_cells(found["mean"])])
    bands = [f"{task} {of['random_95']:.2f}" for task, of in content["tasks"].items()]
    return table([*heads, "mean", "adds", "p", "verdict"], rows) + f"\n\n95% of random measures: {', '.join(bands)}."


def between_table(folder: Path) -> str:
    """Spearman's correlations between measures: below the diagonal on the first task, above it on the second."""
    first, second = read("public_predictions", folder)["tasks"].values()
    names, rows = first["measures"], []
    order = [second["measures"].index(name) for name in names]
    for i, name in enumerate(names):
        cells = [
            "" if i == j else f"{first['spearman_between'][i][j]:+.2f}" if j < i
            else f"{second['spearman_between'][order[i]][order[j]]:+.2f}" for j in range(len(names))
        ]  # fmt: skip
        rows.append([name, *cells])
    return table(["", *names], rows)


def simulation_table(folder: Path) -> str:
    """How often a measure is significant, by what it is, and what its verdict is."""
    content, rows = read("adds", folder), []
    for one, bent in zip(content["rows"], content["bent_gaps"], strict=True):
        for kind, shares in one["shares"].items():
            cells = [_share(shares[name], 1) for name in ("normal scores", "ranks", "values")]
            cells.append(_share(bent["shares"][kind], 1))
            cells += [_share(shares[name], 1) for name in ("Spearman", "interval holds")]
            cells += [_share(shares[name], 0) for name in ("score above noise", "verdict above noise or reversed")]
            rows.append([kind, str(one["models"]), _share(one["explained"], 0), *cells])
    heads = [
        "measure",
        "models",
        "explained",
        "adds (normal scores)",
        "in plain ranks",
        "values as they are",
        "the same, gaps bent",
    ]
    heads += ["plain Spearman", "interval holds", "score above noise", "verdict above noise or reversed"]
    sizes = content["rows"][0]
    deviation = 100 * math.sqrt(0.05 * 0.95 / sizes["tasks"])
    note = (
        f"{sizes['tasks']} tasks a line (a rate of 5% has a standard error of {deviation:.1f}); scores and verdicts on "
    )
    return table(heads, rows) + f"\n\n{note}{sizes['scored']} of them. Seed {content['seed']}."


def zoo_table(_: Path) -> str:
    """What measures add on the mini zoos, by zoo and in the mean."""
    board = scoreboard(reference_files(ZOO / "reference"))
    for folder in measure_folders(ZOO / "predictions"):
        board.add(folder.name, {task: folder / f"{task}.predict" for task in board.names})
    rows = []
    for row in board.rows.values():
        found = [row.evaluations.get(task) for task in board.names]
        cells = [cell for one in found for cell in (_spearman(one), _cell(one))]
        mean = (
            [UNDEFINED] * 3 if row.mean is None else [_cell(row.mean), p_text(row.mean.adds.p_value), row.mean.verdict]
        )
        rows.append([f"`{row.measure}`", *cells, *mean])
    heads = [head for task in board.names for head in (f"{task}: Spearman", "adds [95%]")]
    return table(["measure", *heads, "mean adds", "p", "verdict of the mean"], rows)


TABLES: Mapping[str, Callable[[Path], str]] = {
    "published": published_table,
    "bands": bands_table,
    "predictions": predictions_table,
    "between": between_table,
    "simulation": simulation_table,
    "zoo": zoo_table,
}


def with_tables(text: str, folder: Path = FOLDER) -> str:
    """The document with each table between its marks."""

    def one(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n\n{TABLES[found[1]](folder)}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", one, text, flags=re.DOTALL)


def _limits(band: Mapping[str, Any]) -> str:
    if "true gaps" in band:
        return f"{band['true gaps']['percentile_95']:.2f}"
    limits = [limit for kind in KINDS for limit in band[kind]["percentile_95"][1:]]
    return f"{min(limits):.1f} to {max(limits):.1f}"


def _range(found: Sequence[float]) -> str:
    return f"{found[0]:.2f} [{found[1]:.2f}, {found[2]:.2f}]"


def _share(share: float, digits: int) -> str:
    return f"{100 * share:.{digits}f}%"


def _number(value: float | None) -> str:
    return UNDEFINED if value is None else number(value)


def _p(value: float | None) -> str:
    return UNDEFINED if value is None else p_text(value)


def _adds(found: Mapping[str, Any]) -> str:
    if found["adds_low"] is None:
        return _number(found["adds"])
    return f"{found['adds']:+.2f} [{found['adds_low']:+.2f}, {found['adds_high']:+.2f}]"


def _mean_cells(found: Mapping[str, Any]) -> list[str]:
    return [f"{found['score']:.2f}", _adds(found), _p(found["adds_p"]), found["verdict"]]


def _spearman(found: Evaluation | None) -> str:
    return UNDEFINED if found is None else number(found.spearman.value)


def _cell(found: Evaluation | MeanScore | None) -> str:
    if found is None:
        return UNDEFINED
    low, high = found.adds.interval.low, found.adds.interval.high
    return number(found.adds.value) + ("" if math.isnan(low) else f" [{low:+.2f}, {high:+.2f}]")


def main(file: Path = FILE) -> None:
    file.write_text(with_tables(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
