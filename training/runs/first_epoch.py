"""The records within the first epoch."""

from __future__ import annotations

import numpy as np

from pgdl_eval.formats.npz import Arrays, write_arrays

from ..networks import Network
from .recording import record_of_iteration
from .setup import RunSetup

RECORDS = 30  # on the processor, where each takes long


class FirstEpoch:
    """Records a network at some iterations, before the first step to begin with, and how long that takes."""

    def __init__(self, setup: RunSetup, network: Network) -> None:
        self.setup, self.network = setup, network
        asked, usual = setup.settings.iteration_records, 0 if setup.device.fast else RECORDS
        self.wanted = recorded_iterations(setup.iterations, usual if asked is None else asked)
        self.records: list[Arrays] = []
        self.seconds = {"first_epoch_forward_seconds": 0.0, "first_epoch_decomposition_seconds": 0.0}
        self.after(0)
        self.before_training = dict(self.seconds)

    def after(self, iteration: int) -> None:
        """Record if this iteration is among those wanted."""
        if iteration in self.wanted:
            record, *seconds = record_of_iteration(self.setup, self.network)
            self.records.append(record)
            for name, more in zip(self.seconds, seconds, strict=True):
                self.seconds[name] += more

    def write(self) -> dict[str, float]:
        """Write the records; the seconds spent since training began."""
        stacked = {name: np.stack([record[name] for record in self.records]) for name in self.records[0]}
        file = self.setup.run.path / "first_epoch.npz"
        write_arrays(file, {"iterations": np.array(self.wanted), **stacked}, durable=True)
        return {name: spent - self.before_training[name] for name, spent in self.seconds.items()}


def recorded_iterations(iterations: int, records: int) -> list[int]:
    """Iterations of the first epoch to record, 0 and the last among them, spread evenly in the logarithm.

    Parameters
    ----------
    iterations : of the epoch.
    records : how many, beside 0; all for 0.
    """
    if records == 0 or records >= iterations:
        return list(range(iterations + 1))
    points = max(2, records)
    while True:  # those that round to the same iteration count once
        spread = np.unique(np.geomspace(1, iterations, points).round().astype(int))
        if len(spread) >= records:
            return [0, *map(int, spread)]
        points += 1
