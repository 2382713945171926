"""One run to make: what, where and on what, and what config.json says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..data import ImageSet, read_image_set
from ..machine.devices import Device
from ..machine.environment import environment
from ..recipes.presets import settings_of
from ..recipes.settings import Settings
from .run_folder import RunFolder


@dataclass(frozen=True)
class Experiment:
    """One run: recipe, preset, data set and seed.

    Attributes
    ----------
    changes : settings changed by name.
    """

    recipe: str
    preset: str
    data: str = "cifar10"
    seed: int = 0
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.data} {self.recipe} seed {self.seed}"

    def settings(self) -> Settings:
        """The recipe's settings under the preset, changed; see `presets.settings_of`."""
        return settings_of(self.recipe, self.preset, self.changes, self.data)

    def folder(self, out: Path) -> RunFolder:
        """`OUT/DATA/RECIPE/seed_S`."""
        return RunFolder(out / self.data / self.recipe / f"seed_{self.seed}")


@dataclass(frozen=True)
class Place:
    """Where runs read and write, and on what they run.

    Attributes
    ----------
    data_dir, out : the folders of data and of runs.
    device : see `devices.find_device`.
    download : whether torchvision may fetch what is missing.
    """

    data_dir: Path
    out: Path
    device: str = "auto"
    download: bool = False

    def image_set(self, name: str, settings: Settings) -> ImageSet:
        """The data set, with as many rows as the settings say."""
        limits = settings.train_limit, settings.test_limit
        return _read_once(name, self.data_dir, *limits, settings.image_size, self.download)


# A process that makes several runs unpacks a data set once.
@lru_cache(maxsize=3)
def _read_once(
    name: str, folder: Path, train_limit: int | None, test_limit: int | None, image_size: int, download: bool
) -> ImageSet:
    return read_image_set(
        name, folder, train_limit=train_limit, test_limit=test_limit, image_size=image_size, download=download
    )


def describe(experiment: Experiment, settings: Settings, data: ImageSet, device: Device) -> dict[str, Any]:
    """The content of config.json."""
    return {
        "recipe": experiment.recipe,
        "preset": experiment.preset,
        "seed": experiment.seed,
        "settings": asdict(settings),
        "data": {
            "name": data.name,
            "source": data.source,
            "sha256": data.digest,
            "order_sha256": data.order_digest,
            "train_rows": len(data.train),
            "test_rows": len(data.test),
            "classes": data.classes,
            "shape": data.shape,
        },
        **environment(device),
    }
