"""What many models are counted by, sorting and blocks, against tables of all pairs and plain definitions."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from pgdl_eval.metrics.correlation import kendall_of, kendall_of_halves, spearman_of, spearman_of_halves
from pgdl_eval.metrics.mutual_information import information_ratios, signed_score
from pgdl_eval.metrics.orders import BlockedOrder, TabledOrder, order_of
from pgdl_eval.metrics.pairing import FEW_MODELS, SortedPairing, TabledPairing, pairing
from pgdl_eval.metrics.score_interval import HalfPairings, half_pairings, scores_of_halves
from pgdl_eval.metrics.sorted_pairs import Blocks, dense_ranks, sort_models

SIZES = st.sampled_from([(2, 2), (1, 7), (3, 3, 2), (4, 4, 4), (2,) * 6, (9, 13), (5, 5, 7), (40, 3)])
LEVELS = st.sampled_from([1, 2, 6, 10**9])
SEEDS = st.integers(0, 2**31)


def task(sizes, left_out, rng):
    """Hyper-parameters of a grid in random order, without some of its models."""
    cells = rng.permutation(list(itertools.product(*map(range, sizes))))
    cells = cells[: max(4, len(cells) - left_out)]
    return {f"h{axis}": [str(cell[axis]) for cell in cells] for axis in range(len(sizes))}, len(cells)


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES, left_out=st.sampled_from([0, 1, 5]), of_gap=LEVELS, of_measure=LEVELS, seed=SEEDS)
def test_counts_and_scores_by_sorting_are_those_of_tables(sizes, left_out, of_gap, of_measure, seed):
    rng = np.random.default_rng(seed)
    names, n = task(sizes, left_out, rng)
    gap, measures = rng.integers(0, of_gap, n) / of_gap, rng.integers(0, of_measure, (4, n)).astype(float)
    tabled, by_sorting = pairing(gap, names, few_models=n), pairing(gap, names, few_models=0)
    assert (type(tabled), type(by_sorting)) == (TabledPairing, SortedPairing)
    kept = {cell: i for i, cell in enumerate(zip(*map(np.ndarray.tolist, tabled.cells), strict=True))}
    cells = [kept[cell] for cell in zip(*map(np.ndarray.tolist, by_sorting.cells), strict=True)]
    for found, expected in zip(by_sorting.count(measures), tabled.count(measures), strict=True):
        assert (found == expected[:, cells]).all()
    assert (by_sorting.gap_count == tabled.gap_count[cells]).all()
    assert by_sorting.entropy == pytest.approx(tabled.entropy, rel=1e-13, abs=1e-15)
    ratios = [information_ratios(measures, models) for models in (by_sorting, tabled)]
    assert ratios[0] == pytest.approx(ratios[1], abs=1e-12)
    if np.ptp(gap):
        assert signed_score(measures[0], by_sorting) == pytest.approx(signed_score(measures[0], tabled), abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(sizes=SIZES, left_out=st.sampled_from([0, 5]), of_gap=LEVELS, of_measure=LEVELS, seed=SEEDS)
def test_scores_of_half_samples_by_sorting_are_those_of_tables(sizes, left_out, of_gap, of_measure, seed):
    rng = np.random.default_rng(seed)
    names, n = task(sizes, left_out, rng)
    gap, measure = rng.integers(0, of_gap, n) / of_gap, rng.integers(0, of_measure, n).astype(float)
    models = pairing(gap, names, few_models=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = scores_of_halves(measure, half_pairings(pairing(gap, names, few_models=n)))
        for halves in (HalfPairings(models), HalfPairings(models, tuple(HalfPairings(models)))):
            assert scores_of_halves(measure, halves) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 90), of_gap=LEVELS, of_measure=LEVELS, seed=SEEDS)
def test_rows_are_summed_over_the_models_below(n, of_gap, of_measure, seed):
    rng = np.random.default_rng(seed)
    measures, gaps = rng.integers(0, of_measure, (2, n)).astype(float), rng.integers(0, of_gap, (2, n)) / of_gap
    rows = rng.integers(0, 9, (2, n, 3)).astype(float)
    models = sort_models(measures, dense_ranks(gaps))
    blocks = Blocks.of(np.take_along_axis(rows, models.order[..., None], axis=1))
    below, dominated = blocks.summed_before(models.below), blocks.summed_dominated(models.by_gap)
    for one, at in itertools.product(range(2), range(n)):
        model = models.order[one, at]
        less = measures[one] < measures[one, model]
        assert below[one, at] == pytest.approx(rows[one][less].sum(axis=0))
        assert dominated[one, at] == pytest.approx(rows[one][less & (gaps[one] < gaps[one, model])].sum(axis=0))


@settings(max_examples=25, deadline=None)
@given(sets=st.integers(1, 3), n=st.integers(3, 60), of_gap=LEVELS, of_measure=LEVELS, seed=SEEDS)
def test_correlations_in_blocks_are_those_of_tables(sets, n, of_gap, of_measure, seed):
    rng = np.random.default_rng(seed)
    measures = rng.integers(0, of_measure, (sets, n)).astype(float)
    gaps = rng.integers(0, of_gap, (sets, n)) / of_gap
    tabled = order_of(measures, sets * n), order_of(gaps, sets * n)
    blocks = order_of(measures, 0), order_of(gaps, 0)
    assert [type(one) for one in (*tabled, *blocks)] == [TabledOrder] * 2 + [BlockedOrder] * 2
    for of_all in (spearman_of, kendall_of):
        for found, expected in zip(of_all(*blocks), of_all(*tabled), strict=True):
            numbers = [(one.value, one.p_value, one.interval.low, one.interval.high) for one in (found, expected)]
            assert numbers[0] == pytest.approx(numbers[1], abs=1e-12, nan_ok=True)
    for of_halves in (spearman_of_halves, kendall_of_halves):
        assert of_halves(*blocks) == pytest.approx(of_halves(*tabled), abs=1e-12, nan_ok=True)


def test_correlations_of_many_models_are_scipys():
    rng = np.random.default_rng(0)
    measure, gap = np.round(rng.random((2, 3 * FEW_MODELS)), 2)
    orders = order_of(measure[None]), order_of(gap[None])
    assert type(orders[0]) is BlockedOrder
    spearman, kendall = spearman_of(*orders)[0], kendall_of(*orders)[0]
    expected = spearmanr(measure, gap), kendalltau(measure, gap)
    assert (spearman.value, spearman.p_value) == pytest.approx(tuple(expected[0]), rel=1e-9)
    assert (kendall.value, kendall.p_value) == pytest.approx(tuple(expected[1]), rel=1e-9)
    assert math.isfinite(spearman.interval.low)
