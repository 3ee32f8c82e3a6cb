"""Refinement against the explicit matting Laplacian, a direct solution, the whole without strips, and a known edge."""

import numpy as np
import pytest
from scipy import ndimage

from core import masks, refinement


def picture(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)


def soft_map(shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def windows(photo):
    return refinement._Windows(photo.transpose(2, 0, 1).astype(np.float32) / 255)


def matting_laplacian(photo):
    """(H W, H W) by equation 12 of Levin, Lischinski & Weiss (2008), over the windows inside the picture."""
    height, width, _ = photo.shape
    radius, total = 1, np.zeros((height * width, height * width))
    for row in range(radius, height - radius):
        for column in range(radius, width - radius):
            rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
            cells = ((row + rows) * width + column + columns).ravel()
            colours = photo.reshape(-1, 3)[cells] / 255
            count, centred = len(cells), colours - colours.mean(axis=0)
            covariance = centred.T @ centred / count + refinement.NOISE * np.eye(3)
            likeness = (1 + centred @ np.linalg.inv(covariance) @ centred.T) / count
            total[np.ix_(cells, cells)] += np.eye(count) - likeness
    return total


def test_the_guided_filter_is_the_matting_laplacian_away_from_the_border():
    photo, values = picture((11, 12)), soft_map((11, 12))
    expected = (matting_laplacian(photo) @ values.ravel()).reshape(values.shape) / 9
    inner = (slice(2, -2),) * 2
    np.testing.assert_allclose((values - windows(photo).smoothed(values))[inner], expected[inner], atol=2e-4)


def test_conjugate_gradients_find_the_solution(monkeypatch):
    monkeypatch.setattr(refinement, "STEPS", 300)
    photo, coarse = picture((9, 10)), soft_map((9, 10))
    ours = windows(photo)
    unit = np.eye(coarse.size, dtype=np.float32).reshape(-1, *coarse.shape)
    smoothing = np.stack([ours.smoothed(each).ravel() for each in unit], axis=1)
    trust = refinement.TRUST * (np.square(2 * coarse - 1) + refinement.LEAST_TRUST).ravel()
    expected = np.linalg.solve(np.eye(coarse.size) - smoothing + np.diag(trust), trust * coarse.ravel())
    np.testing.assert_allclose(refinement._solution(ours, coarse).ravel(), expected, atol=0.02)


@pytest.mark.parametrize("shape", [(61, 47), (40, 130), (7, 5)])
def test_strips_equal_the_whole_in_one_piece(shape, monkeypatch):
    photo, model = picture(shape), refinement.colour_model(soft_map((8, 12)), picture((8, 12), 1))
    planes = np.stack([masks.resized(plane, shape) for plane in model])
    whole = np.clip((planes[:3].transpose(1, 2, 0) * photo).sum(axis=2) + planes[3], 0, 1)
    monkeypatch.setattr(refinement, "STRIP", 3 * shape[1])
    strips = refinement.enlarged(model, photo)
    assert strips.dtype == np.float32
    np.testing.assert_allclose(strips, whole, atol=1e-4)


def test_the_windows_are_those_of_scipys_filter():
    planes = np.stack([soft_map((7, 9)), soft_map((7, 9), 1)])
    np.testing.assert_allclose(refinement._box(planes), ndimage.uniform_filter(planes, (1, 3, 3)), atol=1e-6)


def test_in_a_photo_of_one_colour_the_edge_stays_where_it_is():
    grey, ramp = np.full((60, 90, 3), 120, np.uint8), np.tile(np.linspace(0, 1, 15, dtype=np.float32), (10, 1))
    np.testing.assert_allclose(refinement.refined(np.full((10, 15), 0.3, np.float32), grey), 0.3, atol=1e-4)
    np.testing.assert_allclose(refinement.colour_model(ramp, grey)[:3], 0, atol=1e-5)
    difference = (refinement.refined(ramp, grey) > 0.5) != (masks.enlarged(ramp, (60, 90)) > 0.5)
    assert difference.any(axis=0).sum() <= 1  # at most the column at exactly 1/2


def step_edge(scale=8):
    """A photo with noise, its true mask with a slanted edge, and a blurred coarse map of it."""
    rows, columns = np.mgrid[:192, :256]
    truth = columns + 0.4 * rows > 150
    noise = np.random.default_rng(0).normal(0, 6, (*truth.shape, 3))
    photo = np.clip(np.where(truth[..., None], (190, 90, 60), (60, 110, 170)) + noise, 0, 255).astype(np.uint8)
    cells = truth.reshape(192 // scale, scale, 256 // scale, scale).mean(axis=(1, 3)).astype(np.float32)
    return photo, truth, np.roll(cells, 1, axis=1) * 0.8 + 0.1  # one cell off, and never certain


def test_the_edge_of_the_map_moves_to_the_edge_of_the_photo():
    photo, truth, coarse = step_edge()
    plain, ours = masks.enlarged(coarse, truth.shape) > 0.5, refinement.refined(coarse, photo) > 0.5
    inside = (slice(16, -16), slice(16, -16))
    assert masks.boundary_f(plain[inside], truth[inside], 0.005) < 0.3
    assert masks.boundary_f(ours[inside], truth[inside], 0.005) > 0.95
    assert masks.iou(ours[inside], truth[inside]) > 0.98 > masks.iou(plain[inside], truth[inside])


def test_certain_maps_stay_as_they_are():
    photo = picture((50, 70))
    for value in (0.0, 1.0):
        np.testing.assert_allclose(refinement.refined(np.full((10, 14), value, np.float32), photo), value, atol=1e-3)


def test_a_photo_smaller_than_the_map():
    probability = refinement.refined(soft_map((32, 64)), picture((5, 9)))
    assert probability.shape == (5, 9)
    assert 0 <= probability.min() <= probability.max() <= 1
