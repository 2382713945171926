"""Measures of one network, followed while it is trained."""

from __future__ import annotations

import importlib.util
import io
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from complexity.errors import InputError, warn
from complexity.measures.registry import Measure
from complexity.samples import read_samples

from .formats.atomic import write_text
from .measures import find_measure
from .provenance import installed_versions
from .report.page.writing import write_page
from .report.tracked import tracked_page

EPOCH, SECONDS = "epoch", "seconds"
TABLE, PAGE = "tracked.csv", "tracked.html"
MEASURES = ("angle",)


class Tracker:
    """Computes measures of a network, an epoch at a time, and keeps them in a table, a CSV file and a page.

    The network is left as it was: weights, mode and random numbers. Samples are read once, here.

    Parameters
    ----------
    data : what the network is trained on, as `complexity.complexity` takes it.
    measures : names as `pgdl_eval.compute` takes them, with settings as in "angle[layer=logits]".
    out : the folder of `tracked.csv`, which is written anew after each record, and of `tracked.html`; None for neither.
    max_samples : only the first so many samples are read; None for all.
    batched : see `complexity.complexity`.

    Raises
    ------
    InputError
        For an unknown measure, no or two of a name, data that cannot be read, and a folder that has a record already.

    Examples
    --------
    >>> import numpy as np, torch
    >>> images, labels = np.random.default_rng(0).random((100, 8, 8), np.float32), np.arange(100) % 10
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Threshold(0.5, 0), torch.nn.Linear(64, 10))
    >>> tracker = Tracker((images, labels), measures=["angle", "feature_rank"])
    >>> row = tracker.record(network, epoch=1, loss=2.3)
    >>> list(tracker.table.columns)
    ['epoch', 'angle', 'feature_rank', 'seconds', 'loss']
    """

    def __init__(
        self, data: Any, measures: Sequence[str] = MEASURES, *, out: str | os.PathLike[str] | None = None,
        max_samples: int | None = 2000, batched: bool | None = None,
    ) -> None:  # fmt: skip
        names = [measures] if isinstance(measures, str) else list(measures)
        if not names or len(set(names)) < len(names):
            raise InputError("no measures, or one twice", field="measures", expected="different names", found=names)
        self._measures: dict[str, Measure] = {name: find_measure(name) for name in names}
        self._samples = read_samples(data, max_samples, batched)
        self._folder = None if out is None else Path(out)
        self._rows: list[dict[str, float]] = []
        self.failures: dict[float, dict[str, str]] = {}
        if self._folder is not None and (self._folder / TABLE).exists():
            problem = "the folder holds the record of a training already"
            raise InputError(problem, file=self._folder / TABLE, expected="a folder of its own for each training")

    @property
    def table(self) -> pd.DataFrame:
        """The record, a row an epoch; what could not be computed, or was not given, is NaN."""
        return pd.DataFrame(self._rows, columns=self._columns())

    def record(self, model: Any, epoch: float, **metrics: float) -> dict[str, float]:
        """Compute the measures of the network as it is now.

        Parameters
        ----------
        epoch : how long it has been trained; larger than that of the record before.
        metrics : further numbers of this epoch, such as loss and accuracy, which get columns of their own.

        Returns
        -------
        The row of the table. A measure that cannot be computed is NaN in it: a warning says why, and `failures`.

        Raises
        ------
        InputError
            For an epoch that does not follow, and a metric that is no number or has the name of another column.
        """
        row = {EPOCH: self._next(epoch)} | dict.fromkeys(self._measures, math.nan) | {SECONDS: 0.0}
        taken = set(row)
        for name, value in metrics.items():
            if name in taken:
                raise InputError("a metric has the name of a column", field=name, expected=f"none of {sorted(taken)}")
            row[name] = _number(name, value)
        began = time.perf_counter()
        for name, measure in self._measures.items():
            try:
                row[name] = float(measure(model, self._samples, progress=False))
            except InputError as error:
                self.failures.setdefault(row[EPOCH], {})[name] = str(error)
                warn(f"{name} at epoch {epoch}: {error}")
        row[SECONDS] = time.perf_counter() - began
        self._rows.append(row)
        self._write_table()
        return dict(row)

    def keras_callback(self, every: int = 1) -> Any:
        """A callback for `model.fit`, which records after every so many epochs, and writes the page at the end.

        Models of Keras 3, Keras 2 and tf_keras take it.

        Parameters
        ----------
        every : 1 for each epoch.
        """
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise InputError("no number of epochs", field="every", expected="1 or more", found=every)
        tracker = self

        class Tracking(_callback_class()):  # type: ignore[misc]
            """Epochs count from 1, and go on from the record's last where `fit` is called again."""

            def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
                self.before = tracker._rows[-1][EPOCH] if tracker._rows else 0
                self.done = 0

            def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
                self.done += 1
                if self.done % every == 0:
                    tracker.record(self.model, self.before + self.done, **(logs or {}))

            def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
                tracker.write_report()

        return Tracking()

    def write_report(self) -> Path | None:
        """Write `tracked.html`, with a line for each measure and metric; None where there is no folder."""
        if self._folder is None:
            return None
        settings = {"samples": str(len(self._samples)), "versions": _lines(installed_versions())}
        directions = {name: f"larger means a {one.gap_if_larger}" for name, one in self._measures.items()}
        failures = [f"{name} at epoch {at:g}: {why}" for at, of in self.failures.items() for name, why in of.items()]
        table = self.table
        write_page(self._folder / PAGE, tracked_page(table, directions, failures, settings))
        return self._folder / PAGE

    def _columns(self) -> list[str]:
        extra = dict.fromkeys(name for row in self._rows for name in row)
        return list(dict.fromkeys([EPOCH, *self._measures, SECONDS, *extra]))

    def _next(self, epoch: float) -> float:
        last = self._rows[-1][EPOCH] if self._rows else -math.inf
        value = _number(EPOCH, epoch)
        if not value > last or math.isinf(value):
            expected = f"a number above {last:g}" if self._rows else "a number"
            raise InputError("no epoch that follows", field=EPOCH, expected=expected, found=epoch)
        return value

    def _write_table(self) -> None:
        if self._folder is not None:
            text = io.StringIO()
            self.table.to_csv(text, index=False)
            write_text(self._folder / TABLE, text.getvalue())


def _callback_class() -> Any:
    """A class of callbacks that `fit` of any Keras takes: Keras 2 asks of a callback more than Keras 3's has."""
    installed = next((name for name in ("keras", "tf_keras") if importlib.util.find_spec(name)), "keras")
    base = importlib.import_module(installed).callbacks.Callback
    hooks = [f"_implements_{what}_batch_hooks" for what in ("train", "test", "predict")]
    return type("Callback", (base,), dict.fromkeys(hooks, lambda self: False))


def _number(name: str, value: Any) -> float:
    try:
        return float(value.detach() if hasattr(value, "detach") else value)  # a loss of PyTorch with its graph
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError("no number", field=name, expected="a number", found=type(value).__name__) from error


def _lines(found: Mapping[str, str]) -> str:
    return "\n".join(f"{name} {value}" for name, value in found.items())


Tracker.__module__ = str(__package__)  # so that `help` shows the public name
