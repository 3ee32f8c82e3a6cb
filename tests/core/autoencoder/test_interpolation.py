import numpy as np
import pytest

from core.autoencoder import interpolation


class Echo:
    """It decodes a point to an image with z1 in its upper half and z2 in its lower half."""

    def decode(self, points):
        pictures = np.empty((len(points), 28, 28), np.float32)
        pictures[:, :14], pictures[:, 14:] = points[:, :1, None], points[:, 1:, None]
        return pictures


def test_each_cell_of_the_atlas_is_decoded_at_its_centre():
    mosaic, filled = interpolation.atlas(Echo(), (-2, 4, -1, 3), columns=6)
    assert mosaic.shape == (4 * 28, 6 * 28)
    assert filled == (-2, 4, -1, 3)
    np.testing.assert_allclose(mosaic[0, ::28], [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(mosaic[27::28, 0], [2.5, 1.5, 0.5, -0.5])  # the largest z2 on top


def test_a_last_row_may_reach_below_the_view():
    mosaic, filled = interpolation.atlas(Echo(), (0, 4, 0, 3.2), columns=2)
    assert mosaic.shape == (2 * 28, 2 * 28)
    np.testing.assert_allclose(filled, (0, 4, -0.8, 3.2))


@pytest.mark.parametrize(
    ("view", "cells"),
    [((0, 1, 0, 1000), (100, 1)), ((0, 1e-30, 0, 1), (100, 1)), ((0, 1000, 0, 1), (1, 40)), ((0, 1, 0, 1), (40, 40))],
)
def test_the_atlas_of_a_narrow_view_has_larger_cells(view, cells):
    mosaic, filled = interpolation.atlas(Echo(), view, columns=40)
    assert mosaic.shape == (28 * cells[0], 28 * cells[1])
    assert filled[0] == view[0]
    assert filled[1] >= view[1]
    assert filled[2] <= view[2] + 1e-9
    assert filled[3] == view[3]


@pytest.mark.parametrize(
    "view", [(1, 1, 0, 1), (0, 1, 2, 1), (0, float("nan"), 0, 1), (-1e308, 1e308, 0, 1), (0, float("inf"), 0, 1)]
)
def test_a_view_without_area_is_refused(view):
    with pytest.raises(ValueError, match="view"):
        interpolation.atlas(Echo(), view, 4)


def test_the_steps_of_a_walk_have_equal_length_around_a_corner():
    steps = interpolation.walk([(0, 0), (3, 0), (3, 1)], 5)
    np.testing.assert_allclose(steps, [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1)])


def test_a_walk_from_a_point_to_itself_stays_there():
    np.testing.assert_array_equal(interpolation.walk([(2, -4), (2, -4)], 3), [(2, -4)] * 3)
    with pytest.raises(ValueError, match="two"):
        interpolation.walk([(0, 0)], 3)
