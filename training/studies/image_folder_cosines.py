"""Cosines between well-trained networks on ImageNet-style images (Fig. 11 of the article)."""

from __future__ import annotations

import pandas as pd

from . import well_trained_cosines
from .cohort import Cohort, Missing
from .study import Study

SIDE = 64  # pixels, those of Tiny-ImageNet


def compute(cohort: Cohort) -> pd.DataFrame:
    """The table of `well_trained_cosines.compute`, where the images are large enough."""
    members = cohort.at_least(1)
    side = members[0].run.config["data"]["shape"][1]
    if side < SIDE:
        raise Missing(f"needs runs on images of at least {SIDE} pixels, such as tiny_imagenet; found {side}")
    return well_trained_cosines.compute(cohort)


STUDY = Study(
    "image_folder_cosines",
    "Cosines on ImageNet-style images (article's Fig. 11)",
    compute,
    well_trained_cosines.draw,
    well_trained_cosines.headline,
    well_trained_cosines.draw_every,
)
