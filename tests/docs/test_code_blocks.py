import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from training.command import commands

sys.path.insert(0, str(Path(__file__).resolve().parent))  # also the folder of the scripts

from blocks import PAGES, ROOT, blocks
from list_of_measures import FILE, document

RUN = [page for page in PAGES if any(not block.reason for block in blocks(page.read_text("utf-8")))]
PVECTOR = '#!/bin/sh\nexec "{python}" -c "from training.command import main; main()" "$@"\n'
NAMED = {page.name: page for page in PAGES}


@pytest.fixture
def programs(tmp_path):
    """The folders of `pvector` of this checkout and of `python` of this environment."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pvector").write_text(PVECTOR.format(python=sys.executable))
    (folder / "pvector").chmod(0o755)
    return os.pathsep.join([str(folder), str(Path(sys.executable).parent)])


@pytest.mark.parametrize("page", [page.name for page in RUN])
def test_the_code_blocks_of_a_page_run_one_after_the_other(page, programs, tmp_path):
    missing = [name for name in ("keras", "torch", "skl2onnx") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"pages use {', '.join(missing)}")
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {
        **os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "CHECKOUT": str(ROOT),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/support")]),
        "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg",
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "tests/docs/blocks.py"), str(NAMED[page])]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_what_is_not_run_says_why_and_is_written_right():
    kept = {page.name: [one for one in blocks(page.read_text("utf-8")) if one.reason] for page in PAGES}
    assert {name for name, of in kept.items() if of} == {
        "README.md", "CONTRIBUTING.md", "add_a_measure.md", "convergence.md", "convergence_details.md", "plugin.md",
        "scale.md", "scoring.md", "table1.md", "training.md", "zoo.md",
    }  # fmt: skip
    for name, of in kept.items():
        for block in of:
            assert re.match(r"(installs|minutes|hours|needs|takes|every measure|each model|Keras in)", block.reason)
            check_syntax(name, block)


def check_syntax(name, block):
    if block.language == "python":
        compile(block.code, name, "exec")
    else:
        done = subprocess.run(["bash", "-n", "-c", block.code], capture_output=True, text=True)
        assert done.returncode == 0, f"{name}, line {block.line}: {done.stderr}"


def commands_in(text):
    """Every call of pvector in shell blocks, and in the running text between backticks."""
    lines = [line for block in blocks(text) if block.language == "bash" for line in logical_lines(block.code)]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    spans = [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose)]
    for call in [*lines, *spans]:
        if re.match(r"pvector [a-z]", call):
            yield call, shlex.split(call, comments=True)[1:]


def logical_lines(code):
    return [line.strip() for line in code.replace("\\\n", " ").splitlines()]


def check_call(words):
    """Raise a click error for a command or an option that does not exist."""
    command, context = commands, click.Context(commands)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.get_command(context, words[0]), words[1:]
        assert command is not None
        context = click.Context(command, parent=context)
    command.make_parser(context).parse_args(list(words))


def test_every_call_of_pvector_in_the_docs_has_only_options_that_it_takes():
    found = [(page.name, *one) for page in PAGES for one in commands_in(page.read_text("utf-8"))]
    assert len(found) > 30
    for page, call, words in found:
        try:
            check_call(words)
        except (click.ClickException, AssertionError) as error:
            pytest.fail(f"{page}: {call}: {error}")


def test_an_option_that_pvector_does_not_take_is_found():
    with pytest.raises(click.NoSuchOption):
        check_call(["rank", "models", "--dat", "x.npz", "--sorted"])
    with pytest.raises(AssertionError):
        check_call(["sort", "models"])


def test_the_list_of_measures_is_that_of_the_registry():
    assert FILE.read_text("utf-8") == document(FILE.read_text("utf-8")), (
        "python tests/docs/list_of_measures.py writes it"
    )


def test_readme_is_one_page_and_its_first_command_with_pytest_is_the_one_that_tests():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count("\n") <= 110
    first = next(line for line in text.splitlines() if "-m pytest" in line)
    assert first == "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/python -m pytest"
