"""Where the numbers behind docs/measures.md lie, and how they are read and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pgdl_eval.provenance import installed_versions

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "measures"


def read(name: str, folder: Path = FOLDER) -> Any:
    """The content of NAME.json."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def write(name: str, content: dict[str, Any], folder: Path = FOLDER) -> None:
    """Write NAME.json of computed numbers, with the versions that they come from."""
    versions = {package: installed_versions()[package] for package in ("python", "pvector", "numpy")}
    text = json.dumps({**content, "versions": versions}, indent=1, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
