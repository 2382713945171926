"""`python -m training`: train by recipe, record P-vectors and draw what they show."""

from __future__ import annotations

from pgdl_eval.terminal import run

from .command import train


def main() -> None:
    """The command line."""
    run(train, "python -m training")


if __name__ == "__main__":
    main()
