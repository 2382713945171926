"""Messages for bad input."""

import pytest

from complexity.errors import InputError, unknown_name


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
