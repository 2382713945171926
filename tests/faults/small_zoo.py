"""`pvector train zoo` of four small models: `python small_zoo.py DATA_DIR OUT WORKERS`.

A checkpoint is written after each epoch, not after each minute.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import click
from zoos import tiny_zoo

import training.zoo.group_training
from pgdl_eval.terminal import console, run
from training.zoo.command import run_zoo

training.zoo.group_training.CHECKPOINT_SECONDS = -1.0  # workers read this file too


@click.command()
@click.argument("data_dir", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("workers", type=int)
def main(data_dir, out, workers):
    run_zoo(tiny_zoo(data_dir, out), workers, console(quiet=True))


if __name__ == "__main__":
    run(main)
