"""P-vectors against a float64 SVD: easy and hard spectra, invariances, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pvector_reference import check, matrix_with

from complexity import angle, p_vectors, principal_angles, singular_values
from complexity.errors import InputError
from complexity.pvectors import watch
from complexity.pvectors.pvector import PVectors

ROUTES = {"gram matrix": (120, 40), "lanczos": (900, 500)}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gap", [0.8, 0.1, 0.01, 0.001])
def test_a_gap_from_large_to_a_thousandth_is_resolved(route, dtype, gap):
    rows, columns = ROUTES[route]
    values = np.r_[1, (1 - gap) * np.linspace(1, 0.1, min(rows, columns) - 1)]
    found = check(matrix_with(values, rows, columns).astype(dtype))
    assert found.converged[0]
    assert found.spectral_gap[0] == pytest.approx(gap, rel=0.25)
    assert found.route.startswith(route)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("copies", [2, 5])
@pytest.mark.parametrize("seed", range(3))
def test_a_repeated_top_value_is_never_taken_for_one(route, copies, seed):
    rows, columns = ROUTES[route]
    values = np.r_[np.ones(copies), np.linspace(0.2, 0.1, min(rows, columns) - copies)]
    matrix = matrix_with(values, rows, columns, seed)
    found = p_vectors(matrix, rng=seed)
    assert not found.converged[0]
    assert found.spectral_gap[0] < 1e-6
    assert found.reason[0].startswith("singular value 1 and the nearest other differ by")
    assert found.angle_error[0] == 90
    eigenspace = np.linalg.svd(matrix, full_matrices=False)[0][:, :copies]
    assert np.linalg.norm(eigenspace.T @ found.vectors[:, 0]) == pytest.approx(1, abs=1e-9)


def test_a_repeated_value_behind_the_first_spoils_only_its_own_vectors():
    found = p_vectors(matrix_with(np.r_[1, 0.5, 0.5, np.linspace(0.3, 0.1, 400)], 900, 500), k=3)
    assert found.converged.tolist() == [True, False, False]
    assert found.angle_error.tolist()[1:] == [90, 90]


@pytest.mark.parametrize("values", [np.r_[1, 0.999999, np.full(300, 0.5)], np.r_[1, np.full(400, 0.98)], np.ones(400)])
def test_flat_spectra_are_resolved_or_said_not_to_be(values):
    check(matrix_with(values, 900, 500), rng=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rank_one(dtype):
    rng = np.random.default_rng(0)
    found = check(np.outer(rng.random(900), rng.random(500)).astype(dtype))
    assert found.converged[0]
    assert found.spectral_gap[0] == pytest.approx(1, abs=3e-4)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_several_p_vectors_centred_or_not(route, center, dtype):
    rows, columns = ROUTES[route]
    values = np.r_[1, 0.7, 0.5, 0.3, np.linspace(0.2, 0.01, min(rows, columns) - 4)]
    found = check((matrix_with(values, rows, columns) + 0.001).astype(dtype), k=3, center=center)
    assert found.converged.all()


@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (5, 200), (40, 9000), (2500, 600)])
def test_one_row_one_column_and_fewer_rows_than_columns(shape):
    assert check(np.random.default_rng(1).random(shape)).converged[0]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(200, 30), (900, 500)])
@pytest.mark.parametrize("center", [False, True])
def test_very_small_and_very_large_entries(scale, dtype, shape, center):
    assert check((np.random.default_rng(2).random(shape) * scale).astype(dtype), center=center).converged[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float16, np.bool_])
def test_whole_numbers_and_half_precision_are_read_as_they_are(dtype):
    numbers = np.random.default_rng(3).integers(0, 2 if dtype == np.bool_ else 200, (900, 500)).astype(dtype)
    before = numbers.copy()
    check(numbers)
    assert np.array_equal(numbers, before)


def test_a_start_that_is_orthogonal_to_the_answer_is_no_trap():
    columns = np.random.default_rng(4).standard_normal((3000, 500))
    columns -= columns.mean(axis=0)
    columns[:, 0] *= 5
    check(columns)


def test_what_the_sample_of_rows_does_not_show_is_found():
    """One row outweighs all others, and the sample from which the iteration starts does not hold it."""
    matrix = np.random.default_rng(5).standard_normal((6000, 400)).astype(np.float32)
    matrix[1] *= 400
    found = check(matrix)
    assert abs(found.vectors[1, 0]) > 0.99


@pytest.mark.parametrize("seed", range(5))
def test_few_columns_of_many_rows(seed):
    """The start's space soon is the whole of it, when the watch on hidden values has seen enough already."""
    rng = np.random.default_rng(seed)
    matrix = (rng.standard_normal((40_000, 16)) * np.arange(1, 17) ** -0.1).astype(np.float32)
    found = check(matrix, k=6, tolerance=1e-3)
    assert found.route.startswith("lanczos")
    assert found.converged.all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["f2", "f4", "f8", "u1", "i4"]), st.booleans(),
       st.integers(0, 2**32 - 1))  # fmt: skip
def test_any_shape_and_type(rows, columns, dtype, center, seed):
    matrix = (np.random.default_rng(seed).random((rows, columns)) * 100).astype(dtype)
    if not matrix.any() or (center and not np.ptp(matrix.astype("f8"), axis=0).any()):
        return
    check(matrix, center=center)


@pytest.mark.parametrize("shape", [(300, 40), (900, 500)])
def test_what_leaves_p_vectors_as_they_are_and_what_does_not(shape):
    rng = np.random.default_rng(5)
    matrix = rng.random(shape)
    vector = p_vectors(matrix).vectors[:, 0]
    rotation = np.linalg.qr(rng.standard_normal((shape[1], shape[1])))[0]
    order = rng.permutation(shape[0])
    for same in (matrix @ rotation, 7 * matrix, np.hstack([matrix, np.zeros((shape[0], 9))])):
        assert angle(p_vectors(same).vectors[:, 0], vector) < 2e-4
    assert angle(p_vectors(matrix[order]).vectors[:, 0], vector[order]) < 2e-4
    assert angle(p_vectors(matrix, center=True).vectors[:, 0], vector) > 10


def test_the_sign_does_not_depend_on_the_matrixs():
    matrix = np.random.default_rng(6).random((50, 9))
    for center in (False, True):
        first, second = (p_vectors(m, center=center).vectors[:, 0] for m in (matrix, -matrix))
        assert first == pytest.approx(second, abs=1e-9)
    assert p_vectors(matrix).vectors[:, 0].sum() > 0


def test_the_same_seed_gives_the_same_bits_and_another_one_the_same_vector():
    matrix = np.random.default_rng(7).standard_normal((900, 500))
    first, again, other = (p_vectors(matrix, rng=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.vectors, again.vectors)
    assert angle(first.vectors, other.vectors) < 2e-4


def power_iteration(matrix, k=1, *, center=False):
    """A solver that is too weak: two steps from the column sums, and sure of itself."""
    matrix = matrix - matrix.mean(axis=0) if center else matrix
    right = matrix.T @ (matrix @ matrix.sum(axis=0))
    left = matrix @ right / np.linalg.norm(matrix @ right)
    sigma, zero = np.linalg.norm(matrix.T @ left), np.zeros(1)
    share = np.array([sigma**2 / np.sum(matrix**2)])
    return PVectors(left[:, None], np.r_[sigma, 0], zero, share, zero, zero, np.array([True]), ("",), "weak", 2)


def test_a_weak_solver_fails_the_reference():
    with pytest.raises(AssertionError):
        check(matrix_with(np.r_[1, np.linspace(0.9, 0.1, 39)], 120, 40), solver=power_iteration)


def test_without_a_bound_on_missed_values_a_repeated_one_goes_unseen(monkeypatch):
    monkeypatch.setattr(watch, "squares_beside", lambda source, values: 0.0)
    found = p_vectors(matrix_with(np.r_[1, 1, np.linspace(0.2, 0.1, 400)], 900, 500))
    assert found.converged[0]  # silently wrong
    assert found.spectral_gap[0] > 0.5


@pytest.mark.parametrize("shape", [(60, 20), (20, 60), (3000, 500)])
@pytest.mark.parametrize("center", [False, True])
def test_all_singular_values_are_numpys(shape, center):
    matrix = np.random.default_rng(8).random(shape) * 1e20
    expected = np.linalg.svd(matrix - center * matrix.mean(axis=0), compute_uv=False)
    assert singular_values(matrix, center=center) == pytest.approx(expected, rel=1e-9, abs=1e-12 * expected[0])
    rough = singular_values(matrix, center=center, relative_error=1e-6)
    assert rough == pytest.approx(expected, rel=1e-9, abs=1e-7 * expected[0])


@pytest.mark.parametrize("shape", [(700, 60), (60, 700), (70, 60)])
@pytest.mark.parametrize("center", [False, True])
def test_rough_singular_values_are_wrong_by_a_root_of_the_rounding_alone(shape, center):
    matrix = matrix_with(np.logspace(0, -12, 50), *shape) + center * 30 / np.sqrt(shape[0])
    expected = np.linalg.svd(matrix - center * matrix.mean(axis=0), compute_uv=False)
    found = singular_values(matrix, center=center, relative_error=1e-6)
    assert found == pytest.approx(expected, abs=1e-7 * expected[0])
    assert found != pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        (np.zeros((0, 3)), {}, "matrix: the matrix is empty (found shape (0, 3))"),
        ([], {}, "matrix: the matrix is empty"),
        (5, {}, "matrix: not a matrix (expected an array or a stream of row blocks, found int)"),
        (np.zeros(4), {}, "matrix: not a matrix (expected rows and columns of numbers, found shape (4,) of float64)"),
        (np.array([["a"]]), {}, "matrix: not a matrix (expected rows and columns of numbers, found shape (1, 1) "
                                "of <U1)"),
        (np.array([[1.0, 2], [3, np.nan]]), {}, "matrix: row 1, column 1 holds nan"),
        (np.array([[1.0, -np.inf], [3, 4]]), {}, "matrix: row 0, column 1 holds -inf"),
        (np.zeros((4, 3)), {}, "matrix: every entry of the matrix is zero: it has no P-vector"),
        (np.ones((4, 3)), {"center": True}, "matrix: every column is constant: centred, it has no P-vector"),
        (np.ones((4, 3)), {"k": 2}, "k: k is larger than the rank of the matrix (expected at most 1, found 2)"),
        (np.ones((4, 3)), {"k": 4}, "k: no such number of P-vectors (expected 1 to 3, found 4)"),
        (np.ones((4, 3)), {"k": 0}, "k: no such number of P-vectors (expected 1 to 3, found 0)"),
        ([np.ones((2, 3)), np.ones((2, 4))], {}, "matrix: blocks differ in width (expected 3, found 4)"),
    ],
)  # fmt: skip
def test_bad_matrices_are_clear_errors(matrix, options, message):
    with pytest.raises(InputError) as caught:
        p_vectors(matrix, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("place", [(0, 0), (899, 499), (450, 7)])
@pytest.mark.parametrize("center", [False, True])
def test_a_bad_entry_of_a_large_matrix_is_named_by_its_place(place, center):
    matrix = np.random.default_rng(9).random((900, 500), dtype=np.float32)
    matrix[place] = np.inf
    for call in (lambda: p_vectors(matrix, center=center), lambda: singular_values(matrix, center=center)):
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == f"matrix: row {place[0]}, column {place[1]} holds inf"


@pytest.mark.parametrize("degrees", [1e-7, 1e-3, 30, 89.9999999, 90])
def test_angles_are_accurate_from_tiny_to_right(degrees):
    rng = np.random.default_rng(9)
    u, v = np.linalg.qr(rng.standard_normal((500, 2)))[0].T
    turned = np.cos(np.radians(degrees)) * u + np.sin(np.radians(degrees)) * v
    for sign in (1, -3):
        assert angle(u, sign * turned) == pytest.approx(degrees, rel=1e-6, abs=1e-12)


def test_angles_obey_the_triangle_inequality_and_take_subspaces():
    rng = np.random.default_rng(10)
    for _ in range(50):
        u, v, w = rng.standard_normal((3, 6))
        assert angle(u, w) <= angle(u, v) + angle(v, w) + 1e-9
    plane = np.eye(5)[:, :2]
    assert angle(plane, np.eye(5)[:, [0, 2]]) == pytest.approx(90)
    assert principal_angles(plane, np.eye(5)[:, [0, 2]]) == pytest.approx([90, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("u", "v", "message"),
    [
        ([1.0, 2], [1.0, 2, 3], "v: vectors differ in length (expected 2, found 3)"),
        ([0.0, 0], [1.0, 2], "u: a vector is zero: it spans no line"),
        ([1.0, np.nan], [1.0, 2], "u: a vector holds NaN or infinity"),
    ],
)
def test_vectors_without_an_angle_are_clear_errors(u, v, message):
    with pytest.raises(InputError) as caught:
        angle(np.array(u), np.array(v))
    assert str(caught.value) == message


def test_values_that_rounding_to_float32_makes_are_no_rank():
    rng = np.random.default_rng(0)
    exact = np.outer(rng.standard_normal(20_000), rng.standard_normal(300))
    with pytest.raises(InputError, match=r"k is larger than the rank of the matrix \(expected at most 1, found 3\)"):
        p_vectors(exact.astype(np.float32), 3)
    second = np.outer(rng.standard_normal(20_000), rng.standard_normal(300)) * 1e-5
    found = p_vectors((exact + second).astype(np.float32), 2, tolerance=1.0)
    true = np.linalg.svd(exact + second, compute_uv=False)[1]
    assert found.singular_values[1] == pytest.approx(true, rel=1e-3)
