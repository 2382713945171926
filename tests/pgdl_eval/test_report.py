"""Files of the report: CSV as pandas writes it, and pictures that know nothing of each other."""

import io
import itertools
import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pgdl_eval.formats.predictions import write_predictions
from pgdl_eval.formats.reference import write_reference
from pgdl_eval.report.figure import png
from pgdl_eval.report.files import write_records, write_report
from pgdl_eval.report.scatter import ScatterSheet
from pgdl_eval.report.table1 import records
from pgdl_eval.scoreboard import scoreboard

GRIDS = {"first": (2, 2, 3), "equal gaps": (2, 4), 'few, "x"': (1, 4), "one": (9, 1)}


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """Tasks with ties, without, with equal gaps, with one that varies; measures of all kinds, one with a gap."""
    folder, rng = tmp_path_factory.mktemp("board"), np.random.default_rng(0)
    references = {name: folder / str(number) / "model_configs.json" for number, name in enumerate(GRIDS)}
    values = {}
    for name, sizes in GRIDS.items():
        cells = list(itertools.product(*map(range, sizes)))
        models = [f"model_{i}" for i in range(len(cells))]
        test = np.full(len(cells), 0.5) if name == "equal gaps" else rng.random(len(cells))
        hyperparameters = {f"h{axis}": [cell[axis] for cell in cells] for axis in range(len(sizes))}
        write_reference(references[name], models, hyperparameters, np.ones(len(cells)), test)
        values[name] = {
            "free": rng.random(len(cells)), "tied": rng.integers(0, 3, len(cells)), "constant": np.ones(len(cells)),
            "oracle": -test, 'a, "b"': 1e-9 * rng.random(len(cells)), "large": 1e200 * rng.random(len(cells)),
        }  # fmt: skip
    board = scoreboard(references)
    for measure in values["first"]:
        files = {}
        for task in list(GRIDS)[: 3 if measure == "free" else 4]:
            files[task] = folder / "predictions" / f"{len(board.rows)}.{list(GRIDS).index(task)}.predict"
            of_models = values[task][measure].tolist()
            write_predictions(files[task], {f"model_{i}": float(value) for i, value in enumerate(of_models)})
        board.add(measure, files)
    board.add_floor()
    board.add_comparisons()
    return board


def test_the_csv_files_are_those_of_pandas(board, tmp_path):
    write_report(tmp_path, board)
    lines = [{name: value for name, value in asdict(row).items() if name != "within"} for row in board.evaluations()]
    lines += [{"task": f"mean of {mean.tasks} tasks", **asdict(mean)} for mean in board.means()]
    table = pd.json_normalize(lines).drop(columns="tasks")
    assert (tmp_path / "report.csv").read_text() == table.convert_dtypes().to_csv(index=False)
    groups = [
        {"task": row.task, "measure": row.measure, "floor": row.floor, **asdict(group)}
        for row in board.evaluations() for group in row.within
    ]  # fmt: skip
    assert (tmp_path / "within_groups.csv").read_text() == pd.json_normalize(groups).to_csv(index=False)
    pairs = [asdict(one) for of_task in board.comparisons.values() for one in of_task]
    assert (tmp_path / "differences.csv").read_text() == pd.json_normalize(pairs).to_csv(index=False)
    of_table = records(list(board.rows.values()), list(board.tasks))
    write_records(tmp_path / "table1.csv", of_table)
    assert (tmp_path / "table1.csv").read_text() == pd.json_normalize(of_table).to_csv(index=False)


def test_the_report_holds_null_where_nothing_is_defined(board, tmp_path):
    write_report(tmp_path, board)
    report = json.loads((tmp_path / "report.json").read_text())
    (constant,) = (row for row in report["rows"] if (row["task"], row["measure"]) == ("first", "constant"))
    assert constant["spearman"] == {"value": None, "p_value": None, "interval": {"low": None, "high": None}}


def test_a_picture_does_not_depend_on_those_before_it(board, tmp_path):
    row, task = board.rows["free"].evaluations["first"], board.tasks["first"]
    sheet = ScatterSheet(task)
    for measure in ("large", "constant", 'a, "b"', "free"):
        of_row = board.rows[measure]
        sheet.write(tmp_path / "after.png", of_row.evaluations["first"], of_row.values["first"])
    ScatterSheet(task).write(tmp_path / "alone.png", row, board.rows["free"].values["first"])
    assert (tmp_path / "after.png").read_bytes() == (tmp_path / "alone.png").read_bytes()


def test_a_png_holds_its_pixels():
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    with Image.open(io.BytesIO(png(pixels))) as read:
        read.load()
        assert (read.format, read.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(np.asarray(read), pixels)
