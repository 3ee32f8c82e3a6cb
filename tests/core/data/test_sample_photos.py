import numpy as np
import pytest
from scipy import ndimage

from core import photos
from core.data import sample_photos

# Points (x, y): on the object and on the background, some of them a few pixels from the edge.
POINTS = {
    "Astronaut": [
        [(225, 20), (160, 90), (176, 125), (120, 190), (30, 360), (40, 505), (350, 310), (490, 420), (430, 500)],
        [(225, 10), (140, 90), (176, 140), (105, 200), (15, 360), (15, 505), (365, 310), (504, 420), (420, 80)],
    ],
    "Cat": [
        [(395, 3), (352, 80), (40, 60), (5, 135), (350, 240), (230, 295)],
        [(405, 5), (368, 75), (25, 60), (5, 110)],
    ],
    "Coffee": [
        [(300, 22), (420, 75), (440, 130), (474, 220), (300, 384), (82, 220), (150, 88), (250, 270)],
        [(300, 12), (430, 75), (452, 130), (485, 220), (300, 395), (70, 220), (150, 76), (110, 330)],
    ],
    "Rocket": [
        [(322, 130), (314, 160), (316, 250), (328, 250), (328, 404)],
        [(310, 130), (310, 300), (333, 250), (321, 411)],
    ],
}


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_the_true_mask_contains_points_of_the_object_alone(name):
    mask = sample_photos.true_mask(name)
    assert mask.dtype == bool
    assert mask.shape == photos.decode(sample_photos.sample(name)).shape[:2]
    inside, outside = (mask[*np.transpose(points)[::-1]] for points in POINTS[name])
    assert inside.all()
    assert not outside.any()
    assert ndimage.label(mask)[1] == 1
    np.testing.assert_array_equal(ndimage.binary_fill_holes(mask), mask)


@pytest.mark.parametrize(("name", "share"), [("Astronaut", 0.54), ("Cat", 0.79), ("Coffee", 0.48), ("Rocket", 0.019)])
def test_the_true_mask_covers_a_known_fraction(name, share):
    assert sample_photos.true_mask(name).mean() == pytest.approx(share, rel=0.1)
