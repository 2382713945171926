"""Every bad input ends in one error that names the file and the place, soon and in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))

from hostile.cases import load

from complexity.errors import escaped

CASES = load()
# An answer is due in a second and 200 MB on a machine that does nothing else; see the table in docs/reliability.md.
MOST_SECONDS, MOST_MEGABYTES = 10, 200


@pytest.fixture(scope="module")
def outcomes():
    """What came of each case."""
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("run.py")], capture_output=True, text=True, check=True
    )  # fmt: skip
    found = map(json.loads, run.stdout.splitlines())
    return {f"{one['kind']}: {one['name']}": one for one in found}


def test_there_are_a_hundred_bad_inputs_and_more_from_every_kind_of_file():
    assert len(CASES) > 250
    assert {case.kind for case in CASES.values()} == {
        "config.json", "model_configs.json", ".predict", "provenance", "shards", "weights", "ONNX", "arrays",
        "submission",
    }  # fmt: skip


def test_the_document_has_the_text_of_its_template():
    template = Path(__file__).with_name("reliability.md").read_text(encoding="utf-8")
    document = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
    fixed = [line for line in template.splitlines() if "{" not in line and "<!--" not in line]
    assert [line for line in fixed if line not in document.splitlines()] == []
    assert all(
        f"| {case.kind} | {escaped(case.name).replace('|', chr(92) + '|')} |" in document for case in CASES.values()
    )


def test_the_document_has_two_million_fuzzed_inputs_none_of_which_came_out_wrong():
    folder = Path(__file__).parents[2] / "docs"
    found = [json.loads(line) for line in (folder / "reliability" / "fuzzing.jsonl").read_text().splitlines()]
    assert sum(one["inputs"] for one in found) >= 2_000_000
    assert [one["target"] for one in found if one["wrong"]] == []
    document = (folder / "reliability.md").read_text(encoding="utf-8")
    assert all(f"| {one['target']} | {one['seed']} | {one['inputs']:,} |" in document for one in found)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_is_one_error_that_names_the_place(outcomes, name):
    case, found = CASES[name], outcomes[name]
    assert found["ended"] == ""
    assert found["type"] in (("InputError", "TimeExceeded") if case.words else ("",)), found
    assert [word for word in case.words if word not in found["error"]] == []
    assert not case.words or found["error"].startswith("FOLDER"), "the error names the file"
    assert "\n" not in found["error"]
    assert len(found["error"]) < 10_000
    assert found["seconds"] < MOST_SECONDS
    assert found["megabytes"] < MOST_MEGABYTES
