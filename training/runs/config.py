"""What config.json says of a run, and when a folder belongs to another one."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from pgdl_eval.sheet import installed_versions

from ..data import ImageSet
from ..machine.devices import Device
from ..recipes.settings import Settings
from .experiments import Experiment
from .run_folder import RunFolder

# What makes two runs the same; the rest tells where it ran, and whose settings they are.
IDENTITY = ("recipe", "preset", "seed", "settings", "data")
CITATION = "settings.optimization.source"


def describe(experiment: Experiment, settings: Settings, data: ImageSet, device: Device) -> dict[str, Any]:
    """The content of config.json."""
    return {
        "recipe": experiment.recipe,
        "preset": experiment.preset,
        "seed": experiment.seed,
        "settings": _plain(asdict(settings)),
        "data": {
            "name": data.name,
            "source": data.source,
            "sha256": data.digest,
            "order_sha256": data.order_digest,
            "train_rows": len(data.train),
            "test_rows": len(data.test),
            "classes": data.classes,
            "shape": list(data.shape),
        },
        **environment(device),
    }


def environment(device: Device) -> dict[str, Any]:
    """Where a run, or its continuation, takes place."""
    return {"code": code_version(), "device": device.describe(), "versions": installed_versions()}


def code_version() -> dict[str, str]:
    """The hash of this software's Python files and, in a checkout, its commit or why git does not tell it."""
    root = Path(__file__).resolve().parents[2]
    sha = hashlib.sha256()
    for file in sorted(file for part in ("complexity", "training") for file in (root / part).rglob("*.py")):
        sha.update(file.relative_to(root).as_posix().encode())
        sha.update(file.read_bytes())
    found = {"source_sha256": sha.hexdigest()}
    git = shutil.which("git")
    if git and (root / ".git").exists():
        command = [git, "-C", str(root), "rev-parse", "--verify", "HEAD"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        found["commit"] = said.stdout.strip() or f"unknown: {said.stderr.strip()}"
    return found


def claim(run: RunFolder, config: Mapping[str, Any]) -> None:
    """Write the config of a new run; in the folder of an earlier one, see that it is the same.

    Raises
    ------
    InputError
        Naming the first field that differs.
    """
    file = run.path / "config.json"
    if not file.exists():
        return run.write_config(config)
    old, new = (_flat({part: one[part] for part in IDENTITY}) for one in (run.config, config))
    for field in sorted((set(old) | set(new)) - {CITATION}):
        if old.get(field) != new.get(field):
            raise InputError(
                "the folder holds a run of another config; choose another --out",
                file=file, field=field, expected=new.get(field), found=old.get(field),
            )  # fmt: skip
    return None


def _flat(tree: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(tree, Mapping):
        return {name: tree}
    parts = (_flat(inner, f"{name}.{part}".strip(".")) for part, inner in tree.items())
    return {key: value for part in parts for key, value in part.items()}


def _plain(tree: Any) -> Any:
    """Tuples as the lists that JSON has."""
    if isinstance(tree, Mapping):
        return {key: _plain(value) for key, value in tree.items()}
    return [_plain(value) for value in tree] if isinstance(tree, (tuple, list)) else tree
