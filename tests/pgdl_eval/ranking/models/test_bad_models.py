"""What cannot be ranked is named with the reason and how to go on; the others are ranked, and the status is 1."""

import pickle
import re
import shutil
import warnings

import numpy as np
import pytest
from command_line import invoke

import pgdl_eval
from complexity.errors import InputError
from pgdl_eval.__main__ import commands
from pgdl_eval.ranking.models.model_files import family_of, names_of

torch = pytest.importorskip("torch")


def rank(zoo, tmp_path, *arguments, data=None):
    given = (
        "--data",
        data or zoo.folder / "train.npz",
        "--measure",
        "angle",
        "--halves",
        "0",
        "--out",
        tmp_path / "out",
    )
    result = invoke(commands, "rank", *arguments, *given)
    return result, " ".join((result.stdout + result.stderr).split())


def beside(zoo, tmp_path, count=2):
    """A folder with good models."""
    folder = tmp_path / "models"
    folder.mkdir()
    for source in sorted((zoo.folder / "weights").iterdir())[:count]:
        shutil.copy(source, folder)
    return folder, ("--factory", f"{zoo.folder / 'net.py'}:make")


class Evil:
    def __reduce__(self):
        return (print, ("the code of the file ran",))


def test_pickled_models_are_refused_with_how_to_convert_and_nothing_of_them_runs(zoo, tmp_path, capfd):
    folder, factory = beside(zoo, tmp_path)
    torch.save(next(iter(zoo.networks.values())), folder / "whole_16_.pt")
    (folder / "evil_16_.pt").write_bytes(pickle.dumps(Evil()))
    result, text = rank(zoo, tmp_path, folder, *factory)
    assert result.exit_code == 1
    assert "ranked best of 2 models" in text
    said = "pickled Python objects are not read, since reading them runs code"
    assert f"failed 2 models (evil_16_, whole_16_): {said}" in text
    assert "torch.save(model.state_dict(), 'weights.pt')" in text
    assert "the code of the file ran" not in capfd.readouterr().out
    _, text = rank(zoo, tmp_path, folder / "whole_16_.pt")  # also before a factory is asked for
    assert said in text


def test_weights_without_a_factory_say_what_is_missing(zoo, tmp_path):
    result, text = rank(zoo, tmp_path, zoo.folder / "weights")
    assert result.exit_code == 1
    assert "a file of weights does not say what network it is of" in text
    assert "--factory package.module:function" in text


def test_weights_that_do_not_fit_the_factory_are_named(zoo, tmp_path):
    folder, factory = beside(zoo, tmp_path)
    shutil.copy(sorted((zoo.folder / "weights").iterdir())[0], folder / "wrong_64.pt")  # narrow weights
    result, text = rank(zoo, tmp_path, folder, *factory)
    assert result.exit_code == 1
    assert "failed wrong_64: " in text
    assert "the weights do not fit the module of the factory" in text


@pytest.mark.parametrize("nested", ["state_dict", "model_state_dict"])
def test_state_dictionaries_are_found_beside_what_training_keeps(zoo, tmp_path, nested):
    from safetensors.torch import save_file

    folder, factory = beside(zoo, tmp_path, count=0)
    name, network = next(iter(zoo.networks.items()))
    torch.save({nested: network.state_dict(), "epoch": 3}, folder / f"{name}.ckpt")
    save_file(network.state_dict(), folder / f"safe_{name}.safetensors")
    result, text = rank(zoo, tmp_path, folder, *factory)
    assert result.exit_code == 0, text
    assert "no measure tells two models apart" in text  # both are the same model


def test_stored_programs_of_pytorch_need_trust(zoo, tmp_path):
    folder, factory = beside(zoo, tmp_path)
    name, network = next(iter(zoo.networks.items()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch calls TorchScript deprecated
        torch.jit.trace(network, torch.from_numpy(zoo.train[0][:2])).save(str(folder / f"script_{name}.pt"))
    torch.export.save(
        torch.export.export(network, (torch.from_numpy(zoo.train[0][:2]),)), folder / f"export_{name}.pt2"
    )
    result, text = rank(zoo, tmp_path, folder, *factory)
    assert result.exit_code == 1
    assert re.search(r"failed 2 models \(.*\): a program is stored in the file, and none is run; --trust runs it", text)
    result, text = rank(zoo, tmp_path, folder, *factory, "--trust")
    assert result.exit_code == 0, text
    assert "ranked best of 4 models" in text


def test_damaged_files_and_inputs_that_do_not_fit_are_named(zoo, tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(zoo.folder / "onnx", folder)
    (folder / "cut.onnx").write_bytes((folder / "cnn_16_0_0.onnx").read_bytes()[:1000])
    (folder / "empty.pt").write_bytes(b"")
    result, text = rank(zoo, tmp_path, folder)
    assert result.exit_code == 1
    assert "failed cut: " in text
    assert "failed empty: " in text
    assert "ranked best of 8 models" in text
    x, y = zoo.train
    np.savez(tmp_path / "last.npz", x=np.moveaxis(x, 1, -1), y=y)
    factory = ("--factory", f"{zoo.folder / 'net.py'}:make")
    result, text = rank(zoo, tmp_path, zoo.folder / "weights", *factory, data=tmp_path / "last.npz")
    assert result.exit_code == 1
    assert "inputs.transpose(0, 3, 1, 2)" in text
    assert "Nothing could be ranked" in text


def test_labels_outside_the_classes_and_outputs_of_different_numbers_are_said(zoo, tmp_path):
    x, y = zoo.train
    table = pgdl_eval.rank(zoo.networks, (x, y + 5), measures=["pseudo_validation", "angle"], halves=0)
    assert all("class numbers from 0 to 9" in text for text in table["warnings"])
    other = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    table = pgdl_eval.rank({**zoo.networks, "three": other}, zoo.train, measures=["angle"], halves=0)
    assert any("different numbers of outputs" in note for note in table.attrs["notes"])


def test_a_model_without_weights_is_named_and_others_are_ranked(zoo):
    table = pgdl_eval.rank({**zoo.networks, "none": torch.nn.Flatten()}, zoo.train, measures=["angle"], halves=0)
    assert len(table) == 9
    assert table["place"].notna().sum() == 8
    assert "none" in table.attrs["failures"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing_there"], "no such file or folder"),
        (["*.nothing"], "no file fits this pattern"),
        (["EMPTY"], "no models in this folder"),
        (["README.txt"], "no kind of model that is known"),
    ],
)
def test_paths_without_models_are_errors(zoo, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "EMPTY").mkdir()
    (tmp_path / "README.txt").write_text("no model")
    result, text = rank(zoo, tmp_path, *arguments)
    assert result.exit_code == 1
    assert words in text


def test_models_of_one_stem_are_told_apart_and_two_of_one_name_are_an_error(zoo, tmp_path):
    network = next(iter(zoo.networks.values()))
    assert names_of([tmp_path / "a" / "m.onnx", tmp_path / "b" / "m.onnx"]) == ["a/m", "b/m"]
    assert names_of([tmp_path / "m.onnx", tmp_path / "m.keras"]) == ["m.onnx", "m.keras"]
    assert family_of("run1/epoch_12") == ("run1", 12)
    assert family_of("vgg-step=500") == ("vgg", 500)
    assert family_of("cnn_16") == ("cnn_16", None)
    (tmp_path / "0 Sequential.onnx").write_bytes((zoo.folder / "onnx" / "cnn_16_0_0.onnx").read_bytes())
    with pytest.raises(InputError, match="two models of one name"):
        pgdl_eval.rank([network, tmp_path / "0 Sequential.onnx"], zoo.train)


def test_models_of_python_cannot_go_to_workers(zoo):
    with pytest.raises(InputError, match="models of this process cannot go to others"):
        pgdl_eval.rank(zoo.networks, zoo.train, workers=2)


def test_a_failing_factory_is_the_failure_of_its_models(zoo, tmp_path):
    (tmp_path / "broken.py").write_text("def make():\n    raise ZeroDivisionError('no luck')\n")
    result, text = rank(zoo, tmp_path, zoo.folder / "weights", "--factory", f"{tmp_path / 'broken.py'}:make")
    assert result.exit_code == 1
    assert "the factory fails: ZeroDivisionError: no luck" in text
    result, text = rank(zoo, tmp_path, zoo.folder / "weights", "--factory", "no_such_module:make")
    assert "no function can be had" in text


def test_networks_with_several_inputs_are_ranked_and_cannot_be_scaled(tmp_path):
    class Two(torch.nn.Module):
        def __init__(self, width):
            super().__init__()
            self.first, self.last = torch.nn.Linear(7, width), torch.nn.Linear(width, 3)

        def forward(self, a, b):
            return self.last(torch.relu(self.first(torch.cat([a, b], 1))))

    generator = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", a=generator.random((30, 3), np.float32), b=generator.random((30, 4), np.float32),
             y=np.arange(30) % 3)  # fmt: skip
    models = {"narrow": Two(4), "wide": Two(9)}
    table = pgdl_eval.rank(models, str(tmp_path / "d.npz"), x="a,b", halves=2)
    assert table["place"].notna().all()
    assert "mixup_davies_bouldin" in table.attrs["left_out"]  # needs images
    with pytest.raises(InputError, match="several inputs cannot be scaled here"):
        pgdl_eval.rank(models, str(tmp_path / "d.npz"), x="a,b", normalize="0,255")


def test_a_changed_factory_file_is_another_model(zoo, tmp_path):
    from pgdl_eval.ranking.models.model_files import find_models
    from pgdl_eval.ranking.models.options import Options

    (tmp_path / "net.py").write_text("def make():\n    pass\n")
    options = Options(f"{tmp_path / 'net.py'}:make")
    before = find_models([zoo.folder / "weights"], options)[0].identity()
    (tmp_path / "net.py").write_text("def make():\n    return 1\n")
    assert find_models([zoo.folder / "weights"], options)[0].identity() != before


def test_names_of_files_cannot_act_on_the_terminal_and_are_found_again(zoo, tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(zoo.folder / "onnx", folder)
    (folder / "cnn_16_0_0.onnx").rename(folder / "\x1b[31m[bold]red.onnx")
    for _ in range(2):
        result, text = rank(zoo, tmp_path, folder)
        assert result.exit_code == 0, text
        assert "\x1b" not in result.stdout
        assert "\\x1b[31m[bold]red" in "".join(text.split())
    with pytest.raises(InputError, match="control characters"):
        pgdl_eval.rank({"\x1b": zoo.networks["cnn_16_0_0"]}, zoo.train)
