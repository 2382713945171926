"""A stranger's submission as a measure: its values are those that the function in its files gives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from complexity.errors import InputError

from .formats.file_names import check_name, folder_name
from .formats.submission_files import copy_submission
from .measures import Variant

ARCHIVE = ".zip"


@dataclass(frozen=True)
class Submission(Variant):
    """A submission for the starter kit; the one setting, `submission`, tells its files from others.

    Attributes
    ----------
    folder : a copy of its files; the kit's `program_dir`.
    """

    folder: Path

    def check(self, settings: Mapping[str, Any], *, shared: Sequence[str] = ()) -> None:
        super().check({name: one for name, one in settings.items() if name not in self.fixed}, shared=shared)


@contextmanager
def opened_submissions(paths: Sequence[Path]) -> Iterator[list[Submission]]:
    """The submissions in folders or zips, each under its name without the ending, as long as the context lasts.

    Raises
    ------
    InputError
        As `copy_submission`; for two of one name, and a name that none can have.
    """
    with TemporaryDirectory(prefix="pvector-submissions-", ignore_cleanup_errors=True) as folder:
        found: dict[str, Submission] = {}
        for number, path in enumerate(paths):
            copy = Path(folder, str(number))
            copy.mkdir()
            identity = copy_submission(path, copy)
            name = _name(path)
            if name in found:
                raise InputError("two submissions of one name", file=path, found=name)
            found[name] = Submission(
                name, _elsewhere, "larger gap", (-math.inf, math.inf), frozenset(), False, f"the submission {name}",
                fixed={"submission": identity}, folder=copy,
            )  # fmt: skip
        yield list(found.values())


def _name(path: Path) -> str:
    name = folder_name(path)
    return check_name(name.removesuffix(ARCHIVE) if not path.is_dir() else name, file=path, field="name")


def _elsewhere(model: Any, dataset: Any) -> float:
    raise RuntimeError("a submission is computed in a process of its own alone")
