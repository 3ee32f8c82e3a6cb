"""The lesson's FCN: its numbers, its repaired version, and that its quick training is the slow one."""

import keras
import numpy as np
import pytest

from core import fcn, weights
from core.data import datasets
from core.fcn import lesson, lesson_network
from core.training import acceleration

HIDDEN, SIDE = 16, 64
TRAINED = ("fc6", "fc7", "score32", "up16", "up8", "up1")


def small(**options):
    """The lesson's network on small photos, few channels in fc6 and fc7, the same for every call."""
    keras.utils.set_random_seed(3)
    return lesson.build(**{"hidden": HIDDEN, "side": SIDE} | options)


def bright_halves(count, seed=0):
    """Photos whose bright half is the object, and their one-hot masks."""
    rng = np.random.default_rng(seed)
    covered = np.zeros((count, SIDE, SIDE), bool)
    for mask in covered:
        mask[:, : rng.integers(16, 48)] = True
    photos = rng.integers(0, 100, (count, SIDE, SIDE, 3)) + 120 * covered[..., None]
    return photos.astype(np.uint8), np.stack([~covered, covered], axis=-1).astype(np.uint8)


def test_lesson_fcn_has_the_lessons_parameters():
    model = fcn.build_lesson_fcn()
    assert model.count_params() == 136_514_116
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 121_799_428
    assert model.output_shape == (None, 224, 224, 2)


def test_a_broken_encoder_file_is_named(tmp_path):
    (tmp_path / "vgg.npz").write_bytes(b"not weights")
    with pytest.raises(weights.WeightsError, match=r"vgg\.npz"):
        fcn.build_lesson_fcn(str(tmp_path / "vgg.npz"))


@pytest.mark.parametrize("repaired", [False, True])
def test_the_encoder_comes_from_weights_or_from_a_file(tmp_path, repaired):
    path = tmp_path / "vgg16.npz"
    path.write_bytes(weights.checked(weights.VGG16))
    shipped, named = (small(encoder_weights=source, repaired=repaired) for source in ("imagenet", str(path)))
    ours, theirs, random = (m.get_layer("block5_conv3").get_weights()[0] for m in (shipped, named, small()))
    np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(ours, random)


def test_the_repaired_version_preprocesses_for_vgg16():
    photos, _ = bright_halves(1)
    repaired, plain = small(repaired=True), small()
    assert repaired.count_params() == plain.count_params()
    assert repaired.get_layer("score32").activation is keras.activations.linear
    assert plain.get_layer("score32").activation is keras.activations.relu
    for ours, theirs in zip(repaired.weights, plain.weights, strict=True):
        ours.assign(theirs)
    bgr = photos[..., ::-1].astype(np.float32) - [103.939, 116.779, 123.68]
    for name in lesson.POOLS:
        repaired_pool, plain_pool = (keras.Model(m.input, m.get_layer(name).output) for m in (repaired, plain))
        np.testing.assert_allclose(
            repaired_pool(photos.astype(np.float32)), plain_pool(bgr.astype(np.float32)), rtol=1e-4, atol=1e-3
        )


@pytest.mark.parametrize(("policy", "figures", "way"), [("float32", 1e-4, 0.01), ("mixed_bfloat16", 1e-3, 0.2)])
def test_training_on_kept_features_equals_training_the_whole_model(policy, figures, way, monkeypatch):
    """Two epochs of two steps over the photos in the same order: loss and accuracy, then where the weights went.

    Adam takes a full step even where the gradient is nothing but rounding: a few weights may differ by that.
    """
    monkeypatch.setattr(acceleration, "dtype_policy", lambda: policy)
    photos, masks = bright_halves(10)
    quick, slow = small(), small()
    encoder = [variable.numpy() for variable in slow.non_trainable_variables]
    before = [variable.numpy() for variable in slow.trainable_variables]
    history = list(lesson.train(quick, lesson.all_features(quick, photos), masks, epochs=2, seed=5))[-1].history

    slow.compile(keras.optimizers.Adam(lesson.RATE), "categorical_crossentropy", metrics=["accuracy"])
    for epoch, ours in enumerate(history):
        order = np.random.default_rng((5, epoch)).permutation(10)
        inputs, truth = photos[order].astype(np.float32), masks[order].astype(np.float32)
        theirs = slow.fit(inputs, truth, batch_size=5, shuffle=False, verbose=0).history
        assert ours["loss"] == pytest.approx(theirs["loss"][0], rel=figures)
        assert ours["accuracy"] == pytest.approx(theirs["accuracy"][0], abs=1e-3)
    for start, ours, theirs in zip(before, quick.trainable_variables, slow.trainable_variables, strict=True):
        apart = np.linalg.norm(ours.numpy() - theirs.numpy())
        assert apart < way * np.linalg.norm(theirs.numpy() - start), ours.path
    for ours, theirs in zip(quick.non_trainable_variables, encoder, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_only_trained_layers_are_saved_and_loaded(tmp_path):
    model, other = small(), lesson.build(hidden=HIDDEN, side=SIDE)
    path = tmp_path / "made" / "head.npz"
    lesson.save(model, path)
    trained = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert path.stat().st_size == pytest.approx(4 * trained, rel=0.01)
    with np.load(path) as file:
        assert sorted(file.files) == sorted(f"{n}/{p}" for n in TRAINED for p in ("kernel", "bias"))
    encoder = [variable.numpy() for variable in other.non_trainable_variables]
    lesson.load(other, path)
    for ours, theirs in zip(other.trainable_variables, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(other.non_trainable_variables, encoder, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert list(path.parent.iterdir()) == [path]


def test_weights_that_do_not_fit_are_refused_and_change_nothing(tmp_path):
    path = tmp_path / "head.npz"
    lesson.save(small(), path)
    narrow = small(hidden=HIDDEN // 2)
    with pytest.raises(weights.WeightsError, match=r"head\.npz belong to another network"):
        lesson.load(narrow, path)
    model = small()
    model.get_layer("fc7").bias.assign(np.full(HIDDEN, np.nan, np.float32))
    lesson.save(model, path)
    fresh = small()
    with pytest.raises(weights.WeightsError, match="NaN"):
        lesson.load(fresh, path)
    assert np.isfinite(fresh.get_layer("fc7").bias.numpy()).all()
    path.write_bytes(b"no archive")
    with pytest.raises(weights.WeightsError, match=r"head\.npz"):
        lesson.load(fresh, path)


def test_pairs_become_the_lessons_squares():
    photo = np.zeros((100, 60, 3), np.uint8)
    photo[:, 30:] = 200
    mask = np.zeros((100, 60), bool)
    mask[:, 30:] = True
    photos, masks = lesson_network.arrays([datasets.Pair("a", photo, mask)])
    assert (photos.shape, photos.dtype) == ((1, 224, 224, 3), np.float32)
    assert photos.max() == pytest.approx(200 / 255)
    assert masks.shape == (1, 224, 224, 2)
    assert (masks.sum(axis=-1) == 1).all()
    assert masks[0, :, :110, 0].all()
    assert masks[0, :, 114:, 1].all()
    assert photos[0, :, 120:].min() > 190 / 255
    np.testing.assert_allclose(
        lesson_network.arrays([datasets.Pair("a", photo, mask)], largest=255)[0], 255 * photos, rtol=1e-6
    )


def test_from_the_lessons_triple_to_a_file_of_weights(tmp_path):
    photos, masks = bright_halves(6)
    names = dict(zip(datasets.TRIPLE, (photos, masks, photos[:2]), strict=True))
    for name, array in names.items():
        np.save(tmp_path / name, array)
    path = tmp_path / "head.npz"
    run = lesson.train_and_save(tmp_path, path, epochs=2, hidden=HIDDEN, side=SIDE)
    assert [(p.epoch, p.step) for p in run] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    model = small()
    before = model.get_layer("up1").kernel.numpy()
    lesson.load(model, path)
    assert np.abs(model.get_layer("up1").kernel.numpy() - before).max() > lesson.RATE
