import numpy as np
import pytest

from core.autoencoder import codes
from core.autoencoder.codes import Codes
from core.autoencoder.density import DENSE_SHARE, Density


@pytest.fixture(scope="module")
def density():
    return Density(codes.load()[1])


def test_density_is_the_kernel_sum_over_all_codes(density):
    """Compared with the exact sum of 18,081 Gaussians at random points."""
    random = np.random.default_rng(0)
    points = density.known.points[random.integers(0, 18_081, 200)] + random.normal(0, 0.3, (200, 2))
    squares = np.square(points[:, None] - density.known.points[None]).sum(axis=2)
    h2 = density.bandwidth**2
    exact = np.exp(-squares / (2 * h2)).sum(axis=1) / (2 * np.pi * h2)
    np.testing.assert_allclose(density.at(points), exact, rtol=0.05, atol=0.02 * exact.max())


def test_density_counts_every_digit_once(density):
    side = 0.05
    z1, z2 = np.arange(-14, 12, side), np.arange(-18, 9, side)
    grid = np.stack(np.meshgrid(z1, z2), axis=-1).reshape(-1, 2)
    assert density.at(grid).sum() * side**2 == pytest.approx(18_081, rel=0.01)


def test_nearest_are_the_nearest(density):
    point = np.array([0.3, -2.1])
    rows, distances = density.nearest(point, 5)
    by_hand = np.linalg.norm(density.known.points - point, axis=1)
    np.testing.assert_allclose(distances, np.sort(by_hand)[:5], rtol=1e-5)
    np.testing.assert_allclose(by_hand[rows], distances, rtol=1e-5)


def test_levels(density):
    share = (density.at(density.known.points) >= density.dense).mean()
    assert share == pytest.approx(DENSE_SHARE, abs=0.01)
    points = density.known.points
    assert density.level(np.median(points[density.known.labels == 1], axis=0)) == "dense"
    assert density.level((-9, 4)) == "empty"
    assert density.level((500, -500)) == "empty"
    outermost = points[np.argmin(density.at(points))]
    assert density.level(outermost + 0.3 * density.reach) == "sparse"


def test_three_codes_are_enough():
    few = Codes(np.array([[0, 0], [0, 0], [1, 1]], np.float32), np.array([3, 3, 4], np.uint8), np.arange(3))
    density = Density(few)
    assert np.isfinite(density.at(few.points)).all()
    assert len(density.nearest((0, 0), 8)[0]) == 3
