"""`pvector check`: what `complexity.check` says, and what it means for every measure."""

from command_line import invoke

from pgdl_eval.__main__ import commands
from pgdl_eval.sample.run import FOLDER


def test_measures_that_can_and_that_cannot_be_computed_are_named_with_what_they_lack(zoo):
    model = zoo.folder / "onnx" / "cnn_16_0_0.onnx"
    result = invoke(commands, "check", model, "--data", zoo.folder / "train.npz")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert text.startswith("cnn_16_0_0: measures can be computed.")
    can, cannot = text.split("Measures that can be computed:")[1].split("Measures that cannot:")
    assert "    angle: one forward pass over the samples" in can
    assert "    jacobian_norm: needs gradients, which ONNX models do not give" in cannot
    assert "    distance: needs the weights before training" in cannot


def test_a_model_of_a_task_has_its_weights_before_training():
    result = invoke(commands, "check", FOLDER / "digits")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("measures can be computed.") == 32
    assert "distance: none but reading the weights" in result.stdout


def test_what_is_to_mend_ends_with_status_1(zoo):
    model, factory = zoo.folder / "weights" / "cnn_16_0_0.pt", f"{zoo.folder / 'net.py'}:make"
    result = invoke(commands, "check", model, "--data", zoo.folder / "train.npz", "--factory", factory)
    assert result.exit_code == 0, result.output
    result = invoke(commands, "check", model, "--data", zoo.folder / "train.npz")
    assert result.exit_code == 1
    assert "a file of weights does not say what network it is of" in result.stderr
