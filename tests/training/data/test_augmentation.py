"""Crops, flips, colours and blur of each image by itself."""

import itertools

import torch

from training.data.augmentation import color_jitter, crop_and_flip, gaussian_blur, resized_crop_and_flip


def test_each_image_is_cropped_and_mirrored_by_itself():
    images = torch.arange(64 * 3 * 6 * 6, dtype=torch.int32).reshape(64, 3, 6, 6)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2))
    found = crop_and_flip(images, torch.Generator().manual_seed(0), padding=2)
    places = list(itertools.product(range(5), range(5), (False, True)))
    drawn = []
    for image, result in zip(padded, found, strict=True):
        crops = [image[:, top : top + 6, left : left + 6] for top, left, _ in places]
        crops = [crop.flip(2) if place[2] else crop for crop, place in zip(crops, places, strict=True)]
        drawn.append([place for crop, place in zip(crops, places, strict=True) if torch.equal(crop, result)])
    assert all(len(places) == 1 for places in drawn)
    assert len({places[0] for places in drawn}) > 25
    unflipped = crop_and_flip(images, torch.Generator().manual_seed(0), padding=2, flip=False)
    assert any(torch.equal(image, crop) for image, crop in zip(images, unflipped, strict=True))


def test_views_without_strength_are_the_images_themselves():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(5, 3, 12, 12, generator=generator)
    assert torch.allclose(color_jitter(images, generator, strength=0.0), images, atol=1e-5)
    assert not torch.allclose(color_jitter(images, generator, strength=0.5), images, atol=0.1)
    assert torch.allclose(gaussian_blur(images, torch.full((5, 1, 1, 1), 1e-3)), images)
    flat = torch.full((4, 3, 12, 12), 0.3)
    assert torch.allclose(gaussian_blur(flat, torch.tensor([0.1, 1, 2, 3])[:, None, None, None]), flat)
    assert torch.allclose(resized_crop_and_flip(flat, generator, least_area=0.1), flat)


def test_a_resized_crop_shows_a_part_of_the_image_enlarged():
    ramp = torch.linspace(0, 1, 64).expand(32, 1, 64, 64)
    found = resized_crop_and_flip(ramp, torch.Generator().manual_seed(1), least_area=0.2, flip=False)
    slopes = (found[:, 0, 30, 40] - found[:, 0, 30, 20]) * 63 / 20
    sides = slopes.numpy()  # the share of the width that is seen
    assert sides.min() > 0.2 * (3 / 4) ** 0.5
    assert sides.max() < 1.01
    assert sides.std() > 0.1
