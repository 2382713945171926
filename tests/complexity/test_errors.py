"""Messages for bad input."""

from functools import partial

import pytest

from complexity.errors import InputError, InputWarning, collected_warnings, first_line, unknown_name, warn


def test_an_error_names_the_place_and_what_was_expected_and_found_there():
    error = InputError("too few", file="a.json", model="model_1", field="units", expected=3, found=2)
    assert str(error) == "a.json: model_1: units: too few (expected 3, found 2)"
    assert str(InputError("too few")) == "too few"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("angel", "measure: no such measure; did you mean angle? (expected one of angle, distance, found angel)"),
        ("ANGLE", "measure: no such measure (expected one of angle, distance, found ANGLE)"),
        ("", "measure: no such measure (expected one of angle, distance, found )"),
    ],
)
def test_an_unknown_name_is_an_error_that_suggests_the_nearest(name, message):
    assert str(unknown_name("measure", name, ("distance", "angle"))) == message


def test_an_error_gets_the_parts_of_its_place_that_were_not_yet_known():
    error = InputError("too few", model="model_1")
    assert str(error.at(file="a.json", model="model_2")) == "a.json: model_1: too few"
    assert str(error.replaced(model="model_2", field="units")) == "model_2: units: too few"


def caller(module):
    """A function of a module of this name and file that calls what it is given."""
    space: dict = {"__name__": module}
    exec(compile("def call(function):\n    return function()\n", f"/{module}.py", "exec"), space)
    return space["call"]


def test_a_warning_points_to_the_first_line_outside_the_packages():
    measure, baseline, library = caller("complexity.measures.x"), caller("baselines.y"), caller("torch.nn")
    inside = partial(baseline, partial(measure, partial(warn, "doubtful")))
    with pytest.warns(InputWarning, match=r"^doubtful$") as given:
        library(inside)
    assert [one.filename for one in given] == ["/torch.nn.py"]
    with pytest.warns(InputWarning, match=r"^doubtful$") as given:
        inside()
    assert [one.filename for one in given] == [__file__]


def test_warnings_are_collected_where_they_are_given_all_the_same():
    def inner():
        with collected_warnings() as texts:
            warn("second")
        return texts

    def outer():
        with collected_warnings() as texts:
            warn("first")
            return texts, inner()

    with pytest.warns(InputWarning, match=r"^(first|second)$") as given:
        found = outer()
    assert found == (["first", "second"], ["second"])
    assert [str(one.message) for one in given] == ["first", "second"]


def test_what_an_error_says_is_its_first_line_or_its_kind():
    assert first_line(ValueError(" too large\nsee the manual")) == "too large"
    assert first_line(ValueError("")) == "ValueError"
