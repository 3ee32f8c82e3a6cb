"""The lesson's FCN-8s on a frozen VGG16: as it is, and repaired; its training on an encoder that is run once.

The plan, after Long, Shelhamer & Darrell, "Fully convolutional networks for semantic segmentation" (2015):

    photo -> VGG16 (Simonyan & Zisserman, 2015), frozen -> pool3, pool4, pool5 at strides 8, 16, 32
          -> fc6, fc7: its dense layers as convolutions -> score32, two channels: background and object
          -> up16 + pool4 -> up8 + pool3 -> up1 -> softmax: two probabilities a pixel

What is frozen gives the same pools in every epoch, so they are computed in the first one and kept;
core.training.acceleration makes what is left of the later epochs cheap.
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from core import weights
from core.data import datasets
from core.training import acceleration
from core.training.fit import Batch, Progress, fit, written_whole

SIDE = 224
BATCH, EPOCHS, RATE = 5, 5, 1e-3
POOLS = ("block3_pool", "block4_pool", "block5_pool")
TRAINED = ("fc6", "fc7", "score32", "up16", "up8", "up1")


def build(
    encoder_weights: str | None = None, *, hidden: int = 4096, repaired: bool = False, side: int = SIDE
) -> keras.Model:
    """The lesson's FCN: 136,514,116 parameters, 121,799,428 of them trainable, the rest VGG16's and frozen.

    Input: (N, 224, 224, 3), RGB, 0..255. Output: (N, 224, 224, 2), the probabilities of background and object. As
    in the lesson the encoder sees the picture as it comes, and the scores at stride 32 pass a ReLU.

    Args:
        encoder_weights: VGG16's: None for random ones, "imagenet" for Keras' download, or a file.
        hidden: channels of fc6 and fc7; the lesson's are 4096.
        side: of the photos, in pixels, a multiple of 32; the lesson's have 224.
        repaired: VGG16 sees what it was trained on, BGR less ImageNet's mean colour, and a score may be negative.

    Raises:
        weights.WeightsError: the download cannot be reached, or the file is not VGG16's.
    """
    photo = keras.Input((side, side, 3), name="photo")
    seen = keras.applications.vgg16.preprocess_input(photo) if repaired else photo
    try:
        vgg16 = keras.applications.VGG16(weights=encoder_weights, include_top=False, input_tensor=seen)
    except Exception as error:  # a URL, a hash and a file's format fail in many ways
        source = "Keras' download" if encoder_weights == "imagenet" else str(encoder_weights)
        raise weights.WeightsError(
            f"VGG16's weights could not be had from {source}: name a file that holds them, or train without."
        ) from error
    vgg16.trainable = False
    parts = {
        "fc6": layers.Conv2D(hidden, 7, padding="same", activation="relu", name="fc6"),
        "fc7": layers.Conv2D(hidden, 1, activation="relu", name="fc7"),
        "score32": layers.Conv2D(2, 1, activation=None if repaired else "relu", name="score32"),
        "up16": layers.Conv2DTranspose(512, 4, strides=2, padding="same", name="up16"),
        "up8": layers.Conv2DTranspose(256, 4, strides=2, padding="same", name="up8"),
        "up1": layers.Conv2DTranspose(2, 16, strides=8, padding="same", activation="softmax", name="up1"),
    }
    mask = _decoded(parts, [vgg16.get_layer(name).output for name in POOLS])
    return keras.Model(photo, mask, name="lesson_fcn")


def _decoded(parts: dict[str, layers.Layer], pools: list):
    """From pool3 (N, 28, 28, 256), pool4 (N, 14, 14, 512) and pool5 (N, 7, 7, 512) to (N, 224, 224, 2)."""
    pool3, pool4, pool5 = pools
    x = parts["score32"](parts["fc7"](parts["fc6"](pool5)))  # (N, 7, 7, 2)
    x = layers.Add(name="skip16")([parts["up16"](x), pool4])  # (N, 14, 14, 512)
    x = layers.Add(name="skip8")([parts["up8"](x), pool3])  # (N, 28, 28, 256)
    return parts["up1"](x)


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """`model` (of `build`) as (its encoder: photo -> three pools, its head: three pools -> probabilities).

    They share the model's variables: what the head learns, the model knows. The head computes its three layers with
    the most products in `acceleration.dtype_policy()`.
    """
    pools = [model.get_layer(name).output for name in POOLS]
    parts = {name: model.get_layer(name) for name in TRAINED}
    policy = acceleration.dtype_policy()
    parts |= {name: acceleration.ByTaps(parts[name], dtype=policy) for name in ("fc6", "fc7")}
    parts["up8"] = acceleration.Recast(parts["up8"], dtype=policy)
    inputs = [keras.Input(pool.shape[1:]) for pool in pools]
    return keras.Model(model.input, pools), keras.Model(inputs, _decoded(parts, inputs))


def arrays(pairs: list[datasets.Pair], side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Photos (N, side, side, 3) uint8 and one-hot masks (N, side, side, 2) uint8, background first.

    A pair of another size is squashed to the lesson's square; its mask stays a mask.
    """
    size = (side, side)
    photos = [Image.fromarray(pair.photo).resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0) for pair in pairs]
    objects = [Image.fromarray(pair.mask).resize(size, Image.Resampling.NEAREST) for pair in pairs]
    covered = np.stack([np.asarray(mask, bool) for mask in objects])
    return np.stack([np.asarray(photo) for photo in photos]), np.stack([~covered, covered], axis=-1).astype(np.uint8)


def train(
    model: keras.Model,
    photos: np.ndarray,
    masks: np.ndarray,
    *,
    epochs: int = EPOCHS,
    rate: float = RATE,
    seed: int = 0,
) -> Iterator[Progress]:
    """Train the head of `model` (of `build`): Adam, categorical cross-entropy, 5 photos a step; leave the loop to stop.

    The pools of a photo are computed when it is first shown and kept, 1.3 MB each. The history gets "accuracy", the
    part of the pixels that were right when they were shown, as Keras' `fit` counts it.

    Args:
        photos: (N, side, side, 3), 0..255.
        masks: (N, side, side, 2), one-hot.
    """
    encoder, head = halves(model)
    encode = tf.function(lambda x: encoder(x, training=False), reduce_retracing=True)
    kept = [np.empty((len(photos), *pool.shape[1:]), np.float32) for pool in encoder.output]
    known = np.zeros(len(photos), bool)
    entropy, accuracy = keras.losses.CategoricalCrossentropy(), keras.metrics.CategoricalAccuracy()

    def batches(epoch: int) -> Iterator[Batch]:
        order = np.random.default_rng((seed, epoch)).permutation(len(photos))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            if not known[rows].all():
                for pool, found in zip(kept, encode(tf.constant(photos[rows], tf.float32)), strict=True):
                    pool[rows] = found
                known[rows] = True
            yield [pool[rows] for pool in kept], masks[rows].astype(np.float32)

    def loss(truth: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
        accuracy.update_state(truth, found)
        return entropy(truth, found)

    def after_epoch(_epoch: int) -> dict[str, float]:
        right = float(accuracy.result())
        accuracy.reset_state()
        return {"accuracy": right}

    return fit(
        head,
        loss,
        acceleration.FusedAdam(rate),
        batches,
        epochs=epochs,
        steps=-(-len(photos) // BATCH),
        after_epoch=after_epoch,
    )


def train_and_save(
    data: Path,
    path: Path,
    *,
    encoder_weights: str | None = None,
    repaired: bool = False,
    epochs: int = EPOCHS,
    seed: int = 0,
    hidden: int = 4096,
    side: int = SIDE,
) -> Iterator[Progress]:
    """`build`, `train` on the photos in `data`, `save`; leaving the loop before its end saves nothing.

    Raises:
        datasets.DatasetError: `data` cannot be read.
        weights.WeightsError: VGG16's weights cannot be had.
    """
    photos, masks = arrays(datasets.load(data), side)
    keras.utils.set_random_seed(seed)
    model = build(encoder_weights, hidden=hidden, repaired=repaired, side=side)
    yield from train(model, photos, masks, epochs=epochs, seed=seed)
    save(model, path)


def save(model: keras.Model, path: Path) -> None:
    """Write what was trained, and no number of VGG16's, to an .npz file; a failure leaves the old file or none."""
    with written_whole(path) as file:
        np.savez(file, **{variable.path: variable.numpy() for variable in model.trainable_variables})


def load(model: keras.Model, path: Path) -> None:
    """Fill the trained part of `model` from what `save` wrote; the encoder stays as it is.

    Raises:
        weights.WeightsError: the file cannot be read, is of another network, or holds what is no number.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            values = dict(file)
    except Exception as error:  # zipfile, zlib and numpy each have their own for a broken file
        raise weights.WeightsError(f"{path.name} holds no weights: name a file that the training saved.") from error
    variables = {variable.path: variable for variable in model.trainable_variables}
    weights.check(values, {name: tuple(variable.shape) for name, variable in variables.items()}, path.name)
    for name, value in values.items():
        variables[name].assign(value)
