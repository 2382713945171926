"""A folder is for one thing: what it is claimed for first, it stays."""

import json
from functools import partial

import pytest

from complexity.errors import InputError
from training.machine.folder import claim

CONTENT = {"what": {"name": "a", "sizes": (1, 2), "source": {"author": "x"}}, "where": "here"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "what.json"


@pytest.fixture
def claimed(file):
    """Claims the folder for the fields of `what`, whoever is their author."""

    def read():
        return json.loads(file.read_text())

    found = partial(claim, file, identity=("what",), read=read, held="another", aside=("what.source.author",))
    found(content=CONTENT)
    return found


def test_the_first_claim_is_written_and_the_same_one_passes(file, claimed):
    written = file.read_bytes()
    assert json.loads(written) == {**CONTENT, "what": {**CONTENT["what"], "sizes": [1, 2]}}
    claimed(content=CONTENT)
    claimed(content={**CONTENT, "where": "there"})
    claimed(content={**CONTENT, "what": {**CONTENT["what"], "source": {"author": "y"}}})
    assert file.read_bytes() == written


@pytest.mark.parametrize(
    ("change", "field", "contrast"),
    [
        ({"sizes": (1, 3)}, "what.sizes", "(expected [1, 3], found [1, 2])"),
        ({"source": {"author": "x", "year": 2}}, "what.source.year", "(expected 2)"),
        ({"source": "x"}, "what.source", "(expected x)"),
    ],
)
def test_another_claim_is_refused_with_the_field_that_differs(file, claimed, change, field, contrast):
    with pytest.raises(InputError) as caught:
        claimed(content={**CONTENT, "what": {**CONTENT["what"], **change}})
    assert str(caught.value) == f"{file}: {field}: the folder holds another; choose another --out {contrast}"


def test_what_is_no_mapping_holds_something_else(file, claimed):
    file.write_text("[]")
    with pytest.raises(InputError, match=r"what.name: the folder holds another; choose another --out \(expected a\)"):
        claimed(content=CONTENT)
