"""Rank aggregation against brute force over all orders."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from complexity.errors import InputError
from pgdl_eval.metrics.rank_aggregation import METHODS, aggregate


def orders(n):
    """All places that n items can have: (n!, n)."""
    return np.array(list(itertools.permutations(range(1, n + 1))), dtype=float)


def weak_orders(n):
    """All lists of n items, tied in every way: (lists, n) of mean ranks."""
    return np.array(sorted({tuple(rankdata(values)) for values in itertools.product(range(n), repeat=n)}))


def squares(places, ranks):
    return float(np.sum((places - ranks) ** 2))


def footrule(places, ranks):
    return float(np.sum(np.abs(places - ranks)))


def kendall(places, ranks):
    """Pairs in opposite order, and half the pairs that the list ties."""
    pairs = itertools.combinations(range(len(places)), 2)
    signs = ((np.sign(places[j] - places[k]), np.sign(ranks[j] - ranks[k])) for j, k in pairs)
    return float(sum(abs(one - other) / 2 for one, other in signs))


DISTANCES = {"mean_rank": squares, "footrule": footrule, "kemeny": kendall}


def table(name, lists, n):
    """The distance of every order from every list: (lists, n!)."""
    return np.array([[DISTANCES[name](places, ranks) for places in orders(n)] for ranks in lists])


def check(name, lists, weights, distances, n):
    """The result is an optimum of the brute force, and says rightly whether it is the only one."""
    found = aggregate(lists, weights, name)
    totals = weights @ distances
    optima = orders(n)[totals < totals.min() + 1e-9]
    assert found.distance == pytest.approx(totals.min(), abs=1e-9)
    _, group = np.unique(np.array(lists), axis=1, return_inverse=True)
    group = group.reshape(-1)
    # Items that every list ties share the mean of their places.
    means = {tuple(np.round((np.bincount(group, places) / np.bincount(group))[group], 9)) for places in optima}
    assert found.unique == (len(means) == 1), (lists, weights)
    if name == "mean_rank":
        np.testing.assert_array_equal(found.ranks, rankdata(np.round(weights @ np.array(lists), 9)))
    else:
        assert tuple(np.round(found.ranks, 9)) in means, (lists, weights)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_pair_of_lists_with_and_without_ties_equals_brute_force(name, n):
    lists = weak_orders(n)
    distances = table(name, lists, n)
    sorted_lists = [i for i, ranks in enumerate(lists) if (np.diff(ranks) >= 0).all()]  # the others rename the items
    for weight in (0.05, 1.0):
        for i, k in itertools.product(sorted_lists, range(len(lists))):
            check(name, lists[[i, k]], np.array([1.0, weight]), distances[[i, k]], n)


@pytest.mark.parametrize(
    ("name", "n"), [("mean_rank", 5), ("footrule", 5), ("footrule", 6), ("kemeny", 5), ("kemeny", 6)]
)
def test_every_pair_of_lists_without_ties_of_the_same_weight_equals_brute_force(name, n):
    lists = orders(n)
    costs = {tuple(places): DISTANCES[name](places, lists[0]) for places in lists}
    first = np.array([costs[tuple(places)] for places in lists])
    for ranks in lists:
        # d(x, ranks) = d(x o ranks^-1, identity): the distance does not depend on the items' names.
        renamed = lists[:, np.argsort(ranks)]
        second = np.array([costs[tuple(places)] for places in renamed])
        check(name, np.array([lists[0], ranks]), np.ones(2), np.array([first, second]), n)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("n", [5, 6])
def test_several_lists_with_ties_and_weights_equal_brute_force(name, n):
    rng = np.random.default_rng(n)
    for _ in range(12):
        lists = rankdata(rng.integers(0, n, (rng.integers(2, 5), n)), axis=1)
        weights = rng.choice([0.05, 0.25, 0.5, 1.0], len(lists))
        check(name, lists, weights, table(name, lists, n), n)


@pytest.mark.parametrize("name", ["footrule", "kemeny"])
def test_of_two_lists_the_optimum_is_the_first_one_itself(name):
    """The triangle inequality: for any metric, weights 1 and w < 1, and no ties in the first list."""
    rng = np.random.default_rng(0)
    for weight, n in itertools.product((0.05, 0.5, 0.99), (3, 6, 40)):
        first, second = rng.permutation(n) + 1.0, rng.permutation(n) + 1.0
        found = aggregate([first, second], [1, weight], name)
        np.testing.assert_array_equal(found.ranks, first)
        assert found.unique
    assert np.any(aggregate([first, second], [1, 0.99]).ranks != first)  # the mean rank is no such optimum


@pytest.mark.parametrize(
    ("name", "weight"), [("footrule", 0.05), ("footrule", 0.5), ("kemeny", 0.05), ("kemeny", 0.99)]
)
def test_where_the_first_list_has_ties_the_second_only_breaks_them(name, weight):
    rng = np.random.default_rng(1)
    for n in (4, 6, 30):
        first, second = rankdata(rng.integers(0, 3, n)), rng.permutation(n) + 1.0
        found = aggregate([first, second], [1, weight], name)
        np.testing.assert_array_equal(found.ranks, rankdata(first * 1000 + second))


def test_the_footrule_lets_a_second_list_of_weight_six_tenths_overrule_the_first_but_not_one_of_a_half():
    first, second = np.array([1.0, 4, 4, 4, 4, 4]), np.array([6.0, 1, 2, 3, 4, 5])
    broken = np.arange(1.0, 7)  # the first list with its ties broken by the second
    np.testing.assert_array_equal(aggregate([first, second], [1, 0.5], "footrule").ranks, broken)
    np.testing.assert_array_equal(aggregate([first, second], [1, 0.61], "footrule").ranks, second)
    assert not aggregate([first, second], [1, 0.6], "footrule").unique
    assert footrule(second, first) == pytest.approx(footrule(broken, first) + 0.6 * footrule(broken, second))
    np.testing.assert_array_equal(aggregate([first, second], [1, 0.99], "kemeny").ranks, broken)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(list(METHODS)),
    weights=st.sampled_from([[1, 0.05], [1, 1], [1, 0.3, 0.3]]),
    seed=st.integers(0, 10**6),
)
def test_the_result_does_not_depend_on_the_order_of_the_items_and_keeps_what_all_lists_say(name, weights, seed):
    rng = np.random.default_rng(seed)
    lists = rng.integers(0, 6, (len(weights), 12))
    found, order = aggregate(lists, weights, name), rng.permutation(12)
    renamed = aggregate(lists[:, order], weights, name)
    np.testing.assert_array_equal(renamed.ranks, found.ranks[order])
    assert (renamed.distance, renamed.unique) == (found.distance, found.unique)
    before = (lists[:, :, None] <= lists[:, None, :]).all(axis=0)
    assert (found.ranks[:, None] <= found.ranks)[before].all()


def test_mean_ranks_are_compared_exactly():
    """1 + 0.05 * 23 and 2 + 0.05 * 3 are both 2.15; in floating point they differ."""
    first = np.arange(1, 24)
    second = np.concatenate([[23, 3, 1, 2], np.arange(4, 23)])
    assert 1 + 0.05 * 23 != 2 + 0.05 * 3
    found = aggregate([first, second], [1, 0.05])
    assert found.ranks[:2].tolist() == [1.5, 1.5]
    assert not found.unique


def test_a_list_of_weight_nothing_counts_for_nothing():
    lists = [[3.0, 1.0, 1.0], [1.0, 2.0, 3.0]]
    for name in METHODS:
        found = aggregate(lists, [1, 0], name)
        assert (found.ranks.tolist(), found.unique) == ([3.0, 1.5, 1.5], True)


def test_a_majority_in_a_circle_has_three_kemeny_orders():
    found = aggregate([[1, 2, 3], [3, 1, 2], [2, 3, 1]], [1, 1, 1], "kemeny")
    assert (found.distance, found.unique) == (4.0, False)


def circle(n):
    return [np.roll(np.arange(n), shift) for shift in (0, n // 3, 2 * n // 3)]


@pytest.mark.parametrize(
    ("lists", "weights", "name", "message"),
    [
        ([[1, 2]], [1, 1], "footrule", "weights: weights do not fit (expected 1 numbers, found [1, 1])"),
        ([1, 2], [1], "footrule", "lists: no lists (expected shape (m, n), found (2,))"),
        ([[1, 2]], "one", "kemeny", "weights: bad weights (expected numbers from 0.0001 on, or 0, and not all 0, "
         "found one)"),
        ([[1, np.nan]], [1], "kemeny", "lists: a list holds NaN or infinity"),
        ([[1, 2], [1, 2]], [1, -1], "mean_rank", "weights: bad weights (expected numbers from 0.0001 on, or 0, and not "
         "all 0, found [1, -1])"),
        ([[1, 2]], [1], "borda", "method: unknown method (expected one of mean_rank, footrule, kemeny, found borda)"),
        (circle(17), [1, 1, 1], "kemeny", "lists: the exact Kemeny order is out of reach; take the footrule (expected "
         "at most 16 items that no majority parts, found 17)"),
        ([[1, 2]], [1e12], "footrule", "lists: too many items, or too large weights, for exact sums (found 2 items)"),
    ],
)  # fmt: skip
def test_what_cannot_be_aggregated_is_a_clear_error(lists, weights, name, message):
    with pytest.raises(InputError) as caught:
        aggregate(lists, weights, name)
    assert str(caught.value) == message


def test_a_long_list_is_no_obstacle_where_majorities_part_it():
    rng = np.random.default_rng(2)
    first, second = rng.permutation(96) + 1.0, rng.permutation(96)
    np.testing.assert_array_equal(aggregate([first, second, second], [1, 0.05, 0.9], "kemeny").ranks, first)
    assert aggregate(circle(16), [1, 1, 1], "kemeny").distance > 0
