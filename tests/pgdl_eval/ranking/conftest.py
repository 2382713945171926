"""Trained classifiers of digits on the disk, made once."""

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import digit_classifiers  # noqa: E402


@pytest.fixture(scope="session")
def zoo(tmp_path_factory):
    """`folder` with train.npz, test.npz, onnx/, weights/, net.py and gaps.csv; `networks` and `gaps` by name."""
    folder, threads = tmp_path_factory.mktemp("zoo"), torch.get_num_threads()
    torch.set_num_threads(1)
    train, test = digit_classifiers.digits()
    networks = digit_classifiers.classifiers(train)
    torch.set_num_threads(threads)
    for part, (x, y) in (("train", train), ("test", test)):
        np.savez(folder / f"{part}.npz", x=x, y=y)
    for kind in ("onnx", "weights"):
        (folder / kind).mkdir()
    for name, network in networks.items():
        digit_classifiers.write_onnx(folder / "onnx" / f"{name}.onnx", network, train[0])
        torch.save(network.state_dict(), folder / "weights" / f"{name}.pt")
    (folder / "net.py").write_text(digit_classifiers.FACTORY)
    gaps = {
        n: digit_classifiers.accuracy(m, *train) - digit_classifiers.accuracy(m, *test) for n, m in networks.items()
    }
    lines = [f"{name},{gap},{','.join(name.split('_')[1:])}" for name, gap in gaps.items()]
    (folder / "gaps.csv").write_text("\n".join(["model,gap,width,dropout,noise", *lines]))
    return SimpleNamespace(folder=folder, networks=networks, gaps=gaps, train=train, test=test)
