"""The competition's score: conditional mutual information of measure and gap, given two hyper-parameters.

Jiang et al., "NeurIPS 2020 Competition: Predicting Generalization in Deep Learning", section on the score.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from complexity.threads import in_order, one_blas_thread

from .pairing import Pairing

Array = NDArray[np.float64]
Whole = NDArray[np.intp]


def conditional_mutual_information(measures: Array, models: Pairing) -> Array:
    """The score of each measure on a task, in [0, 1]; the leaderboard shows 100 times the mean over tasks.

    For each pair of hyper-parameters the mutual information of [gap_i > gap_j] and [m_i > m_j], summed over the cells,
    over the sum of the entropies of [gap_i > gap_j]; the least of these ratios. Self-pairs count.

    Parameters
    ----------
    measures : (..., n) values of any number of measures.
    models : the task's models.

    Returns
    -------
    (...,) scores.
    """
    measures = np.asarray(measures, dtype=np.float64)
    flat = measures.reshape(-1, measures.shape[-1])
    return scores_of_portions(_portions(flat, models), threaded=models.threaded).reshape(measures.shape[:-1])


def scores_of_portions(portions: Iterable[tuple[Array, Pairing]], *, threaded: bool) -> Array:
    """The scores of (m, n) measures of each portion, one after the other: (sum of m,)."""

    def scores(portion: tuple[Array, Pairing]) -> Array:
        return np.asarray(information_ratios(*portion).min(axis=1))

    return _concatenated(scores, portions, threaded=threaded)


def _portions(measures: Array, models: Pairing) -> list[tuple[Array, Pairing]]:
    """(m, n) measures in portions of as many as are best counted at once."""
    step = models.at_a_time
    return [(measures[i : i + step], models) for i in range(0, len(measures), step)]


def _concatenated(
    of_portion: Callable[[tuple[Array, Pairing]], Array], portions: Iterable[tuple[Array, Pairing]], *, threaded: bool
) -> Array:
    if not threaded:
        return np.concatenate(list(map(of_portion, portions)), axis=-1)
    with one_blas_thread() as threads:
        return np.concatenate(list(in_order(of_portion, portions, threads)), axis=-1)


def information_ratios(measures: Array, models: Pairing) -> Array:
    """The ratio of each pair of hyper-parameters, whose least is the score: (m, n) -> (m, splits).

    All m measures on the same models, or each on its own set of them. An empty cell adds nothing.
    """
    information = cell_information(*models.count(measures), models)
    return np.asarray(models.per_split(information) / models.entropy)


def cell_information(above: Whole, both: Whole, models: Pairing) -> Array:
    """Mutual information of [gap_i > gap_j] and [m_i > m_j] in each cell from the counts of its pairs: (m, c), bits.

    With t(x) = x log2 x of counts of pairs, n of them in a cell, it is (sum of t(joint) - sum of t(margin) + t(n)) / n.
    What cancels where one of the two relations is constant stands side by side: there it is exactly 0.
    """
    of, size, greater = models.count_log_count, models.size, models.gap_count
    below = size - above
    where_above = of.take(both) + of.take(above - both) - of.take(above)
    where_below = of.take(greater - both) + of.take(below - greater + both) - of.take(below)
    return np.asarray((where_above + where_below + models.gap_bits) / np.maximum(size, 1))


def signed_score(measure: Array, models: Pairing) -> float:
    """The score of a measure (n,) with a direction: from -score, all of it against the gap, to +score, all along it.

    For the pair of hyper-parameters that decides the score the information of each cell counts positive where the two
    relations go together there, negative where they exclude each other: the sign of their covariance over the cell's
    pairs of different models. A correlation over all models may have the other sign.
    """
    return float(directed_scores(measure[None], models)[1][0])


def directed_scores(measures: Array, models: Pairing) -> tuple[Array, Array]:
    """The score and the signed score of each of (m, n) measures: (m,) each."""

    def both(portion: tuple[Array, Pairing]) -> Array:
        above, with_gap = models.count(portion[0])
        information = cell_information(above, with_gap, models)
        together = np.sign((models.size - models.self_pairs) * with_gap - models.gap_count * above)
        ratios, signed = (models.per_split(part) / models.entropy for part in (information, together * information))
        least = np.argmin(ratios, axis=1)[:, None]
        return np.concatenate([np.take_along_axis(part, least, axis=1).T for part in (ratios, signed)])

    scores, signed = _concatenated(both, _portions(measures, models), threaded=models.threaded)
    return scores, signed


def joined_values_collide(possible_values: Mapping[str, Sequence[str]]) -> bool:
    """Whether the official program, which joins values as text, takes two cells of a task for one.

    Then some of its cells stay empty, and its score is undefined (NaN or not, by the order of hyper-parameters).
    """
    joined = {
        name: [first + second for first in values for second in values] for name, values in possible_values.items()
    }
    for one, other in itertools.combinations(joined, 2):
        for first, second in ((one, other), (other, one)):
            keys = [left + right for left in joined[first] for right in joined[second]]
            if len(set(keys)) < len(keys):
                return True
    return False
