"""What a user meets on top of the package."""

import doctest
import pickle
import subprocess
import sys

import pytest

import complexity as package
import pgdl_eval

FUNCTIONS = ("angle", "complexity", "layers", "p_vectors", "principal_angles", "singular_values")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_a_function_are_true(name):
    if name == "complexity":
        pytest.importorskip("torch")
    function = getattr(package, name)
    (found,) = doctest.DocTestFinder(recurse=False).find(function, name, globs={name: function})
    assert found.examples
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found).failed == 0


@pytest.mark.parametrize("name", pgdl_eval.__all__)
def test_the_examples_of_the_measures_by_name_are_true(name):
    pytest.importorskip("torch")
    function = getattr(pgdl_eval, name)
    assert (function.__module__, function.__qualname__) == ("pgdl_eval", name)
    (found,) = doctest.DocTestFinder(recurse=False).find(function, name, globs={name: function})
    assert found.examples
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found).failed == 0


def test_the_docstring_of_the_package_lists_what_it_offers():
    for name in package.__all__:
        assert name in package.__doc__, name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_public_name_and_can_be_pickled(name):
    function = getattr(package, name)
    assert (function.__module__, function.__qualname__) == ("complexity", name)
    assert pickle.loads(pickle.dumps(function)) is function


def test_importing_it_loads_neither_frameworks_nor_other_floors():
    foreign = ["torch", "tensorflow", "keras", "pandas", "h5py", "click", "pgdl_eval", "baselines", "training"]
    script = f"import complexity, sys; print([name for name in {foreign} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_importing_the_measures_by_name_loads_nothing_until_they_are_used():
    script = "import pgdl_eval, sys; print([name for name in ('numpy', 'pandas', 'complexity') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_fresh_interpreter_finds_the_packages_own_measures_by_name():
    script = "from complexity.measures.registry import find; print(find('angle').unit, find('pseudo_validation').unit)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "degrees share\n"


def test_the_package_itself_can_be_called():
    with pytest.raises(
        package.InputError, match=r"^model: the model is missing \(expected .*complexity\(model, data\)"
    ):
        package(None, None)
