"""What all commands share."""

import subprocess
import sys

import click
import pytest

from complexity.errors import InputError
from pgdl_eval.terminal import LazyGroup, Terminated, console, progress_bar, run


def status(command, arguments, monkeypatch):
    """What a command line ends with."""
    monkeypatch.setattr("sys.argv", ["tool", *arguments])
    with pytest.raises(SystemExit) as ended:
        run(command, "tool")
    return ended.value.code


def raising(error):
    @click.command()
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("no such file", file="a[b].npz"), 1, "error: a[b].npz: no such file\n"),
        (KeyboardInterrupt(), 130, "interrupted: what is done is kept, and the same command goes on from there\n"),
        (Terminated(), 143, "terminated: what is done is kept, and the same command goes on from there\n"),
        (click.UsageError("too few folders"), 2, "Error: too few folders\n"),
        (SystemExit(1), 1, ""),
        (ModuleNotFoundError("no", name="torch.nn"), 1, "error: torch is not installed (expected the extra [torch])\n"),
    ],
)
def test_a_command_ends_with_one_line_and_a_status(error, code, said, monkeypatch, capsys):
    assert status(raising(error), [], monkeypatch) == code
    assert capsys.readouterr().err.lstrip("\n").endswith(said)


def test_a_command_that_succeeds_has_status_0(monkeypatch):
    assert status(click.command()(lambda: None), [], monkeypatch) == 0


def test_errors_of_the_program_itself_are_not_hidden(monkeypatch):
    monkeypatch.setattr("sys.argv", ["tool"])
    with pytest.raises(ZeroDivisionError):
        run(raising(ZeroDivisionError()))


def test_a_lazy_group_lists_its_commands_without_importing_them(monkeypatch, capsys):
    group = LazyGroup(lazy={"one": ("no.such.module:command", "What it does.")}, help="A tool.")
    assert status(group, ["--help"], monkeypatch) == 0
    assert "one  What it does." in capsys.readouterr().out
    assert status(group, ["two"], monkeypatch) == 2
    with pytest.raises(ModuleNotFoundError):
        status(group, ["one"], monkeypatch)


def test_a_quiet_console_prints_nothing(capsys):
    shown_on = console(quiet=True)
    shown_on.print("hello")
    with progress_bar(shown_on) as bar:
        bar.advance(bar.add_task("row", total=1, state=""))
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_the_command_starts_without_frameworks_and_heavy_packages():
    heavy = ["torch", "tensorflow", "keras", "pandas", "matplotlib", "scipy.stats", "h5py", "sklearn", "dask"]
    script = (
        "import sys; from training.command import commands; commands(['--help'], standalone_mode=False); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "train     Train networks and zoos" in done.stdout


def test_control_characters_are_shown_and_not_sent(capsys):
    from rich.table import Table

    names = "\x1b[2J\x1b]0;title\x07", "a\u202eb", "\x9b31m"
    shown = console(error=False)
    shown.print(names[0])
    shown.print(f"two\nlines {names[2]}")
    table = Table("name")
    table.add_row(names[1])
    shown.print(table)
    text = capsys.readouterr().out
    assert not set(text) & set("\x1b\x07\u202e\x9b")
    assert [word in text for word in (r"\x1b[2J\x1b]0;title", r"a\u202eb", r"\x9b31m", "two\nlines")] == [True] * 4


def test_errors_show_control_characters_too(monkeypatch, capsys):
    error = InputError("no number", file="a\x1b[2Jb", model="m\nerror: x", field="f\x07", found="\ud800")
    assert status(raising(error), [], monkeypatch) == 1
    assert capsys.readouterr().err == "error: a\\x1b[2Jb: m\\nerror: x: f\\x07: no number (found \\ud800)\n"


def test_errors_leave_out_the_middle_of_what_is_long():
    text = str(InputError("no number", found="x" * 10**6))
    assert text.endswith("... (998000 characters) ..." + " " + "x" * 1000 + ")")
    assert len(text) < 2100
