"""No file is unpickled and no text of a file is run: read from the syntax trees of all packages."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("complexity", "pgdl_eval", "baselines", "training")
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))] + [ROOT / "setup.py"]

MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
NAMES = {"eval", "exec", "compile", "__import__"}
METHODS = {"extractall", "extract", "unpack_archive", "load_module", "unsafe_load", "full_load", "read_pickle"}
# What must be said at each call of a function that would unpickle, or run, what it is given.
REQUIRED = {("torch", "load"): ("weights_only", True), ("np", "load"): ("allow_pickle", False),
            ("numpy", "load"): ("allow_pickle", False)}  # fmt: skip
FORBIDDEN = {("yaml", "load"), ("os", "system"), ("torch", "hub"), ("keras", "load_model")}
# Files that this project wrote a moment ago for its own workers; NumPy's default is allow_pickle=False.
KNOWN = {("pgdl_eval/runner/workers.py", "np.load without allow_pickle=False")}


def faults(tree):
    """What a module does of these things."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            yield from (f"import {name}" for name in names if name.partition(".")[0] in MODULES)
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in NAMES:
            yield f"{function.id}()"
        if isinstance(function, ast.Attribute):
            owner = function.value.id if isinstance(function.value, ast.Name) else ""
            if function.attr in METHODS or (owner, function.attr) in FORBIDDEN:
                yield f".{function.attr}()"
            option, wanted = REQUIRED.get((owner, function.attr), ("", None))
            said = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
            if option and said.get(option) is not wanted:
                yield f"{owner}.{function.attr} without {option}={wanted}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_unpickles_or_runs_what_it_reads(file):
    place = file.relative_to(ROOT).as_posix()
    found = set(faults(ast.parse(file.read_text(encoding="utf-8"))))
    assert {fault for fault in found if (place, fault) not in KNOWN} == set()


@pytest.mark.parametrize(
    "text",
    ["import pickle", "from pickle import loads", "import dill as d", "eval('1')", "exec('1')", "yaml.load(f)",
     "torch.load(f)", "torch.load(f, weights_only=False)", "torch.load(f, weights_only=x)", "np.load(f)",
     "np.load(f, allow_pickle=True)", "archive.extractall(folder)", "pd.read_pickle(f)"],
)  # fmt: skip
def test_the_test_above_finds(text):
    assert list(faults(ast.parse(text)))


@pytest.mark.parametrize("text", ["torch.load(f, weights_only=True)", "np.load(f, allow_pickle=False)", "model.eval()"])
def test_the_test_above_lets_pass(text):
    assert not list(faults(ast.parse(text)))
