"""The benchmark of the GPU route: tried small on the processor, and whole on a GPU where there is one."""

import importlib
import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: the GPU route is not tested")


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    return importlib.import_module("gpu")


def measured(benchmark, tmp_path, *words) -> dict:
    result = CliRunner().invoke(benchmark.main, ["--out", str(tmp_path / "gpu.json"), *words])
    assert result.exit_code == 0, result.output
    return json.loads((tmp_path / "gpu.json").read_text())


def test_the_command_works_small_on_the_processor_and_every_check_holds(benchmark, tmp_path):
    found = measured(benchmark, tmp_path, "--device", "cpu", "--small", "--recipe", "mlp")
    assert found["device"]["type"] == "cpu"
    assert found["small"]
    assert list(found["matrices"]) == ["features 500 x 256", "pixels 500 x 96"]
    assert len(benchmark.checks(found["matrices"])) == 4
    assert len(benchmark.checks(found["run"])) == 2
    assert found["within"]
    for routes in found["matrices"].values():
        assert routes["torch.linalg.svd"]["error"] < 0.1
    assert 0 < found["run"]["share of decomposition"] < 1


def test_a_check_that_fails_is_found_wherever_it_stands(benchmark):
    assert benchmark.checks(
        {"a": {"within": True}, "b": {"c": {"within": False, "d": {"within": True}}, "e": 1.0}}
    ) == [
        True,
        False,
        True,
    ]


@needs_gpu
def test_small_sizes_work_on_the_gpu(benchmark, tmp_path):
    assert measured(benchmark, tmp_path, "--device", "cuda", "--small")["within"]


@needs_gpu
def test_on_the_gpu_p_vectors_are_within_their_bounds_also_with_tf32_and_autocast_around(benchmark):
    device = benchmark.find_device("cuda")
    for matrix in benchmark.matrices(None, small=True).values():
        assert all(benchmark.checks(benchmark.measure_matrix(device, matrix)))
