"""Where the time of `ingest` went."""

import pytest
from command_line import invoke

from complexity.timing import PHASES
from pgdl_eval.__main__ import commands
from pgdl_eval.measures import find_measure
from pgdl_eval.runner.ingestion import ingest

NAMES = ("angle", "distance")


def test_the_profile_says_of_each_measure_where_time_went_and_changes_no_value(stored_task, tmp_path):
    measures = [find_measure(name) for name in NAMES]
    plain = ingest(stored_task.parent, tmp_path / "plain", measures)
    timed = ingest(stored_task.parent, tmp_path / "timed", measures, profile=True)
    assert plain.profile == {}
    assert list(timed.profile) == list(NAMES)
    assert all(tuple(phases) == PHASES for phases in timed.profile.values())
    assert all(timed.profile["angle"][name] > 0 for name in PHASES)
    only_other = ("building", "forward", "decomposition")
    assert sum(timed.profile["distance"][name] for name in only_other) < timed.profile["distance"]["other"]
    assert timed.profile["distance"]["forward"] == timed.profile["distance"]["decomposition"] == 0
    for name in NAMES:
        files = [tmp_path / run / name / "digits.predict" for run in ("plain", "timed")]
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_prints_a_table_with_a_row_a_measure(stored_task, tmp_path, workers):
    arguments = ["--measure", "angle", "--measure", "distance", "--profile", "--workers", workers]
    done = invoke(commands, "ingest", stored_task.parent, tmp_path / "out", *arguments)
    assert done.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in done.stderr.splitlines() if line.strip()}
    assert rows["measure"] == [*PHASES, "all"]
    for name in NAMES:
        seconds = [float(text) for text in rows[name]]
        assert sum(seconds[:-1]) == pytest.approx(seconds[-1], abs=0.03)
    without = invoke(commands, "ingest", stored_task.parent, tmp_path / "more", "--measure", "angle")
    assert "Seconds by measure" not in without.stderr
