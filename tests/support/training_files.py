"""The files of trainings, without what tells seconds, or how often they were gone on with."""

import json


def training_files(folder):
    """All files below a folder of runs or of a zoo by their names; two equal trainings have the same."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): _content(path) for path in files}


def _content(path):
    if path.suffix == ".jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [_without_seconds(line) for line in lines if line["kind"] != "session"]
    if path.suffix == ".json":
        return _without_seconds(json.loads(path.read_text()))
    return path.read_bytes()


def _without_seconds(tree):
    if not isinstance(tree, dict):
        return tree
    return {name: _without_seconds(part) for name, part in tree.items() if not name.endswith("seconds")}
