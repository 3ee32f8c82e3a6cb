"""Measures against their definitions on pixels one can count, and the pictures made of a mask."""

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, jaccard_score

from core import masks


def drawn(seed, share=0.4, shape=(17, 23)):
    return np.random.default_rng(seed).random(shape) < share


@pytest.mark.parametrize("seed", range(5))
def test_measures_agree_with_scikit_learn(seed):
    mask, truth = drawn(seed), drawn(seed + 100)
    assert masks.iou(mask, truth) == pytest.approx(jaccard_score(truth.ravel(), mask.ravel()))
    expected = fbeta_score(truth.ravel(), mask.ravel(), beta=0.3**0.5)
    assert masks.f_measure(mask, truth) == pytest.approx(expected)


def test_measures_at_their_ends():
    mask, empty = drawn(1), np.zeros((17, 23), bool)
    assert masks.iou(mask, mask) == masks.f_measure(mask, mask) == 1
    assert masks.iou(mask, ~mask) == masks.f_measure(mask, ~mask) == 0
    assert masks.iou(empty, empty) == masks.f_measure(empty, empty) == 1
    assert masks.mean_absolute_error(np.full((17, 23), 0.25), ~empty) == 0.75


def test_iou_refuses_two_sizes():
    with pytest.raises(ValueError, match=r"\(3, 4\) and \(4, 3\)"):
        masks.iou(np.ones((3, 4), bool), np.ones((4, 3), bool))


def test_overlay_touches_the_object_alone():
    photo = np.random.default_rng(0).integers(0, 256, (17, 23, 3), np.uint8)
    before, mask = photo.copy(), drawn(2)
    half = masks.overlay(photo, mask, (230, 159, 0), 0.5)
    np.testing.assert_array_equal(half[~mask], photo[~mask])
    np.testing.assert_allclose(half[mask], (photo[mask] + np.array([230.0, 159, 0])) / 2, atol=0.5)
    np.testing.assert_array_equal(masks.overlay(photo, mask, (230, 159, 0), 0), photo)
    assert (masks.overlay(photo, mask, (230, 159, 0), 1)[mask] == (230, 159, 0)).all()
    np.testing.assert_array_equal(photo, before)


def test_share_counts_pixels():
    mask = np.zeros((10, 10), bool)
    mask[:3] = True
    assert masks.share(mask) == pytest.approx(0.3)


def test_enlarged_keeps_level_and_range():
    np.testing.assert_allclose(masks.enlarged(np.full((5, 7), 0.3, np.float32), (50, 61)), 0.3, atol=1e-6)
    grown = masks.enlarged(np.random.default_rng(0).random((6, 6)).astype(np.float32), (33, 20))
    assert grown.shape == (33, 20)
    assert grown.dtype == np.float32
    assert 0 <= grown.min() < grown.max() <= 1


def test_enlarged_is_bilinear_between_cell_centres():
    ramp = np.tile(np.linspace(0, 1, 8, dtype=np.float32), (4, 1))
    middle = masks.enlarged(ramp, (4, 16))[0, 1:-1]
    np.testing.assert_allclose(np.diff(middle), 1 / 14, atol=1e-6)
