"""`ingest --workers 2` beside one process, with as many threads a process: `python tests/benchmarks/workers.py`.

Four VGG-like networks on 50,000 images, the angle; whole processes, one after the other, on a machine with two free
cores. The values of both are compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click
from main_job import fresh_folder, vgg_task
from record import FOLDER, ROOT, Recorder, Row

NETWORKS = 4


def seconds(folder: Path, out: str, *options: str) -> tuple[float, str]:
    """Of one process and its workers, one thread each; and what it wrote."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    call = [sys.executable, "-m", "pgdl_eval", "ingest", "tasks", out, "--measure", "angle", *options]
    began = time.perf_counter()
    subprocess.run(call, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    return wall, (folder / out / "vgg.predict").read_text(encoding="utf-8")


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER, help="Folder that gets workers.json.")
def main(out: Path) -> None:
    """Measure and write."""
    recorder = Recorder("workers")
    with fresh_folder() as folder:
        vgg_task(folder, NETWORKS)
        alone, values = seconds(folder, "alone")
        together, same = seconds(folder, "together", "--workers", "2")
    if values != same:
        raise click.ClickException("the values of two workers are not those of one process")
    work = f"`ingest --workers 2`, {NETWORKS} VGG-like networks on 50,000 images, angle"
    peer = {"peer": "one process, one thread", "peer_seconds": alone}
    recorder.save([Row(work, together, 1.7, "times as fast as the peer", missed="Cores share memory.", **peer)], out)


if __name__ == "__main__":
    main()
