"""A command as a terminal runs it, with its one-line errors, in this process."""

from unittest import mock

from click.testing import CliRunner, Result

from pgdl_eval.terminal import run


class CommandLine:
    """What `CliRunner` may call in place of a command."""

    name = "pvector"

    def __init__(self, command):
        self.command = command

    def main(self, args, prog_name, **options):
        with mock.patch("sys.argv", [prog_name, *args]):
            run(self.command, prog_name)


def invoke(command, *arguments, columns=80) -> Result:
    """Status, output and errors of a command with these arguments, in a terminal that wide."""
    runner = CliRunner(env={"COLUMNS": str(columns)})
    return runner.invoke(CommandLine(command), [str(argument) for argument in arguments], catch_exceptions=False)
