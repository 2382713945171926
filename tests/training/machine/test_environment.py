"""What is said of the code that made something."""

import shutil

import pytest

import training.machine.environment
from training.machine.environment import code_version


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Where the code seems to lie."""
    file = tmp_path / "training" / "machine" / "environment.py"
    monkeypatch.setattr(training.machine.environment, "__file__", str(file))
    return tmp_path


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_commit_that_git_does_not_tell_is_said_to_be_unknown(root):
    assert set(code_version()) == {"source_sha256"}
    (root / ".git").mkdir()
    assert code_version()["commit"].startswith("unknown: fatal: not a git repository")


def test_a_change_in_any_of_the_four_packages_is_another_version(root):
    versions = [code_version()["source_sha256"]]
    for package in ("complexity", "baselines", "pgdl_eval", "training"):
        (root / package / "inner").mkdir(parents=True)
        (root / package / "inner" / "code.py").write_text("x = 1\n")
        versions.append(code_version()["source_sha256"])
    assert len(set(versions)) == 5
