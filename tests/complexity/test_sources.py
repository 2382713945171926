"""Every kind of matrix gives the same P-vectors: streams, memory maps, tensors, a device's route, Dask."""

import os

import numpy as np
import pandas as pd
import pytest
import torch
from pvector_reference import check
from scipy import sparse

from complexity import angle, p_vectors, singular_values
from complexity.errors import InputError
from complexity.pvectors import lanczos, pvector

SHAPE = (3000, 300)


def decaying():
    """A float32 matrix of non-negative entries whose singular values fall off quickly."""
    rng = np.random.default_rng(7)
    return ((rng.random((SHAPE[0], 40)) * 0.7 ** np.arange(40)) @ rng.random((40, SHAPE[1]))).astype(np.float32)


MATRIX = decaying()


class Stream:
    """A stream that counts its readings."""

    def __init__(self, blocks):
        self.blocks, self.readings = blocks, 0

    def __iter__(self):
        self.readings += 1
        yield from self.blocks


@pytest.mark.parametrize("blocks", [1, 7, 500])
@pytest.mark.parametrize("center", [False, True])
def test_a_stream_of_blocks(blocks, center):
    stream = Stream(np.array_split(MATRIX, blocks))
    found = check(MATRIX, k=2, center=center, source=stream)
    assert found.converged.all()
    assert found.route.startswith("lanczos")
    assert found.passes <= stream.readings <= found.passes + 2  # and a look at the first block
    assert singular_values(stream, center=center) == pytest.approx(
        singular_values(MATRIX, center=center), rel=1e-6, abs=1e-3
    )
    assert singular_values(stream, center=center, relative_error=1e-6) == pytest.approx(
        singular_values(MATRIX, center=center), rel=1e-6, abs=1e-3
    )


def test_a_small_stream_takes_the_gram_matrix():
    assert check(MATRIX[:50, :9], source=Stream(np.array_split(MATRIX[:50, :9], 4))).route == "gram matrix"


def test_a_memory_map_is_read_as_it_is_stored(tmp_path):
    np.save(tmp_path / "matrix.npy", (MATRIX * 50).astype(np.uint8))
    stored = np.load(tmp_path / "matrix.npy", mmap_mode="r")
    found = check(stored)
    assert found.route == "lanczos in float32"
    assert found.passes <= 8


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16", "uint8"])
def test_a_tensor_gives_a_tensor(dtype):
    tensor = torch.as_tensor(MATRIX * 50).to(getattr(torch, dtype)).requires_grad_(dtype == "float32")
    before = tensor.detach().clone()
    found = check(tensor.detach().double().numpy(), source=tensor)
    assert isinstance(found.vectors, torch.Tensor)
    assert torch.equal(tensor, before)


@pytest.mark.parametrize("shape", [(3000, 300), (40, 9), (9, 40), (1, 5), (5, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", [1, 1e30])
def test_the_route_of_a_device_on_tensors_in_main_memory(monkeypatch, shape, dtype, center, scale):
    from complexity.pvectors.sources.device import DeviceSource

    monkeypatch.setattr(pvector, "open_source", DeviceSource)
    monkeypatch.setattr(lanczos, "open_source", DeviceSource)
    monkeypatch.setattr("complexity.pvectors.sources.device.PART", 70_000)
    tensor = (torch.as_tensor(MATRIX[: shape[0], : shape[1]]).double() * scale).to(getattr(torch, dtype))
    exact = tensor.double().numpy()
    if center and not np.ptp(exact, axis=0).any():
        with pytest.raises(InputError, match="every column is constant"):
            p_vectors(tensor, center=center)
        return
    found = check(exact, center=center, source=tensor)
    assert isinstance(found.vectors, torch.Tensor)
    assert found.converged.all()
    expected = np.linalg.svd(exact - center * exact.mean(axis=0), compute_uv=False)
    assert singular_values(tensor, center=center) == pytest.approx(expected, rel=1e-9, abs=1e-9 * expected[0])
    rough = singular_values(tensor, center=center, relative_error=1e-6)
    assert rough == pytest.approx(expected, rel=1e-9, abs=1e-7 * expected[0])


def test_a_device_names_bad_entries(monkeypatch):
    from complexity.pvectors.sources.device import DeviceSource

    monkeypatch.setattr(pvector, "open_source", DeviceSource)
    monkeypatch.setattr(lanczos, "open_source", DeviceSource)
    tensor = torch.as_tensor(MATRIX).clone()
    tensor[17, 5] = float("nan")
    with pytest.raises(InputError) as caught:
        p_vectors(tensor)
    assert str(caught.value) == "matrix: row 17, column 5 holds nan"


def test_a_dask_array_is_reduced_where_its_chunks_live(monkeypatch):
    dask = pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    import dask.array as da

    here = os.getpid()

    def chunk(block_info=None):
        assert os.getpid() != here, "a chunk was made outside the workers"
        (first, last), _ = block_info[None]["array-location"]
        return decaying()[first:last]

    gathered = []
    compute = dask.compute

    def watched(*arguments, **options):
        results = compute(*arguments, **options)
        gathered.extend(np.asarray(result).nbytes for result in results)
        return results

    monkeypatch.setattr(dask, "compute", watched)
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster):
        matrix = da.map_blocks(chunk, chunks=((700, 800, 900, 600), (300,)), dtype=np.float32)
        for center in (False, True):
            found = check(MATRIX, k=2, center=center, source=matrix)
            assert found.converged.all()
        assert singular_values(matrix) == pytest.approx(singular_values(MATRIX), rel=1e-6, abs=1e-3)
        bad = da.where(da.arange(3000)[:, None] == 2950, np.nan, matrix)
        with pytest.raises(InputError, match="row 2950, column 0 holds nan"):
            p_vectors(bad)
    assert max(gathered) <= MATRIX.nbytes / 5


def test_streams_that_cannot_be_read_again_are_clear_errors():
    with pytest.raises(InputError) as caught:
        p_vectors(iter(np.array_split(MATRIX, 3)))
    assert str(caught.value) == (
        "matrix: the stream can be read once only, and more passes are needed (expected an iterable that starts anew "
        "each time, such as a list of blocks, found list_iterator)"
    )

    class Ending(Stream):
        def __iter__(self):
            self.readings += 1
            yield from self.blocks[: 3 if self.readings < 4 else 1]

    with pytest.raises(InputError) as caught:
        p_vectors(Ending(np.array_split(MATRIX, 3)))
    assert str(caught.value) == "matrix: the stream does not give the same rows again (expected 3000, found 1000)"


def test_all_routes_agree():
    matrix = MATRIX[:, :280]
    first = p_vectors(matrix).vectors[:, 0]
    others = [matrix[:, ::-1].copy(), np.asfortranarray(matrix), np.array_split(matrix, 5), torch.as_tensor(matrix)]
    for other in others:
        assert angle(p_vectors(other).vectors[:, 0], first) < 2e-4


@pytest.mark.parametrize(
    "kind",
    [np.ndarray.tolist, pd.DataFrame, sparse.csr_matrix, sparse.coo_array, lambda matrix: sparse.csc_matrix(matrix)],
)
def test_lists_frames_and_sparse_matrices_are_read_as_the_matrix_that_they_are(kind):
    matrix = np.random.default_rng(0).random((60, 5)) * (np.random.default_rng(1).random((60, 5)) < 0.4)
    found, expected = p_vectors(kind(matrix)), p_vectors(matrix)
    assert found.vectors == pytest.approx(expected.vectors, abs=1e-12)
    assert singular_values(kind(matrix)) == pytest.approx(singular_values(matrix), abs=1e-12)


def test_a_sparse_matrix_is_never_dense_as_a_whole(monkeypatch):
    matrix = sparse.random(200, 5, 0.3, random_state=np.random.default_rng(0), format="csr")
    expected, dense, shapes = p_vectors(matrix.toarray()), type(matrix).toarray, []

    def noted(self, *args, **kwargs):
        shapes.append(self.shape)
        return dense(self, *args, **kwargs)

    monkeypatch.setattr(type(matrix), "toarray", noted)
    monkeypatch.setattr("complexity.pvectors.sources.tables.BLOCK_ENTRIES", 50)
    assert p_vectors(matrix).vectors == pytest.approx(expected.vectors, abs=1e-10)
    assert set(shapes) == {(10, 5)}


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ma.masked_greater(np.ones((3, 2)), 2), "a masked array has entries that are not there"),
        ([[1.0, 2.0], [3.0]], "not a matrix (expected rows of the same length, found list)"),
        ([1.0, 2.0], "not a matrix (expected rows and columns of numbers, found shape (2,) of float64)"),
        ("matrix.npy", "not a matrix (expected an array or a stream of row blocks, found str)"),
        (torch.eye(3).to_sparse(), "a sparse tensor (expected a dense tensor, or a sparse matrix of SciPy"),
    ],
)
def test_what_is_no_matrix_is_said_in_words(matrix, message):
    with pytest.raises(InputError) as caught:
        p_vectors(matrix)
    assert message in str(caught.value)


@pytest.mark.parametrize("k", [0, 1.5, True, 6])
def test_the_number_of_vectors_is_a_whole_one(k):
    with pytest.raises(InputError, match=r"k: no such number of P-vectors \(expected 1 to 5"):
        p_vectors(np.random.default_rng(0).random((9, 5)), k)


def test_a_tensor_without_data_is_refused():
    with pytest.raises(InputError, match="matrix: a tensor on the device 'meta' holds no data"):
        p_vectors(torch.ones((4, 3), device="meta"))
