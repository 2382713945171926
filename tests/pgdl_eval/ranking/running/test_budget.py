"""Which measures fit into a budget, by trials of them."""

import pgdl_eval

MODULE = """
import time

calls = []


def measure(model, dataset):
    calls.append(model)
    time.sleep(2 if len(calls) == 1 else 0)  # as one that imports a package
    return float(len(calls))
"""


def test_a_first_trial_that_pays_for_imports_does_not_tell_what_all_models_take(zoo, tmp_path, monkeypatch):
    (tmp_path / "slow_at_first.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    networks = {f"{name} {copy}": network for name, network in zoo.networks.items() for copy in range(5)}
    table = pgdl_eval.rank(networks, zoo.train, measures=["slow_at_first:measure"], halves=0, budget="60s")
    assert table.attrs["measures"] == ["slow_at_first:measure"]
    assert table["slow_at_first:measure"].notna().all()  # 40 models, at two seconds each they would not have fitted
