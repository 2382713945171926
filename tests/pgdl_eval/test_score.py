"""The scoring command: files and exit status on good and bad input."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import invoke

from pgdl_eval.formats.reference import read_reference, write_reference
from pgdl_eval.score import main

ROOT = Path(__file__).resolve().parents[2]
MODELS = [f"model_{i}" for i in range(12)]


def write_task(folder, name="task", change=lambda content: None):
    rng = np.random.default_rng(0)
    path = folder / name / "model_configs.json"
    grid = {
        "depth": [1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3],
        "width": [8, 8, 8, 16, 16, 16] * 2,
        "rate": [0.0, 0.25, 0.5] * 4,
    }
    write_reference(path, MODELS, grid, np.ones(12), 1 - rng.random(12) / 2)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def write_values(folder, name="task", change=lambda values: None):
    values = {model: float(i % 5) + 0.1 * i for i, model in enumerate(MODELS)}
    change(values)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.predict").write_text(json.dumps(values))


@pytest.fixture
def folders(tmp_path):
    write_task(tmp_path / "ref")
    write_values(tmp_path / "res")
    return tmp_path


def only(value):
    return {"possible_values": list(range(12)), "current_value": value}


def read_csv(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def run(*arguments):
    return invoke(main, *arguments, columns=100)


def scores(folder):
    return dict(line.split(": ") for line in (folder / "scores.txt").read_text().splitlines())


def test_three_folders_give_the_official_files_and_the_report(folders):
    done = run(folders / "ref", folders / "res", folders / "out")
    assert done.exit_code == 0, done.output
    found = scores(folders / "out")
    assert list(found) == ["task_task_score", "task_average_score", "Duration"]
    assert found["Duration"] == "0"
    assert float(found["task_average_score"]) == pytest.approx(100 * float(found["task_task_score"]), abs=1e-9)
    names = {path.name for path in (folders / "out").iterdir()}
    written = {"report.html", "report.csv", "report.json", "within_groups.csv", "task.res.png"}
    assert names == {"scores.txt", "scores.html", *written}
    row = json.loads((folders / "out" / "report.json").read_text())["rows"][0]
    assert (row["models"], row["tied_models"], row["noise"]["measures"]) == (12, 0, 1000)
    line = read_csv(folders / "out" / "report.csv")[0]
    assert float(line["spearman.value"]) == pytest.approx(row["spearman"]["value"])
    assert (folders / "out" / "task.res.png").read_bytes().startswith(b"\x89PNG")
    assert "Spearman" in done.output


def test_without_pictures_all_else_is_the_same(folders):
    assert "--no-pictures" in run("--help").output
    many = folders / "many"
    for name in ("first", "second"):
        write_values(many / name)
    assert run(folders / "ref", many, folders / "out").exit_code == 0
    assert run(folders / "ref", many, folders / "bare", "--no-pictures").exit_code == 0
    both = [{f.relative_to(folders / name) for f in (folders / name).rglob("*")} for name in ("out", "bare")]
    assert both[0] - both[1] == {Path("task.first.png"), Path("task.second.png")}
    assert not both[1] - both[0]
    for name in ("report.csv", "within_groups.csv", "differences.csv", "first/scores.txt"):
        assert (folders / "out" / name).read_bytes() == (folders / "bare" / name).read_bytes()


def test_two_folders_are_codalabs_form(folders):
    assert run(folders, folders / "two").exit_code == 0
    assert run(folders / "ref", folders / "res", folders / "three").exit_code == 0
    assert scores(folders / "two") == scores(folders / "three")


def test_references_may_lie_below_reference_data_beside_what_macs_leave(folders):
    (folders / "codalab").mkdir()
    (folders / "ref").rename(folders / "codalab" / "reference_data")
    (folders / "codalab" / "reference_data" / "__MACOSX").mkdir()
    (folders / "codalab" / "reference_data" / ".DS_Store").write_text("")
    assert run(folders / "codalab", folders / "res", folders / "out").exit_code == 0


def test_several_measures_have_a_folder_and_a_row_each(folders):
    write_values(folders / "many" / "first")
    write_values(folders / "many" / "second", change=lambda values: values.update(model_0=99.0))
    assert run(folders / "ref", folders / "many", folders / "out").exit_code == 0
    rows = json.loads((folders / "out" / "report.json").read_text())["rows"]
    assert [(row["measure"], row["floor"]) for row in rows] == [
        ("first", False), ("second", False), ("hyper-parameters (floor)", True)
    ]  # fmt: skip
    assert scores(folders / "out" / "first") != scores(folders / "out" / "second")


def test_the_files_of_the_report_agree_and_say_which_rows_lie_within_the_noise(folders):
    write_task(folders / "ref", "other")
    reference = read_reference(folders / "ref" / "task" / "model_configs.json")
    gaps = dict(zip(reference.models, reference.gap.tolist(), strict=True))
    for name in ("task", "other"):
        write_values(folders / "many" / "right", name, lambda v: v.update(gaps))
        write_values(folders / "many" / "wrong", name, lambda v: v.update({m: -gap for m, gap in gaps.items()}))
        write_values(folders / "many" / "same", name, lambda v: v.update(dict.fromkeys(MODELS, 1.0)))
        write_values(folders / "many" / "weak", name)
    assert run(folders / "ref", folders / "many", folders / "out").exit_code == 0
    lines = {(line["task"], line["measure"]): line for line in read_csv(folders / "out" / "report.csv")}
    verdicts = {"right": "above noise", "wrong": "reversed", "same": "constant", "weak": "within noise"}
    for task in ("task", "other", "mean of 2 tasks"):
        assert {measure: lines[task, measure]["verdict"] for measure in verdicts} == verdicts
        assert lines[task, "hyper-parameters (floor)"]["floor"] == "True"
    assert (lines["task", "same"]["tied_models"], lines["task", "same"]["spearman.value"]) == ("12", "")
    report = json.loads((folders / "out" / "report.json").read_text())
    groups = read_csv(folders / "out" / "within_groups.csv")
    for row in report["rows"]:
        line = lines[row["task"], row["measure"]]
        assert float(line["granulated.by_hyperparameter.depth"]) == row["granulated"]["by_hyperparameter"]["depth"]
        assert float(line["sign_error.percentile_90"]) == row["sign_error"]["percentile_90"]
        assert float(line["selection.regret"]) == row["selection"]["regret"]
        found = [g for g in groups if (g["task"], g["measure"]) == (row["task"], row["measure"])]
        assert [(g["hyperparameter"], g["value"], int(g["models"])) for g in found] == [
            ("depth", "1", 6), ("depth", "3", 6), ("rate", "0.0", 4), ("rate", "0.25", 4), ("rate", "0.5", 4),
            ("width", "8", 6), ("width", "16", 6),
        ]  # fmt: skip
        assert [float(g["kendall.value"] or "nan") for g in found] == pytest.approx(
            [float("nan" if g["kendall"]["value"] is None else g["kendall"]["value"]) for g in row["within"]],
            nan_ok=True,
        )
    for mean in report["means"]:
        line = lines["mean of 2 tasks", mean["measure"]]
        assert float(line["score_interval.high"] or "nan") == pytest.approx(
            float("nan" if mean["score_interval"]["high"] is None else mean["score_interval"]["high"]), nan_ok=True
        )


def test_the_tables_fit_a_terminal_of_80_columns(folders):
    for name in ("pseudo_validation+angle", "measure"):
        write_values(folders / "many" / name)
    done = invoke(main, *(folders / name for name in ("ref", "many", "out")))
    lines = done.stdout.splitlines()
    tables = lines[: next(i for i, line in enumerate(lines) if "task_average_score" in line)]
    assert max(map(len, tables)) <= 80
    assert "\u2026" not in done.stdout
    for name, count in (("pseudo_validation+angle", 4), ("hyper-parameters (floor)", 3), ("random measures, mean", 2)):
        assert sum(line.startswith(f" {name} ") for line in tables) == count


def test_names_in_brackets_stand_in_the_tables_as_they_are(tmp_path):
    measure, task = "angle[layer=logits,k=1]", "[bold]task"
    write_task(tmp_path / "ref", task)
    write_values(tmp_path / "many" / measure, task)
    done = invoke(main, *(tmp_path / name for name in ("ref", "many", "out")), columns=120)
    assert f"{measure}: task_average_score " in done.stdout
    assert sum(line.startswith(f" {measure} ") for line in done.stdout.splitlines()) == 3
    assert sum(line.startswith(task) for line in done.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.pop("model_3"), "task.predict: model_3 missing: the models are not those of the reference "
                                     "(expected 12 models, found 11, 1 missing, 0 unknown)"),
        (lambda v: v.update(model_12=1.0), "task.predict: model_12 unknown: the models are not those of the reference "
                                           "(expected 12 models, found 13, 0 missing, 1 unknown)"),
        (lambda v: v.update(modle_3=v.pop("model_3")), "task.predict: model_3 missing, modle_3 unknown: the models are "
                                                       "not those of the reference (expected 12 models, found 12, 1 "
                                                       "missing, 1 unknown)"),
        (lambda v: v.update(model_3="high"), "task.predict: model_3: no number (expected a number or \"EXCEEDED\", "
                                             "found 'high')"),
        (lambda v: v.update(model_3=float("nan")), "task.predict: model_3: no finite number (found nan)"),
        (lambda v: v.update(model_3=float("inf")), "task.predict: model_3: no finite number (found inf)"),
        (lambda v: v.update(model_3=True), "task.predict: model_3: no number"),
    ],
)  # fmt: skip
def test_bad_predictions_fail_their_task_alone(folders, change, message):
    write_task(folders / "ref", "good")
    write_values(folders / "res", "good")
    write_values(folders / "res", change=change)
    done = run(folders / "ref", folders / "res", folders / "out")
    assert done.exit_code == 1
    assert message in done.stderr
    found = scores(folders / "out")
    assert found["task_task_score"] == "-0.999999000000"
    assert float(found["task_average_score"]) == pytest.approx(100 * float(found["task_good_score"]), abs=1e-9)


def test_a_model_that_stands_there_twice_is_an_error(folders):
    (folders / "res" / "task.predict").write_text('{"model_0": 1, "model_0": 2}')
    done = run(folders / "ref", folders / "res", folders / "out")
    assert done.exit_code == 1
    assert "task.predict: model_0: the entry stands there twice" in done.stderr


def test_exceeded_anywhere_makes_the_average_zero_and_leaves_the_line_out(folders):
    write_task(folders / "ref", "good")
    write_values(folders / "res", "good")
    write_values(folders / "res", change=lambda values: values.update(model_9="EXCEEDED"))
    done = run(folders / "ref", folders / "res", folders / "out")
    assert done.exit_code == 1
    assert "model_9: 1 models ran out of time" in done.stderr
    found = scores(folders / "out")
    assert list(found) == ["task_good_score", "task_average_score", "Duration"]
    assert float(found["task_average_score"]) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("3"), "the grid of hyper-parameters is not complete: 1 of 12 models are missing"),
        (lambda c: c["3"].update(hparams=c["4"]["hparams"]), "the grid of hyper-parameters is not unique: the same "
                                                             "values as model_3"),
        (lambda c: c["3"]["hparams"].pop("width"), "model_3: hparams: other hyper-parameters"),
        (lambda c: c["3"]["metrics"].pop("test_acc"), "model_3: metrics.test_acc: no accuracy"),
        (lambda c: c["3"]["hparams"]["depth"].update(current_value=7), "model_3: depth, rate, width: a value"),
        (lambda c: c.update(model_3=c["3"]), "model_3: the model stands there twice"),
        (lambda c: [c[m].update(hparams={"depth": only(int(m))}) for m in c],
         "hparams: the score conditions on pairs of hyper-parameters"),
    ],
)  # fmt: skip
def test_a_bad_reference_is_a_clear_error_and_no_task_means_a_zero(folders, change, message):
    write_task(folders / "ref", change=change)
    done = run(folders / "ref", folders / "res", folders / "out")
    assert done.exit_code == 1
    assert message in done.stderr
    assert "model_configs.json" in done.stderr
    assert scores(folders / "out") == {
        "task_task_score": "-0.999999000000",
        "task_average_score": "0.000000000000",
        "Duration": "0",
    }


def test_equal_gaps_are_said_and_scored_zero(folders):
    write_task(folders / "ref", change=lambda c: [c[m]["metrics"].update(test_acc=0.5) for m in c])
    done = run(folders / "ref", folders / "res", folders / "out")
    assert done.exit_code == 0, done.output
    assert "note: task: all models have the same gap: there is nothing to rank, and every score is 0" in done.output
    assert float(scores(folders / "out")["task_task_score"]) == 0


def test_values_written_as_text_are_the_same_values(folders):
    before = run(folders / "ref", folders / "res", folders / "out") and scores(folders / "out")
    write_task(folders / "ref", change=lambda c: [c[m]["hparams"]["width"].update(
        current_value=str(c[m]["hparams"]["width"]["current_value"])) for m in c])  # fmt: skip
    assert run(folders / "ref", folders / "res", folders / "again").exit_code == 0
    assert scores(folders / "again") == before


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (("--help",), {"numpy", "scipy", "pandas", "matplotlib", "rich", "h5py"}),
        (("ref", "res", "out", "--no-pictures", "--quiet"), {"scipy", "pandas", "matplotlib", "rich", "h5py"}),
        (("ref", "res", "out"), {"scipy", "pandas", "h5py"}),
    ],
)
def test_nothing_is_imported_before_it_is_used(folders, arguments, heavy):
    code = (
        "import sys, contextlib\n"
        "from pgdl_eval.score import main\n"
        "with contextlib.suppress(SystemExit): main(sys.argv[1:])\n"
        "print('imported:', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=folders, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = done.stdout.splitlines()[-1].split()
    assert imported[0] == "imported:"
    assert "click" in imported
    assert not heavy & set(imported)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "res", "out"), "nowhere: no such folder"),
        (("ref", "nowhere", "out"), "nowhere: no such folder"),
        (("ref", "ref", "out"), "ref: no predictions (expected task.predict, or MEASURE/task.predict)"),
        (("ref", "res", "res/task.predict"), "the file cannot be written"),
    ],
)
def test_folders_that_cannot_be_used_are_clear_errors(folders, arguments, message):
    done = run(*(folders / argument for argument in arguments))
    assert done.exit_code == 1
    assert message in done.stderr


def test_the_script_runs_from_any_folder_without_a_deep_learning_framework(folders):
    code = (
        "import sys, runpy; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as stop: assert stop.code == 0, stop.code\n"
        "assert not {'tensorflow', 'keras', 'torch', 'sklearn'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "pgdl_eval" / "score.py"), "ref", "res", "out"],
        cwd=folders, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "task_average_score" in done.stdout
