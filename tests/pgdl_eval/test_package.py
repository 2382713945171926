"""Submissions for the starter kit."""

import ast
import os
import re
import stat
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from complexity.errors import InputError, InputWarning
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
from complexity.measures.combination import resolve
assert inspect.getfullargspec(complexity).args == ["model", "dataset"]
import complexity as package
print(package.__file__.startswith(sys.argv[1]), resolve(submitted.MEASURE).name)
"""

# A network of NumPy alone, and images.
NETWORK = """
import numpy as np
from complexity.models import TrainedModel
class Network(TrainedModel):
    name = "network"
    features = lambda self, inputs: np.maximum(inputs.reshape(len(inputs), -1) @ self.weights()[0], 0)
    logits = lambda self, inputs: self.features(inputs)[:, :10]
    weights = kernels = lambda self: [np.random.default_rng(1).standard_normal((64, 20)).astype(np.float32)]
    initial_weights = lambda self: [np.zeros((64, 20), np.float32)]
rng = np.random.default_rng(0)
data = rng.random((50, 8, 8, 1), dtype=np.float32), rng.integers(0, 10, 50)
"""


def run_in_kit(script, folder):
    """The output of a script whose first argument is the unpacked submission; no checkout is on its path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-P", "-c", script, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.stderr == ""
    return done.stdout


no_images_in_toy_task = pytest.mark.filterwarnings("ignore:.* needs images. on the starter kit's own toy task")
packages_of_the_kit = pytest.mark.filterwarnings("ignore:.* needs the package .*. where the kit runs without it")


@no_images_in_toy_task
@packages_of_the_kit
@pytest.mark.parametrize("name", all_measures())
def test_the_submission_of_every_measure_imports_in_a_bare_interpreter(name, tmp_path):
    package(name, tmp_path / "submission.zip")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
        assert archive.read("metadata").decode().startswith(f"description: {name} (")
    assert run_in_kit(KIT, tmp_path / "unpacked").split() == ["True", name]


@no_images_in_toy_task
@pytest.mark.parametrize("name", ["pseudo_validation+angle", "distance+angle"])
def test_the_submission_of_a_combination_computes_its_stand_in_and_says_so(name, tmp_path):
    package(name, tmp_path / "submission.zip")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
        assert "a weighted sum for one model at a time" in archive.read("metadata").decode()
        assert ("distance.py" in archive.namelist()) == name.startswith("distance")
    script = f"{KIT}\n{NETWORK}\nvalue = complexity(Network(), data)\nprint(float(value), value.details['stand_in'])"
    value, says = run_in_kit(script, tmp_path / "unpacked").splitlines()[-1].split(" ", 1)
    here: dict = {}
    exec(NETWORK, here)
    first, second = (find_measure(part)(here["Network"](), here["data"]) for part in name.split("+"))
    expected = np.log(1 + first) / 25 if name.startswith("distance") else -first
    assert float(value) == pytest.approx(expected + 0.05 * second / 90, rel=1e-6)
    assert says == "weighted sum for one model; the exact aggregation ranks a whole list"


def test_the_same_measure_gives_the_same_file(tmp_path):
    for name in ("first.zip", "second.zip"):
        package("angle", tmp_path / name)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_the_command_writes_the_submission_and_says_so(tmp_path):
    arguments = ["package", "--measure", "angle", "--out", str(tmp_path / "new" / "submission.zip")]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'new' / 'submission.zip'}: angle\n")
    assert zipfile.is_zipfile(tmp_path / "new" / "submission.zip")
    arguments[2] = "distance+angle"
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.output.endswith("submission.zip: distance+angle, its stand-in for one model at a time\n")


def test_every_file_of_a_submission_is_readable_by_all(tmp_path):
    package("distance", tmp_path / "submission.zip")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        rights = {stat.filemode(entry.external_attr >> 16)[1:] for entry in archive.infolist()}
    assert rights == {"rw-r--r--"}


def test_a_measure_that_fails_on_the_kits_own_task_is_packaged_with_a_warning(tmp_path):
    path = tmp_path / "submission.zip"
    text = "pseudo_validation+angle needs images: on the starter kit's own toy task, points of three numbers, it fails"
    with pytest.warns(InputWarning, match=f"^{re.escape(text)}$") as given:
        package("pseudo_validation+angle", path)
    assert [one.filename for one in given] == [__file__]
    arguments = ["package", "--measure", "pseudo_validation+angle", "--out", str(path)]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.output.splitlines()[0] == f"warning: {text}"
    package("sharpness", path)  # the task has labels


def test_a_measure_that_needs_a_package_is_packaged_with_a_warning_that_names_it(tmp_path):
    path = tmp_path / "submission.zip"
    for name in ("alpha", "angle+alpha"):
        text = f"{name} needs the package powerlaw: where the kit runs without it, it fails"
        with pytest.warns(InputWarning, match=f"^{re.escape(text)}$"):
            package(name, path)
        done = CliRunner().invoke(commands, ["package", "--measure", name, "--out", str(path)], catch_exceptions=False)
        assert done.output.splitlines()[0] == f"warning: {text}"


@packages_of_the_kit
@no_images_in_toy_task
@pytest.mark.parametrize("name", [name for name in all_measures() if "+" not in name])
def test_the_packages_that_a_measure_imports_are_those_that_it_declares(name, tmp_path):
    """Of all modules in its submission: what is imported there beside Python's own, NumPy, SciPy and frameworks."""
    package(name, tmp_path / "submission.zip")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        own = {file.removesuffix(".py") for file in archive.namelist() if "/" not in file}
        sources = [archive.read(file) for file in archive.namelist() if file.endswith(".py") and "/" not in file]
    trees = [one for source in sources for one in ast.walk(ast.parse(source))]
    imported = {one.name for tree in trees if isinstance(tree, ast.Import) for one in tree.names}
    imported |= {tree.module for tree in trees if isinstance(tree, ast.ImportFrom) and not tree.level}
    tops = {one.partition(".")[0] for one in imported} - own - sys.stdlib_module_names
    assert tops - {"complexity", "numpy", "scipy"} == set(find_measure(name).packages)


def test_an_unknown_measure_is_an_error_that_suggests_the_nearest():
    with pytest.raises(
        InputError, match=r"^measure: no such measure; did you mean angle\? \(expected one of (.+, )?angle"
    ):
        find_measure("angel")


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"submission.zip: the file cannot be written"):
        package("angle", tmp_path / "file" / "submission.zip")


def test_what_a_crash_left_is_removed_by_the_next_run(tmp_path):
    (tmp_path / ".submission.zip.abcdefgh.part").write_bytes(b"half of it")
    package("angle", tmp_path / "submission.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["submission.zip"]
