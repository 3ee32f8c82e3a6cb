"""Measures against scikit-learn and countable pixels, and the pictures that are made from a mask."""

import numpy as np
import pytest
from scipy import ndimage
from sklearn.metrics import accuracy_score, f1_score, fbeta_score, jaccard_score

from core import masks


def random_mask(seed, share=0.4, shape=(17, 23)):
    return np.random.default_rng(seed).random(shape) < share


@pytest.mark.parametrize("seed", range(5))
def test_measures_agree_with_scikit_learn(seed):
    mask, truth = random_mask(seed), random_mask(seed + 100)
    assert masks.iou(mask, truth) == pytest.approx(jaccard_score(truth.ravel(), mask.ravel()))
    expected = fbeta_score(truth.ravel(), mask.ravel(), beta=0.3**0.5)
    assert masks.f_measure(mask, truth) == pytest.approx(expected)
    assert masks.dice(mask, truth) == pytest.approx(f1_score(truth.ravel(), mask.ravel()))
    assert masks.pixel_accuracy(mask, truth) == pytest.approx(accuracy_score(truth.ravel(), mask.ravel()))


def test_measures_at_their_limits():
    mask, empty = random_mask(1), np.zeros((17, 23), bool)
    assert masks.iou(mask, mask) == masks.f_measure(mask, mask) == 1
    assert masks.iou(mask, ~mask) == masks.f_measure(mask, ~mask) == 0
    assert masks.iou(empty, empty) == masks.f_measure(empty, empty) == 1
    assert masks.mean_absolute_error(np.full((17, 23), 0.25), ~empty) == 0.75


@pytest.mark.parametrize("measure", ["iou", "dice", "f_measure", "pixel_accuracy", "boundary_f", "mean_absolute_error"])
def test_measures_refuse_masks_of_different_shapes(measure):
    with pytest.raises(ValueError, match=r"\(3, 4\) and \(4, 1\)"):
        getattr(masks, measure)(np.ones((3, 4), bool), np.ones((4, 1), bool))


def box(shape, top, left, bottom, right):
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def test_the_outline_lies_inside_the_object():
    square = box((9, 9), 2, 2, 7, 7)  # 5 x 5: 16 pixels around 9
    np.testing.assert_array_equal(masks.outline(square), square & ~box((9, 9), 3, 3, 6, 6))
    np.testing.assert_array_equal(masks.outline(square, 2), square & ~box((9, 9), 4, 4, 5, 5))
    # Half a picture has an outline at its end, none along the edge of the picture.
    np.testing.assert_array_equal(masks.outline(box((9, 9), 0, 0, 9, 4)), box((9, 9), 0, 3, 9, 4))
    assert not masks.outline(np.ones((9, 9), bool)).any()


def test_boundary_f_counts_pixels_within_the_tolerance():
    shape = (60, 80)  # diagonal 100: 2 % are 2 pixels
    truth = box(shape, 0, 0, 60, 40)
    assert masks.boundary_f(truth, truth) == 1
    assert masks.boundary_f(box(shape, 0, 0, 60, 42), truth) == 1
    assert masks.boundary_f(box(shape, 0, 0, 60, 43), truth) == 0
    # A second edge far away: recall 1, precision 1/2.
    assert masks.boundary_f(truth | box(shape, 0, 60, 60, 80), truth) == pytest.approx(2 / 3)
    assert masks.boundary_f(truth, truth | box(shape, 0, 60, 60, 80)) == pytest.approx(2 / 3)
    assert masks.boundary_f(box(shape, 0, 0, 60, 43), truth, tolerance=0.03) == 1


def test_boundary_f_agrees_with_distance_maps():
    mask, truth = random_mask(3, 0.02, (60, 80)), random_mask(4, 0.02, (60, 80))
    outlines = masks.outline(mask), masks.outline(truth)
    precision, recall = ((ndimage.distance_transform_edt(~b)[a] <= 2).mean() for a, b in (outlines, outlines[::-1]))
    assert 0.1 < precision < 0.9
    assert masks.boundary_f(mask, truth) == pytest.approx(2 * precision * recall / (precision + recall))


def test_boundary_f_without_a_boundary():
    empty, full, square = np.zeros((9, 9), bool), np.ones((9, 9), bool), box((9, 9), 2, 2, 7, 7)
    assert masks.boundary_f(empty, empty) == masks.boundary_f(full, full) == 1
    assert masks.boundary_f(empty, square) == masks.boundary_f(square, empty) == 0


def test_regions_connect_at_corners_and_small_ones_are_removed():
    mask = box((10, 10), 0, 0, 2, 2) | box((10, 10), 2, 2, 4, 4) | box((10, 10), 8, 8, 9, 9)  # 8 pixels and 1
    remaining, count = masks.regions(mask)
    assert count == 2
    np.testing.assert_array_equal(remaining, mask)
    for smallest, left in ((0.01, 2), (0.02, 1), (0.08, 1), (0.09, 0)):
        remaining, count = masks.regions(mask, smallest)
        assert (count, remaining.sum()) == (left, {2: 9, 1: 8, 0: 0}[left])
    assert masks.regions(np.zeros((4, 4), bool))[1] == 0


@pytest.mark.parametrize("pixels", [1, 40, 150])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.6])
def test_regions_across_strips_are_those_of_the_whole(pixels, share, monkeypatch):
    mask = random_mask(3, share)
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    monkeypatch.setattr(masks, "LABELLED", pixels)
    for smallest in (0, 3, 20):
        large = [i for i in range(1, count + 1) if sizes[i] >= smallest]
        remaining, number = masks.regions(mask, smallest / mask.size)
        assert number == len(large)
        np.testing.assert_array_equal(remaining, np.isin(labels, large))


def test_the_alpha_of_a_cut_out_follows_the_probability():
    probability = np.array([[0, 0.2, 0.3, 0.4, 0.55, 0.7, 1.0]])
    photo = np.full((1, 7, 3), 200, np.uint8)
    cut = masks.cut_out(photo, masks.soft_edge(probability.__getitem__, probability > 0.4, 0.4))
    np.testing.assert_array_equal(cut[0, :, 3], [0, 0, 64, 128, 191, 255, 255])
    np.testing.assert_array_equal(cut[0, :, 0], [0, 0, 200, 200, 200, 200, 200])
    assert (cut.dtype, photo.min()) == (np.uint8, 200)


def test_a_cut_out_removes_a_region_with_its_soft_edge():
    probability = np.array([[0.9, 0.9, 0.3, 0.0, 0.3, 0.9]])
    mask, _ = masks.regions(probability > 0.5, 0.2)
    cut = masks.cut_out(np.full((1, 6, 3), 9, np.uint8), masks.soft_edge(probability.__getitem__, mask, 0.5))
    np.testing.assert_array_equal(cut[0, :, 3] > 0, [True, True, True, False, False, False])


def test_an_overlay_changes_the_object_alone():
    photo = np.random.default_rng(0).integers(0, 256, (17, 23, 3), np.uint8)
    before, mask = photo.copy(), random_mask(2)
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


def test_enlarging_keeps_a_constant_and_the_range():
    np.testing.assert_allclose(masks.enlarged(np.full((5, 7), 0.3, np.float32), (50, 61)), 0.3, atol=1e-6)
    grown = masks.enlarged(np.random.default_rng(0).random((6, 6)).astype(np.float32), (33, 20))
    assert grown.shape == (33, 20)
    assert grown.dtype == np.float32
    assert 0 <= grown.min() < grown.max() <= 1


def test_enlarging_is_linear_between_cell_centres():
    ramp = np.tile(np.linspace(0, 1, 8, dtype=np.float32), (4, 1))
    middle = masks.enlarged(ramp, (4, 16))[0, 1:-1]
    np.testing.assert_allclose(np.diff(middle), 1 / 14, atol=1e-6)


def test_resizing_keeps_cells_or_interpolates_them():
    cells = np.array([[1, 2]], np.float32)
    np.testing.assert_array_equal(masks.resized(cells, (2, 4), smooth=False), [[1, 1, 2, 2]] * 2)
    np.testing.assert_allclose(masks.resized(cells, (1, 4))[0, 1:3], [1.25, 1.75])
