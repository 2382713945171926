"""What all commands share: loading when called, errors and interruptions in one line, common options, the bar."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

Function = TypeVar("Function", bound=Callable[..., Any])
EXTRAS = {"torch": "torch", "safetensors": "torch", "PIL": "torch", "filelock": "torch", "torchvision": "torchvision"}
EXTRAS |= {"keras": "keras", "tensorflow": "keras", "sklearn": "keras", "tensorboard": "tensorboard"}
EXTRAS |= {"dask": "dask", "distributed": "dask", "powerlaw": "spectra", "pyarrow": "parquet"}
INTERRUPTED, TERMINATED = 130, 143  # the status of a command that Ctrl-C, or SIGTERM, ended, as of a shell


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends what is at work as Ctrl-C does."""


class LazyGroup(click.Group):
    """A group of commands, each of which is imported when it is called or asked for its help.

    Parameters
    ----------
    commands : by name, `package.module:command` and the line that the group's own help has for it.
    """

    def __init__(self, *, lazy: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return None
        module, _, name = self.lazy[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.lazy.items()])


def run(command: click.Command, name: str | None = None) -> None:
    """Run a command line: bad input ends it with one line and status 1, Ctrl-C and SIGTERM with one and 130 or 143.

    A package of an extra that is not installed is such a line, too.
    """
    try:
        with _sigterm_raises():
            status = command.main(prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        terminated = isinstance(error, Terminated) or isinstance(error.__cause__, Terminated)
        word = "terminated" if terminated else "interrupted"
        _say(f"{word}: what is done is kept, and the same command goes on from there")
        sys.exit(TERMINATED if terminated else INTERRUPTED)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRAS:
            raise
        _say(f"error: {missing} is not installed (expected the extra [{EXTRAS[missing]}])")
        sys.exit(1)
    except Exception as error:
        from complexity.errors import InputError  # not before there is an error: the package takes longer than `--help`

        if not isinstance(error, InputError):
            raise
        _say(f"error: {error}")
        for note in getattr(error, "__notes__", ()):
            _say(note)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` within the context, unless somebody else has said what it does."""
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def console(*, quiet: bool = False, error: bool = True) -> Console:
    """A console that prints text as it stands, in colour on a terminal alone; a quiet one prints nothing.

    Control characters in a text are shown as \\xNN.
    """
    from .safe_console import SafeConsole

    return SafeConsole(stderr=error, quiet=quiet, markup=False, highlight=False)


def settings_option(help_text: str) -> Callable[[Function], Function]:
    """`--set NAME=VALUE`, repeatable, as a mapping called `settings`; VALUE is JSON or a plain word."""
    return click.option(
        "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=_read_settings, help=help_text
    )  # fmt: skip


def quiet_option(function: Function) -> Function:
    """`--quiet`."""
    return click.option("--quiet", is_flag=True, help="Print errors alone.")(function)


def json_option(function: Function) -> Function:
    """`--json`, as a flag called `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and no tables.")(function)


@contextmanager
def progress_bar(shown_on: Console) -> Iterator[Progress]:
    """A bar of rows with a name, a count, a text of their own (the field `state`), elapsed and remaining time."""
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[state]}", markup=False),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=shown_on, disable=shown_on.quiet) as bar:
        yield bar


def _say(text: str) -> None:
    console().print(text, soft_wrap=True)


def _read_settings(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> dict[str, Any]:
    from .measures import read_setting

    return dict(map(read_setting, texts))
