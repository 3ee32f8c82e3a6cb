"""The ImageNet classifier: Keras computes the same, and the dense layer at each place averages to its scores."""

import keras
import numpy as np
import pytest
from PIL import Image

from core import weights
from core.data import sample_photos
from core.fcn import architecture, classifier, keras_model
from tests.support import networks
from tests.support.hostile.watch import assert_one_clean_sentence

NETWORK = architecture.lite0_classifier()


@pytest.fixture(scope="module")
def shipped():
    return classifier.load()


@pytest.fixture(scope="module")
def arrays():
    return weights.arrays(weights.LITE0, NETWORK.weight_shapes)


@pytest.fixture(scope="module")
def reference(arrays):
    """The classifier in Keras, GlobalAveragePooling2D, then Dense: scores, and the maps of the 1x1 convolution."""
    model = keras_model.build(NETWORK)
    keras_model.assign(model, NETWORK, arrays)
    features, maps = model.outputs
    dense = keras.layers.Dense(1000)
    scores = dense(keras.layers.GlobalAveragePooling2D()(features))
    dense.set_weights([arrays["fc/kernel"][0, 0], arrays["fc/bias"]])
    return keras.Model(model.input, [scores, maps])


def sample(name):
    return next(pair.photo for pair in sample_photos.pairs() if pair.name == name)


def test_a_dense_layer_after_the_average_is_a_1x1_convolution_before_it(shipped, reference):
    photo = sample_photos.pairs()[0].photo
    ours = shipped.classify(photo)
    rows, columns, _ = ours.maps.shape
    inputs = np.random.default_rng(0).uniform(0, 255, (1, 32 * rows, 32 * columns, 3)).astype(np.float32)
    scores, maps = (each.numpy()[0] for each in reference(inputs, training=False))
    np.testing.assert_allclose(maps.mean(axis=(0, 1)), scores, atol=1e-4)
    np.testing.assert_allclose(ours.maps.mean(axis=(0, 1)), ours.scores, atol=1e-4)
    np.testing.assert_allclose(shipped._network.scores(inputs)[1][0], maps, atol=1e-3)


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_keras_gives_a_sample_the_same_scores_and_five_classes(shipped, reference, name):
    ours = shipped.classify(sample(name))
    rows, columns, _ = ours.maps.shape
    size = 32 * columns, 32 * rows
    photo = Image.fromarray(sample(name)).resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
    scores = reference(np.asarray(photo, np.float32)[None], training=False)[0].numpy()[0]
    np.testing.assert_allclose(ours.scores, scores, atol=1e-3)
    assert ours.best() == np.argsort(scores)[::-1][:5].tolist()


@pytest.mark.parametrize(
    ("name", "classes"), [("Cat", {281, 282, 285}), ("Coffee", {967}), ("Rocket", {540, 657, 744})]
)
def test_the_samples_are_classified(shipped, name, classes):
    best = shipped.classify(sample(name)).best(3)
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


def test_published_weights_are_stored_and_loaded(arrays, tmp_path, monkeypatch):
    np.savez(tmp_path / "published.npz", **networks.published_lite0(arrays))
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    classifier.main([str(tmp_path / "published.npz")])
    stored = weights.arrays(weights.LITE0, NETWORK.weight_shapes)
    assert all(np.array_equal(stored[name], arrays[name]) for name in arrays)
    assert weights.facts(weights.LITE0, {"licence": str})["licence"] == "Apache 2.0"


def without_a_classifier(published):
    del published["fc.weight"], published["fc.bias"]


def of_ten_classes(published):
    published["fc.weight"] = published["fc.weight"][:, :10]


def with_nan(published):
    published["fc.bias"] = np.full(1000, np.nan, np.float32)


@pytest.mark.parametrize("harm", [without_a_classifier, of_ten_classes, with_nan, dict.clear])
def test_other_weights_are_refused_with_a_sentence(arrays, tmp_path, monkeypatch, harm):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    published = networks.published_lite0(arrays)
    harm(published)
    np.savez(tmp_path / "other.npz", **published)
    with pytest.raises(SystemExit, match=r"other\.npz") as caught:
        classifier.main([str(tmp_path / "other.npz")])
    assert_one_clean_sentence(caught.value.code)
    assert not (tmp_path / weights.LITE0).exists()


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "other.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit, match=r"other\.npz") as caught:
        classifier.main([str(path)])
    assert_one_clean_sentence(caught.value.code)
