"""True gaps from files, and what is none."""

import numpy as np
import pytest

from complexity.errors import InputError
from pgdl_eval.ranking.order.consensus import consensus
from pgdl_eval.ranking.order.gaps import read_gaps


def test_accuracies_give_gaps_and_other_columns_make_a_grid(tmp_path):
    file = tmp_path / "gaps.csv"
    lines = [f"m{n},{0.9},{0.5 + n / 10},{n // 2},{n % 2},same" for n in range(4)]
    file.write_text("\n".join(["model,train_acc,test_acc,width,depth,other", *lines]))
    found = read_gaps(file)
    assert found.gaps["m3"] == pytest.approx(0.1)
    assert found.grid(["m0", "m1", "m2", "m3"]) == {"width": ("0", "0", "1", "1"), "depth": ("0", "1", "0", "1")}
    assert found.grid(["m0", "m1", "m2"]) is None  # a model of the grid is missing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,gap\na,1\n", "no gaps .expected the columns model and gap"),
        ("model,gap\na,1\na,2\n", "a: the model stands there twice"),
        ("model,gap\na,much\n", "a: gap: no number .found much"),
        ("", "no table can be read"),
    ],
)
def test_files_without_gaps_are_named(tmp_path, text, words):
    (tmp_path / "gaps.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_gaps(tmp_path / "gaps.csv")


def test_500_models_have_an_order_and_intervals():
    generator = np.random.default_rng(0)
    found = consensus(generator.standard_normal((5, 500)), 0.1 * generator.standard_normal((4, 5, 500)))
    assert sorted(found.places) == list(range(1, 501))
    assert (found.low <= found.places).all()
    assert (found.places <= found.high).all()
    assert found.method == "footrule"
