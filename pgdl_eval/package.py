"""A submission for the competition's starter kit: a zip of `complexity/` set to one measure."""

from __future__ import annotations

import inspect
import warnings
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import click

import complexity
from complexity import submitted
from complexity.errors import InputError, InputWarning, warn
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure

from .formats.atomic import write_bytes
from .measures import Variant, base_name, find_measure

# A zip's entries carry a time; a fixed one makes the same submission the same file.
TIME = (2020, 7, 1, 0, 0, 0)
READABLE = 0o644 << 16  # by all: the rights of a file, where a zip's entry keeps them


def package(name: str, path: Path) -> None:
    """Write the submission of a measure: the kit unpacks it and runs `from complexity import complexity`.

    That of a combination computes its stand-in for one model at a time, and its metadata say so. A measure that
    cannot work on the kit's own toy task gives a warning, and one that needs a further package, too.

    Raises
    ------
    InputError
        If there is no such measure, it has settings of its own, or the file cannot be written.
    """
    measure = find_measure(name)
    if isinstance(measure, Variant):
        raise InputError("a submission has the default settings", field=name, expected=base_name(name))
    files = {f"complexity/{file}": content for file, content in _package_files().items()}
    dotted_names = []
    for part in measure.components if isinstance(measure, Combination) else (measure,):
        module, extra = _module(part)
        files |= extra
        dotted_names.append(f"{module}:{part.function.__name__}")
    files["complexity/submitted.py"] = _submitted("+".join(dotted_names))
    files["metadata"] = f"description: {measure.name} ({measure.source})\n".encode()
    _warn_of_needs(measure)
    _write(files, path)


def _write(files: Mapping[str, bytes], path: Path) -> None:
    """Write a zip of these files, which appears whole."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file, TIME)
            entry.create_system = 3  # Unix, on any system: the same file, and the rights below count
            entry.external_attr = READABLE
            archive.writestr(entry, files[file], zipfile.ZIP_DEFLATED)
    write_bytes(path, held.getvalue())


def _warn_of_needs(measure: Measure) -> None:
    if "images" in measure.needs:  # its points have labels, so a measure that needs these alone works there
        warn(f"{measure.name} needs images: on the starter kit's own toy task, points of three numbers, it fails")
    for one in measure.packages:
        warn(f"{measure.name} needs the package {one}: where the kit runs without it, it fails")


def _package_files() -> dict[str, bytes]:
    root = Path(complexity.__path__[0])
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in sorted(root.rglob("*.py"))}


def _module(measure: Measure) -> tuple[str, dict[str, bytes]]:
    """The module that holds the measure in the submission, and its file where it is not part of `complexity/`."""
    module = measure.function.__module__
    if module.partition(".")[0] == "complexity":
        return module, {}
    file = Path(inspect.getfile(measure.function))
    return file.stem, {file.name: file.read_bytes()}


def _submitted(dotted_name: str) -> bytes:
    """The text of complexity/submitted.py with another measure."""
    text = Path(inspect.getfile(submitted)).read_text(encoding="utf-8")
    return text.replace(f'"{submitted.MEASURE}"', f'"{dotted_name}"').encode()


@click.command("package")
@click.option("--measure", "name", required=True, help='A registered measure, or several, joined by "+".')
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help="The zip file to write.")
def package_command(name: str, path: Path) -> None:
    """Write a submission for the starter kit that computes one measure.

    \b
    pvector package --measure pseudo_validation+angle --out submission.zip
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InputWarning)
        package(name, path)
    for one in caught:
        click.echo(f"warning: {one.message}", err=True)
    click.echo(f"{path}: {name}" + (", its stand-in for one model at a time" if "+" in name else ""))
