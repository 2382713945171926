"""Submissions for the starter kit."""

import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from complexity.errors import InputError
from pgdl_eval.__main__ import commands
from pgdl_eval.measures import all_measures, find_measure
from pgdl_eval.package import package

# What the kit does, with nothing but NumPy and SciPy at hand.
KIT = """
import inspect, sys
hidden = {"keras", "tensorflow", "tf_keras", "torch", "pandas", "h5py", "pgdl_eval", "baselines", "training"}
class Hiding:
    def __init__(self, finder): self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else self.finder.find_spec(name, path, target)
sys.meta_path = [Hiding(finder) for finder in sys.meta_path]
sys.path.append(sys.argv[1])
from complexity import complexity
from complexity import submitted
from complexity.measures import load
assert inspect.getfullargspec(complexity).args == ["model", "dataset"]
import complexity as package
print(package.__file__.startswith(sys.argv[1]), load(submitted.MEASURE).name)
"""


@pytest.mark.parametrize("name", all_measures())
def test_the_submission_of_every_measure_imports_in_a_bare_interpreter(name, tmp_path):
    package(name, tmp_path / "submission.zip")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
        assert archive.read("metadata").decode().startswith(f"description: {name} (")
    done = subprocess.run(
        [sys.executable, "-P", "-c", KIT, str(tmp_path / "unpacked")], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.stdout.split(), done.stderr) == (["True", name], "")


def test_the_same_measure_gives_the_same_file(tmp_path):
    for name in ("first.zip", "second.zip"):
        package("angle", tmp_path / name)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_the_command_writes_the_submission_and_says_so(tmp_path):
    arguments = ["package", "--measure", "angle", "--out", str(tmp_path / "new" / "submission.zip")]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'new' / 'submission.zip'}: angle\n")
    assert zipfile.is_zipfile(tmp_path / "new" / "submission.zip")


def test_an_unknown_measure_is_an_error_that_suggests_the_nearest():
    with pytest.raises(
        InputError, match=r"^unknown measure 'angel'; did you mean 'angle'\? \(expected one of (.+, )?angle"
    ):
        find_measure("angel")


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="the submission cannot be written"):
        package("angle", tmp_path / "file" / "submission.zip")
