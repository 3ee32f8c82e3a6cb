import numpy as np
import pytest

from core import photos
from core.convolution import kernels
from core.convolution.layer import Layer


@pytest.fixture(scope="module")
def picture():
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(np.random.default_rng(0).random((40, 33)), 2).astype(np.float32)


@pytest.mark.parametrize("size", kernels.SIZES)
@pytest.mark.parametrize("name", kernels.NAMES)
def test_feature_maps_agree_with_scipy(picture, name, size):
    from scipy.signal import correlate2d

    kernel = kernels.named(name, size)
    ours = kernels.feature_map(picture, kernel, Layer(padding="SAME"))
    np.testing.assert_allclose(ours, correlate2d(picture, kernel, mode="same"), atol=1e-5)


def test_sobel_agrees_with_scikit_image(picture):
    from skimage.filters import sobel_v

    ours = kernels.feature_map(picture, kernels.named("Sobel, vertical edges"), Layer(padding="VALID"))
    np.testing.assert_allclose(ours / 4, sobel_v(picture)[1:-1, 1:-1], atol=1e-6)


@pytest.mark.parametrize("size", kernels.SIZES)
def test_kernels_do_what_their_names_say(picture, size):
    same = Layer(padding="SAME")
    np.testing.assert_allclose(kernels.feature_map(picture, kernels.named("Identity", size), same), picture)
    assert kernels.named("Blur", size).sum() == pytest.approx(1)
    assert kernels.named("Sharpen", size).sum() == pytest.approx(1)
    assert kernels.named("Sobel, vertical edges", size).sum() == 0
    assert (kernels.named("Random", size, seed=1) != kernels.named("Random", size, seed=2)).any()


def test_the_feature_map_has_the_size_of_the_layer(picture):
    kernel = kernels.named("Blur")
    assert kernels.feature_map(picture, kernel, Layer(strides=(2, 3), padding="SAME")).shape == (20, 11)
    assert kernels.feature_map(picture, kernel, Layer("Conv2DTranspose", strides=(2, 3), padding="SAME")).shape == (
        80,
        99,
    )


def test_grey_and_visible():
    photo = np.zeros((2, 2, 3), np.uint8)
    photo[0, 0] = 255
    np.testing.assert_allclose(photos.luma(photo) / 255, [[1, 0], [0, 0]], atol=1e-6)
    assert kernels.visible(np.array([[0.0, 2.0]])).tolist() == [[0, 255]]
    assert kernels.visible(np.array([[-2.0, 0.0, 2.0]])).tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("size", [1, 4])
def test_even_and_tiny_sizes_are_refused(size):
    with pytest.raises(ValueError, match=str(size)):
        kernels.named("Blur", size)
