import numpy as np
import pytest

from core.autoencoder import digits


def random_mnist(path, side=28):
    random = np.random.default_rng(0)
    arrays = {}
    for name, count in (("train", 30), ("test", 20)):
        arrays[f"x_{name}"] = random.integers(0, 256, (count, side, side), dtype=np.uint8)
        arrays[f"y_{name}"] = np.arange(count, dtype=np.uint8) % 10
    np.savez(path, **arrays)
    return arrays


@pytest.fixture
def without_mnist(monkeypatch, tmp_path):
    """No MNIST_FILE, an empty Keras cache, and a URL that refuses the download."""
    monkeypatch.delenv("MNIST_FILE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(digits, "MNIST_URL", "http://127.0.0.1:9/mnist.npz")


def test_a_named_file_is_read_and_classes_are_selected(tmp_path, monkeypatch):
    arrays = random_mnist(tmp_path / "mnist.npz")
    monkeypatch.setenv("MNIST_FILE", str(tmp_path / "mnist.npz"))
    some = digits.load().of((6, 1))
    assert some.is_mnist
    assert set(some.train_labels) == {1, 6}
    np.testing.assert_array_equal(some.test_images, arrays["x_test"][some.test_index])
    np.testing.assert_array_equal(some.test_labels, arrays["y_test"][some.test_index])


@pytest.mark.parametrize("classes", [(), (10,), (-1, 3)])
def test_impossible_classes_are_refused(classes):
    with pytest.raises(ValueError, match="0 to 9"):
        digits.scikit_learn_digits().of(classes)


@pytest.mark.parametrize("content", [b"", b"not a zip", None])
def test_a_named_file_that_is_not_mnist_is_an_error(tmp_path, content):
    path = tmp_path / "mine.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(digits.DigitsError, match=r"mine\.npz"):
        digits.load(path)


def test_images_of_another_size_are_refused(tmp_path):
    random_mnist(tmp_path / "wide.npz", side=32)
    with pytest.raises(digits.DigitsError, match="28, 28"):
        digits.load(tmp_path / "wide.npz")


def test_without_mnist_scikit_learns_digits_are_loaded_under_their_own_name(without_mnist):
    loaded = digits.load()
    assert not loaded.problem
    assert not loaded.is_mnist
    assert "scikit-learn" in loaded.source
    assert len(loaded.train_labels) + len(loaded.test_labels) == 1797
    assert loaded.train_images.dtype == np.uint8
    assert loaded.train_images.shape[1:] == (28, 28)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", "another layout"])
def test_a_damaged_cache_is_named_and_scikit_learns_digits_are_loaded(without_mnist, content):
    cached = digits.keras_cache()
    cached.parent.mkdir()
    np.savez(cached, x=0) if isinstance(content, str) else cached.write_bytes(content)
    loaded = digits.load()
    assert not loaded.is_mnist
    assert len(loaded.train_labels) > 1000
    assert str(cached) in loaded.problem
    random_mnist(cached)
    assert digits.load().is_mnist
    assert not digits.load().problem


def test_all_selections_share_the_images(tmp_path):
    random_mnist(tmp_path / "mnist.npz")
    first, again = digits.load(tmp_path / "mnist.npz"), digits.load(tmp_path / "mnist.npz")
    assert again.all_train is first.all_train
    for data in (first, digits.scikit_learn_digits()):
        some = data.of((6, 1))
        assert some.all_train is data.all_train
        assert some.all_test is data.all_test
        np.testing.assert_array_equal(some.train_images, data.train_images[np.isin(data.train_labels, (1, 6))])
        with pytest.raises(ValueError, match="read-only"):
            data.all_train[0] = 0


def test_a_download_that_is_not_mnist_leaves_no_file(tmp_path, monkeypatch):
    false = tmp_path / "false.npz"
    random_mnist(false)
    target = tmp_path / "cache" / "mnist.npz"
    monkeypatch.setattr(digits, "MNIST_URL", false.as_uri())
    with pytest.raises(digits.DigitsError, match="not Keras"):
        digits.fetch_mnist(target)
    assert not list(tmp_path.rglob("mnist*"))


def test_a_frame_fits_twenty_pixels_and_is_centred_by_mass():
    ink = np.zeros((300, 200))
    ink[40:240, 60:90] = 1  # a stroke, 200 pixels tall
    ink[220:240, 60:180] = 1  # with a foot that pulls the mass to the right
    frame = digits.mnist_frame(ink).astype(float)
    rows, columns = np.flatnonzero(frame.sum(axis=1)), np.flatnonzero(frame.sum(axis=0))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 == 12
    centre = np.array([np.average(np.arange(28) + 0.5, weights=frame.sum(axis=axis)) for axis in (1, 0)])
    np.testing.assert_allclose(centre, 14, atol=0.5)


def test_a_framed_digit_hardly_changes_when_it_is_framed_again():
    once = digits.scikit_learn_digits().test_images[:50]
    twice = np.stack([digits.mnist_frame(image / 255) for image in once])
    assert np.abs(once.astype(int) - twice).mean() < 3


def test_an_empty_picture_has_no_frame():
    with pytest.raises(ValueError, match="no ink"):
        digits.mnist_frame(np.zeros((28, 28)))
    assert digits.mnist_frame(np.ones((1, 1))).sum() > 0


@pytest.mark.parametrize("inverted", [False, True])
def test_ink_is_separated_from_light_and_from_dark_paper(inverted):
    source = digits.scikit_learn_digits().test_images[3]
    page = np.full((90, 70), 20, np.uint8)
    page[30:58, 20:48] = np.maximum(page[30:58, 20:48], source)
    page = 255 - page if inverted else page
    frame = digits.mnist_frame(digits.ink(np.repeat(page[..., None], 3, axis=2)))
    assert np.abs(frame.astype(float) - source).mean() < 20  # the same digit, in its place
    assert np.corrcoef(frame.ravel(), source.ravel())[0, 1] > 0.93


@pytest.mark.parametrize("shape", [(1, 1, 3), (28, 28, 3), (2, 3000, 3)])
def test_an_even_picture_has_no_ink(shape):
    with pytest.raises(ValueError, match="no ink"):
        digits.ink(np.full(shape, 200, np.uint8))
