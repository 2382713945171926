"""The engine's products on a device keep their digits, whatever the process has switched on.

A CPU rounds where autocast says so; whether it does by the switches of float32 products depends on its kind, so for
these what is tested is that they are off while the products are made, and afterwards as they were.
"""

import threading

import numpy as np
import pytest

from complexity import p_vectors

torch = pytest.importorskip("torch")
from complexity.pvectors import lanczos, pvector  # noqa: E402
from complexity.pvectors.sources.device import DeviceSource  # noqa: E402
from complexity.pvectors.sources.full_precision import full_precision  # noqa: E402

rng = np.random.default_rng(0)
MATRIX = torch.as_tensor(np.abs(rng.standard_normal((3000, 300), dtype=np.float32)))
NEW = hasattr(torch.backends.cuda.matmul, "fp32_precision")
OWNERS = (torch.backends, torch.backends.cuda.matmul, torch.backends.mkldnn.matmul) if NEW else ()


@pytest.fixture(autouse=True)
def on_a_device(monkeypatch):
    monkeypatch.setattr(pvector, "open_source", DeviceSource)
    monkeypatch.setattr(lanczos, "open_source", DeviceSource)
    yield
    torch.set_float32_matmul_precision("highest")
    for one in OWNERS:
        one.fp32_precision = "none"


def state():
    try:
        word = torch.get_float32_matmul_precision()
    except RuntimeError:
        word = None
    return [word, *(one.fp32_precision for one in OWNERS)]


def by_word():
    torch.set_float32_matmul_precision("medium")


def by_the_switch_of_all():
    torch.backends.fp32_precision = "tf32"


def by_the_switch_of_products():
    torch.backends.cuda.matmul.fp32_precision = "tf32"


def by_a_word_and_a_switch():
    torch.set_float32_matmul_precision("medium")
    torch.backends.mkldnn.matmul.fp32_precision = "ieee"


SETTINGS = [by_word, *([by_the_switch_of_all, by_the_switch_of_products, by_a_word_and_a_switch] if NEW else [])]


def test_autocast_changes_no_digit():
    expected = p_vectors(MATRIX, tolerance=1e-2)
    assert expected.route == "lanczos in float32"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert (MATRIX.T @ MATRIX).dtype == torch.bfloat16
        found = p_vectors(MATRIX, tolerance=1e-2)
        assert (MATRIX.T @ MATRIX).dtype == torch.bfloat16
    assert torch.equal(found.vectors, expected.vectors)
    assert found.singular_values.tolist() == expected.singular_values.tolist()
    assert found.route == expected.route


@pytest.mark.parametrize("switch", [None, *SETTINGS])
def test_switches_change_no_digit_and_are_afterwards_as_they_were(switch, monkeypatch):
    expected = p_vectors(MATRIX, tolerance=1e-2)
    if switch is not None:
        switch()
    before, within, products = state(), [], DeviceSource._products

    def watched(self, *args):
        within.append(state())
        return products(self, *args)

    monkeypatch.setattr(DeviceSource, "_products", watched)
    found = p_vectors(MATRIX, tolerance=1e-2)
    assert torch.equal(found.vectors, expected.vectors)
    assert state() == before
    assert len(within) > 1
    assert all(word == "highest" for word, *_ in within)
    assert all(value in ("none", "ieee") for _, _, *values in within for value in values)


@pytest.mark.skipif(not NEW, reason="this PyTorch has one switch alone")
def test_a_switch_that_followed_another_one_follows_it_again():
    torch.backends.fp32_precision = "tf32"
    p_vectors(MATRIX, tolerance=1e-2)
    torch.backends.fp32_precision = "ieee"
    assert torch.backends.cuda.matmul.fp32_precision == "ieee"


@pytest.mark.parametrize("switch", SETTINGS)
def test_they_are_off_until_the_last_thread_leaves_and_back_after_an_error(switch):
    switch()
    before, inside, leave = state(), threading.Event(), threading.Event()

    def other():
        with full_precision("cpu"):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(ZeroDivisionError), full_precision("cpu"):
        1 / 0  # noqa: B018
    assert state()[0] == "highest"
    assert state() != before
    leave.set()
    thread.join()
    assert state() == before
