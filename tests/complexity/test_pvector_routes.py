"""Routes of large matrices: the shorter side, the Gram matrix where it is cheaper, threads, and parts of blocks."""

import sys
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from pvector_reference import check, matrix_with

from complexity import angle, p_vectors, singular_values, threads
from complexity.errors import InputError
from complexity.pvectors import gram, pvector
from complexity.pvectors.sources import products

WIDE = {"of which all rows are the sample": (500, 900), "of which they are not": (300, 5000)}


def falling(side, first=0.5):
    return np.r_[1, first * np.arange(1.0, side) ** -0.5]


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor, np.asfortranarray])
def test_more_columns_than_rows(name, center, dtype, kind):
    rows, columns = WIDE[name]
    matrix = (matrix_with(falling(rows), rows, columns) + center * 0.01).astype(dtype)
    found = check(matrix, center=center, source=kind(matrix))
    assert found.converged[0]
    assert found.route.startswith("lanczos in")


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_several_vectors_of_more_columns_than_rows(center, scale):
    values = np.r_[1, 0.7, 0.5, np.linspace(0.2, 0.01, 297)]
    matrix = ((matrix_with(values, 300, 5000) + 0.001) * scale).astype(np.float32)
    assert check(matrix, k=3, center=center).converged.all()


def test_whole_numbers_with_more_columns_than_rows():
    numbers = np.random.default_rng(3).integers(0, 200, (300, 5000)).astype(np.uint8)
    assert check(numbers, center=True).converged[0]


@pytest.mark.parametrize("place", [(0, 0), (299, 4999), (17, 2500)])
@pytest.mark.parametrize("center", [False, True])
def test_a_bad_entry_is_named_by_its_place_with_more_columns_than_rows(place, center):
    matrix = np.random.default_rng(9).random((300, 5000), dtype=np.float32)
    matrix[place] = np.nan
    with pytest.raises(InputError) as caught:
        p_vectors(matrix, center=center)
    assert str(caught.value) == f"matrix: row {place[0]}, column {place[1]} holds nan"


def test_constant_columns_with_more_columns_than_rows():
    with pytest.raises(InputError, match="every column is constant"):
        p_vectors(np.tile(np.random.default_rng(0).random(5000), (300, 1)), center=True)


@pytest.mark.parametrize("shape", [(20_000, 60), (60, 20_000)])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_takes_the_gram_matrix(shape, center, dtype):
    matrix = (np.random.default_rng(0).standard_normal(shape) + 3 * center).astype(dtype)
    found = check(matrix, center=center)
    assert found.route == "lanczos, then the gram matrix"
    assert found.converged[0]
    assert found.angle_error[0] < 1e-6


@pytest.mark.parametrize("shape", [(20_000, 60), (60, 20_000)])
@pytest.mark.parametrize("copies", [2, 5, 60])
def test_a_repeated_top_value_is_never_taken_for_one_by_the_large_gram_matrix(monkeypatch, shape, copies):
    monkeypatch.setattr("complexity.pvectors.lanczos.gram_cost", lambda source: 0.0)
    monkeypatch.setattr("complexity.pvectors.lanczos.FIRST_STEPS", 1)
    values = np.r_[np.ones(copies), np.linspace(0.9, 0.8, 60 - copies)]
    matrix = matrix_with(values, *shape)
    found = p_vectors(matrix)
    assert found.route == "lanczos, then the gram matrix"
    assert not found.converged[0]
    assert found.angle_error[0] == 90
    assert found.spectral_gap[0] < 1e-12
    eigenspace = np.linalg.svd(matrix, full_matrices=False)[0][:, :copies]
    assert np.linalg.norm(eigenspace.T @ found.vectors[:, 0]) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("side", [3, 24, 25, 90])
def test_the_top_eigenpairs_are_numpys(count, side):
    rows = np.random.default_rng(side).standard_normal((2 * side, side))
    values, vectors = gram.top_eigenpairs(rows.T @ rows, min(count, side))
    expected = np.linalg.eigvalsh(rows.T @ rows)[::-1]
    assert values == pytest.approx(expected[: min(count, side) + 1], rel=1e-12)
    assert vectors @ vectors.T == pytest.approx(np.eye(min(count, side)), abs=1e-12)
    assert vectors @ rows.T @ rows == pytest.approx(values[: len(vectors), None] * vectors, abs=1e-10 * values[0])


def test_where_some_eigenpairs_cannot_be_had_all_are_taken(monkeypatch):
    monkeypatch.setattr("scipy.linalg.lapack.dsyevr", lambda *_, **__: (np.zeros(90), np.zeros((90, 2)), 1, None, 3))
    rows = np.random.default_rng(0).standard_normal((200, 90))
    values, _ = gram.top_eigenpairs(rows.T @ rows, 1)
    assert values == pytest.approx(np.linalg.eigvalsh(rows.T @ rows)[:-3:-1], rel=1e-12)


@pytest.mark.parametrize("matrix", [
    np.random.default_rng(0).random((30_000, 40)),
    np.random.default_rng(0).random((40, 30_000), dtype=np.float32),
    [np.random.default_rng(i).standard_normal((9000, 40), dtype=np.float32) for i in range(3)],
])  # fmt: skip
@pytest.mark.parametrize("center", [False, True])
def test_the_number_of_threads_changes_no_bit(monkeypatch, matrix, center):
    monkeypatch.setattr("complexity.pvectors.sources.arrays.BLOCK_ENTRIES", (5000, 50_000))
    monkeypatch.setattr("complexity.pvectors.sources.streams.SLICE_ENTRIES", 30_000)
    found = []
    for count in (1, 2, 5):

        @contextmanager
        def so_many(count=count):
            yield count

        monkeypatch.setattr(pvector, "one_blas_thread", so_many)
        found.append(p_vectors(matrix, center=center))
    for other in found[1:]:
        assert np.array_equal(other.vectors, found[0].vectors)
        assert np.array_equal(other.angle_error, found[0].angle_error)


@pytest.mark.parametrize("thin", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("order", ["C", "F"])
def test_both_products_of_a_part(monkeypatch, thin, count, order):
    monkeypatch.setattr(products, "thin_products", lambda: thin)
    rng = np.random.default_rng(count)
    matrix = np.asarray(rng.standard_normal((500, 37)), order=order)
    vectors, shift = rng.standard_normal((count, 37)), rng.standard_normal((count, 1))
    both = products.Products(vectors, True)
    left, image = both.left(500), np.zeros((count, 37))
    squares = sum(
        both.multiply(matrix[first : first + 90], left[:, first : first + 90], shift, image)
        for first in range(0, 500, 90)
    )
    assert left == pytest.approx(vectors @ matrix.T - shift, abs=1e-12)
    assert image == pytest.approx((vectors @ matrix.T - shift) @ matrix, abs=1e-11)
    assert squares == pytest.approx(np.sum(matrix**2), rel=1e-13)


def test_a_sum_of_many_squares_in_float32_keeps_its_digits():
    entries = np.random.default_rng(0).random((2000, 300), dtype=np.float32) + 10
    for part in (entries, np.asfortranarray(entries), entries[:, :77]):
        assert products.sum_of_squares(part) == pytest.approx(np.sum(part.astype(np.float64) ** 2), rel=1e-7)


def test_a_stream_that_begins_with_a_small_block_is_centred():
    matrix = np.random.default_rng(0).random((4000, 200)) + 5
    check(matrix, center=True, source=[matrix[:3], matrix[3:10], matrix[10:]])


class Library:
    """A BLAS with so many threads."""

    def __init__(self, count):
        self.count = count

    def get_num_threads(self):
        return self.count

    def set_num_threads(self, count):
        self.count = count


def test_blas_has_one_thread_within_and_its_own_number_afterwards(monkeypatch):
    library = Library(6)
    monkeypatch.setattr(threads, "_libraries", lambda scipy_too: (library,))
    monkeypatch.setattr(threads, "_processors", lambda: 4)
    first, second = threads.one_blas_thread(), threads.one_blas_thread()
    assert (first.__enter__(), library.count) == (4, 1)
    assert (second.__enter__(), library.count) == (4, 1)
    first.__exit__(None, None, None)
    assert library.count == 1  # the second is still at work
    second.__exit__(None, None, None)
    assert library.count == 6
    with pytest.raises(ZeroDivisionError), threads.one_blas_thread():
        _ = 1 / 0
    assert library.count == 6


def test_without_threadpoolctl_one_thread_multiplies(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    threads._libraries.cache_clear()
    try:
        with threads.one_blas_thread() as count:
            assert count == 1
        assert check(np.random.default_rng(0).random((30_000, 40))).converged[0]
    finally:
        threads._libraries.cache_clear()


def test_an_error_in_a_thread_is_raised_in_order():
    def invert(number):
        return 1 / number

    results = threads.in_order(invert, iter([1, 2, 0, 4, 5, 6, 7, 8]), 2)
    assert [next(results), next(results)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("shape", [(30, 3), (400, 700), (900, 500)])
@pytest.mark.parametrize("center", [False, True])
def test_entries_near_the_largest_number(shape, center):
    matrix = np.random.default_rng(0).random(shape)
    vectors = [p_vectors(matrix * scale, center=center).vectors[:, 0] for scale in (1, 1e300)]
    assert angle(*vectors) < 2e-4
    expected = np.linalg.svd(matrix - center * matrix.mean(axis=0), compute_uv=False)
    assert singular_values(matrix * 1e300, center=center) / 1e300 == pytest.approx(expected, rel=1e-9)
    for call in (p_vectors, singular_values):
        with pytest.raises(InputError) as caught:
            call(matrix * 1e308, center=center)
        assert str(caught.value) == (
            "matrix: the largest singular value exceeds the largest number of float64 (expected smaller numbers)"
        )
