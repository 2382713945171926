"""Names from files never become paths, and stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complexity.errors import InputError
from pgdl_eval.formats.file_names import check_name, file_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("angle", "angle"),
        ("distance+angle", "distance+angle"),
        ("angle[max_samples=100]", "angle[max_samples=100]"),
        ("my.package:function", "my.package.function"),
        ("task1_v4.angle.png", "task1_v4.angle.png"),
        ("Prüfung 3", "Prüfung 3"),
        ("x/../../../ESC2", "x%2F..%2F..%2F..%2FESC2"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("a\\b", "a%5Cb"),
        ("100%", "100%25"),
        ("two\nlines", "two%0Alines"),
        ("\x1b[2J", "%1B[2J"),
        ("\ud800", "%ED%A0%80"),
        ("", "%00"),
    ],
)
def test_a_name_is_one_part_of_a_path(name, expected):
    assert file_name(name) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_the_name_of_a_file(tmp_path_factory, name):
    found = file_name(name)
    assert found not in ("", ".", "..")
    assert not set(found) & set("/\\\0\n")
    assert not found.startswith(".")
    assert len(found.encode()) <= 200
    path = tmp_path_factory.getbasetemp() / found
    assert path.parent == tmp_path_factory.getbasetemp()
    path.touch()
    path.unlink()


@given(st.text(), st.text())
def test_two_names_are_two_files(one, other):
    assert (file_name(one) == file_name(other)) == (one.replace(":", ".") == other.replace(":", "."))


def test_long_names_keep_their_ending_and_stay_apart():
    one, other = (file_name(f"{'x' * 300}{number}.angle.png") for number in range(2))
    assert one != other
    assert one.endswith(".png")
    assert max(len(one), len(other)) <= 200


@pytest.mark.parametrize("name", ["angle", "distance+angle", "my.package:function", "angle[center=true]"])
def test_names_of_measures_are_taken(tmp_path, name):
    assert check_name(name, file=tmp_path, field="measure") == name


@pytest.mark.parametrize("name", ["a/b", "a\\b", "..", ".x", "", None, 3, ["x"], "x\x1b[0m", "\ud800", "x" * 900])
def test_other_names_are_errors(tmp_path, name):
    with pytest.raises(InputError, match="measure: "):
        check_name(name, file=tmp_path / "t.provenance.json", field="measure")
