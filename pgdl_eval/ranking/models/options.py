"""How model files are opened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How model files are opened.

    Attributes
    ----------
    factory : `package.module:function` or `file.py:function` that makes the PyTorch module of a file of weights.
    trust : whether code that is stored in model files may run.
    """

    factory: str = ""
    trust: bool = False
