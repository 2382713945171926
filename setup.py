"""Installs as pyproject.toml says: `pip install .`, `.[keras]`, `.[torch]`, `.[dev]`; see README.md."""

from setuptools import setup

setup()
