"""What the tests of the zoo share: small zoos of small models."""

from dataclasses import replace
from pathlib import Path

from training.zoo.tasks import StopRule, zoo_task
from training.zoo.zoo import Zoo, make_zoo

AXES: dict[str, dict[str, tuple]] = {"task1": {"conv_blocks": (1, 2)}, "task9": {"depth": (3, 6)}}


def tiny_zoo(data_dir: Path, out: Path, name="task1", together=1, **changes) -> Zoo:
    """Four small models of a task at the mini scale, on the images of the fixture `stripes`."""
    values = {"dropout": 0.25, "weight_decay": 0.001, "conv_width": 4, "conv_blocks": 1, "batch_size": 16, "depth": 3}
    values |= {"dense_layers": 1}
    task = zoo_task(name, "mini")
    settings = replace(
        task,
        axes={**AXES[name], "batch_size": (8, 16)},
        constants={**values, **task.constants},
        stop=StopRule("accuracy", 0.9, 12),
        milestones=(8,),
        image_side=6,
    )
    return Zoo(name, "mini", replace(settings, **changes), "stripes", data_dir, out, together=together)


def make_here(zoo: Zoo) -> None:
    """Make a zoo in this process."""
    for _, _, error in make_zoo(zoo, 1):
        assert error is None


def files_of(folder: Path) -> dict[str, bytes]:
    """All that the competition knows of: the same for two equal zoos, bit by bit."""
    files = [file for kind in ("hdf5", "tfrecord", "json") for file in sorted(folder.rglob(f"*.{kind}"))]
    ours = ("training.json", "zoo.json", "zoo_status.json")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.name not in ours}
