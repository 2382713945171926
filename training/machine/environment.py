"""Where and with what something was made: code, device and versions."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pgdl_eval.provenance import installed_versions

from .devices import Device

PACKAGES = ("baselines", "complexity", "pgdl_eval", "training")


def environment(device: Device) -> dict[str, Any]:
    """Where a training, or its continuation, takes place."""
    return {"code": code_version(), "device": device.describe(), "versions": installed_versions()}


def code_version() -> dict[str, str]:
    """The hash of this software's Python files and, in a checkout, its commit or why git does not tell it."""
    root = Path(__file__).resolve().parents[2]
    sha = hashlib.sha256()
    for file in sorted(file for package in PACKAGES for file in (root / package).rglob("*.py")):
        sha.update(file.relative_to(root).as_posix().encode())
        sha.update(file.read_bytes())
    found = {"source_sha256": sha.hexdigest()}
    git = shutil.which("git")
    if git and (root / ".git").exists():
        command = [git, "-C", str(root), "rev-parse", "--verify", "HEAD"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        found["commit"] = said.stdout.strip() or f"unknown: {said.stderr.strip()}"
    return found
