"""The ImageNet classifier: Keras computes the same, and the dense layer at each place averages to its scores."""

import keras
import numpy as np
import pytest

from core import weights
from core.data import sample_photos
from core.fcn import architecture, classifier, keras_model

NETWORK = architecture.lite0_classifier()


@pytest.fixture(scope="module")
def shipped():
    return classifier.load()


@pytest.fixture(scope="module")
def arrays():
    return weights.arrays(weights.LITE0, NETWORK.weight_shapes)


def test_a_dense_layer_after_the_average_is_a_1x1_convolution_before_it(shipped, arrays):
    """The oracle is Keras: GlobalAveragePooling2D, then Dense."""
    model = keras_model.build(NETWORK)
    keras_model.assign(model, NETWORK, arrays)
    features, maps = model.outputs
    dense = keras.layers.Dense(1000)
    reference = keras.Model(model.input, [dense(keras.layers.GlobalAveragePooling2D()(features)), maps])
    dense.set_weights([arrays["fc/kernel"][0, 0], arrays["fc/bias"]])
    photo = sample_photos.pairs()[0].photo
    ours = shipped.classify(photo)
    rows, columns, _ = ours.maps.shape
    inputs = np.random.default_rng(0).uniform(0, 255, (1, 32 * rows, 32 * columns, 3)).astype(np.float32)
    scores, maps = (each.numpy()[0] for each in reference(inputs, training=False))
    np.testing.assert_allclose(maps.mean(axis=(0, 1)), scores, atol=1e-4)
    np.testing.assert_allclose(ours.maps.mean(axis=(0, 1)), ours.scores, atol=1e-4)
    np.testing.assert_allclose(shipped._network.scores(inputs)[1][0], maps, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "classes"), [("Cat", {281, 282, 285}), ("Coffee", {967}), ("Rocket", {540, 657, 744})]
)
def test_the_samples_are_classified(shipped, name, classes):
    pair = next(pair for pair in sample_photos.pairs() if pair.name == name)
    best = shipped.classify(pair.photo).best(3)
    assert best[0] in classes
    assert classes <= set(best)


@pytest.mark.parametrize("size", [(1, 1), (20, 31), (33, 500), (700, 300)])
def test_photos_of_any_size_have_maps(shipped, size):
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    result = shipped.classify(photo)
    assert result.maps.shape[2] == 1000
    assert result.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert (result.maps.shape[0] > result.maps.shape[1]) == (size[0] > size[1])


def test_there_are_1000_names():
    names = classifier.names()
    assert len(set(names)) == 1000
    assert [names[i] for i in (0, 285, 657, 967, 999)] == [
        "tench",
        "Egyptian cat",
        "missile",
        "espresso",
        "toilet tissue",
    ]


def test_other_weights_are_refused(tmp_path):
    (tmp_path / "other.npz").write_bytes(b"no weights")
    with pytest.raises(weights.WeightsError, match=r"other\.npz"):
        classifier.store(tmp_path / "other.npz")
    np.savez(tmp_path / "narrow.npz", **{"fc.weight": np.zeros((1280, 10), np.float32)})
    with pytest.raises(weights.WeightsError, match=r"narrow\.npz"):
        classifier.store(tmp_path / "narrow.npz")
