"""P-vectors against a float64 SVD: easy and hard spectra, invariances, sources, errors."""

import numpy as np
import pytest

from complexity import angle, p_vectors, singular_values
from complexity.errors import InputError

ROUTES = {"gram matrix": (120, 40), "lanczos": (2000, 1200)}


def matrix_with(values, rows, columns, seed=0):
    """A float64 matrix with these singular values; the rest are 0."""
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.standard_normal((rows, len(values))))[0]
    right = np.linalg.qr(rng.standard_normal((columns, len(values))))[0]
    return (left * values) @ right.T


def check(matrix, k=1, center=False, **options):
    """The shared reference: within 1e-4 degrees of the SVD, or said not to have converged."""
    exact = np.asarray(matrix, np.float64)
    exact = exact - exact.mean(axis=0) if center else exact
    left, sigma, _ = np.linalg.svd(exact, full_matrices=False)
    found = p_vectors(matrix, k, center=center, **options)
    assert np.linalg.norm(found.vectors, axis=0) == pytest.approx(np.ones(k), abs=1e-6)
    for j in range(k):
        true = angle(found.vectors[:, j], left[:, j])
        assert true <= 1e-4 or (not found.converged and true <= found.angle_error.max()), (true, found)
    expected = np.append(sigma, 0)[: k + 1]
    assert found.singular_values[:k] == pytest.approx(expected[:k], rel=1e-5)
    assert found.explained_variance_ratio == pytest.approx(sigma[:k] ** 2 / np.sum(sigma**2), rel=1e-4)
    return found


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gap", [0.8, 0.1, 0.01, 0.001])
def test_a_gap_from_large_to_a_thousandth_is_resolved_or_said_not_to_be(route, dtype, gap):
    rows, columns = ROUTES[route]
    values = np.r_[1, (1 - gap) * np.linspace(1, 0.1, min(rows, columns) - 1)]
    found = check(matrix_with(values, rows, columns).astype(dtype))
    assert found.spectral_gap[0] == pytest.approx(gap, rel=0.25)
    assert found.route.startswith(route)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("seed", range(5))
def test_a_repeated_top_value_is_never_taken_for_one(route, seed):
    rows, columns = ROUTES[route]
    values = np.r_[1, 1, np.linspace(0.9, 0.1, min(rows, columns) - 2)]
    found = p_vectors(matrix_with(values, rows, columns, seed), rng=seed)
    assert not found.converged
    assert found.spectral_gap[0] < 1e-6
    assert "nearest other" in found.reason
    assert found.angle_error[0] == 90


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("center", [False, True])
def test_several_p_vectors_centred_or_not(route, center):
    rows, columns = ROUTES[route]
    values = np.r_[1, 0.7, 0.5, 0.3, np.linspace(0.2, 0.01, min(rows, columns) - 4)]
    check(matrix_with(values, rows, columns) + 0.001, k=3, center=center)


@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (5, 200), (3000, 1200)])
def test_one_row_one_column_and_fewer_rows_than_columns(shape):
    check(np.random.default_rng(1).random(shape))


@pytest.mark.parametrize("scale", [1e-30, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_very_small_and_very_large_entries(scale, dtype):
    check((np.random.default_rng(2).random((200, 30)) * scale).astype(dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float16, np.bool_])
def test_whole_numbers_and_half_precision_are_read_as_they_are(dtype):
    numbers = np.random.default_rng(3).integers(0, 2 if dtype == np.bool_ else 200, (2000, 1100)).astype(dtype)
    before = numbers.copy()
    check(numbers)
    assert np.array_equal(numbers, before)


def test_a_start_that_is_orthogonal_to_the_answer_is_no_trap():
    columns = np.random.default_rng(4).standard_normal((3000, 1100))
    columns -= columns.mean(axis=0)
    columns[:, 0] *= 5
    check(columns)


def test_what_leaves_p_vectors_as_they_are_and_what_does_not():
    rng = np.random.default_rng(5)
    matrix = rng.random((300, 40))
    vector = p_vectors(matrix).vectors[:, 0]
    rotation = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    order = rng.permutation(300)
    for same in (matrix @ rotation, 7 * matrix, np.hstack([matrix, np.zeros((300, 9))])):
        assert angle(p_vectors(same).vectors[:, 0], vector) < 1e-6
    assert p_vectors(matrix[order]).vectors[:, 0] == pytest.approx(vector[order], abs=1e-10)
    assert angle(p_vectors(matrix, center=True).vectors[:, 0], vector) > 10


def test_the_sign_does_not_depend_on_the_matrixs():
    matrix = np.random.default_rng(6).random((50, 9))
    for center in (False, True):
        first, second = (p_vectors(m, center=center).vectors[:, 0] for m in (matrix, -matrix))
        assert first == pytest.approx(second, abs=1e-9)
    assert p_vectors(matrix).vectors[:, 0].sum() > 0


def test_a_stream_of_blocks_and_a_memory_map_are_read_block_by_block(tmp_path):
    matrix = np.random.default_rng(7).random((5000, 900), dtype=np.float32)
    np.save(tmp_path / "matrix.npy", matrix)
    whole = check(matrix)
    for source in (np.array_split(matrix, 7), np.load(tmp_path / "matrix.npy", mmap_mode="r")):
        found = p_vectors(source)
        assert angle(found.vectors[:, 0], whole.vectors[:, 0]) < 1e-5
        assert found.passes <= 20


def test_all_singular_values_are_numpys():
    matrix = np.random.default_rng(8).random((60, 20)) * 1e20
    assert singular_values(matrix) == pytest.approx(np.linalg.svd(matrix, compute_uv=False), rel=1e-12)


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        (np.zeros((0, 3)), {}, "matrix: the matrix is empty"),
        (np.zeros(4), {}, "matrix: not a matrix (expected rows and columns of numbers, found shape (4,) of float64)"),
        (np.array([["a"]]), {}, "matrix: not a matrix (expected rows and columns of numbers, found shape (1, 1) "
                                "of <U1)"),
        (np.array([[1.0, 2], [3, np.nan]]), {}, "matrix: row 1, column 1 holds nan"),
        (np.array([[1.0, -np.inf], [3, 4]]), {}, "matrix: row 0, column 1 holds -inf"),
        (np.zeros((4, 3)), {}, "matrix: every entry of the matrix is zero: it has no P-vector"),
        (np.ones((4, 3)), {"center": True}, "matrix: every column is constant: centred, it has no P-vector"),
        (np.ones((4, 3)), {"k": 2}, "k: k is larger than the rank of the matrix (expected fewer, found 2)"),
        (np.ones((4, 3)), {"k": 4}, "k: no such number of P-vectors (expected 1 to 3, found 4)"),
        ([np.ones((2, 3)), np.ones((2, 4))], {}, "matrix: blocks differ in width (expected 3, found 4)"),
    ],
)  # fmt: skip
def test_bad_matrices_are_clear_errors(matrix, options, message):
    with pytest.raises(InputError) as caught:
        p_vectors(matrix, **options)
    assert str(caught.value) == message


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
    assert angle(plane, np.eye(5)[:, [0, 2]], every=True) == pytest.approx([90, 0], abs=1e-6)


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
