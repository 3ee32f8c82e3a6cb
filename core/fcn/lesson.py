"""The lesson's FCN-8s on a frozen VGG16, as it is and repaired, and its training on an encoder that runs once.

The network is `core.fcn.architecture.lesson_fcn`. A frozen encoder gives the same features in every epoch, so they are
computed in the first one and kept; `core.training.acceleration` makes the rest of the later epochs cheap.
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from core import masks as core_masks
from core import weights
from core.data import datasets
from core.fcn import architecture, encoders, keras_model
from core.fcn.lesson_network import SIDE, arrays
from core.training import acceleration
from core.training.features import features as encoder_features
from core.training.fit import Batch, Progress, Training, fit, written_whole

BATCH, EPOCHS, RATE = 5, 5, 1e-3
POOLS = ("block3_pool", "block4_pool", "block5_pool")


def build(
    encoder_weights: str | None = None, *, hidden: int = 4096, repaired: bool = False, side: int = SIDE
) -> keras.Model:
    """The lesson's FCN as a Keras model.

    Input: (N, side, side, 3), RGB. Output: (N, side, side, 2), the probabilities of background and object.

    Args:
        encoder_weights: VGG16's: None for random ones, "imagenet" for those in weights/, or the path of a file.
        hidden: channels of fc6 and fc7; the lesson's are 4096.
        repaired: see `core.fcn.architecture.lesson_fcn`.
        side: of the photos, in pixels, a multiple of 32; the lesson's have 224.

    Raises:
        weights.WeightsError: the file cannot be read or holds other weights.
    """
    network = architecture.lesson_fcn(hidden, repaired=repaired)
    model = keras_model.build(network, (side, side))
    if encoder_weights:
        keras_model.assign(model, network, encoders.load_vgg16(encoder_weights))
    return model


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """`model` (of `build`) as (its encoder: photo -> three pools, its head: three pools -> probabilities).

    They share the model's variables: training the head trains the model. The head computes its three layers with the
    most products in `acceleration.dtype_policy()`.
    """
    policy = acceleration.dtype_policy()
    layers = {name: acceleration.ByTaps(model.get_layer(name), dtype=policy) for name in ("fc6", "fc7")}
    layers["up8"] = acceleration.Recast(model.get_layer("up8"), dtype=policy)
    return keras_model.halves(model, architecture.lesson_fcn(), POOLS, layers)


def features(model: keras.Model, photos: np.ndarray, dtype: type = np.float32) -> Iterator[tuple[float, list]]:
    """`core.training.features.features` of the encoder of `model` (of `build`): its three pools, 1.3 MB a photo."""
    return encoder_features(halves(model)[0], photos, BATCH, dtype)


def train(
    model: keras.Model,
    pools: list[np.ndarray],
    masks: np.ndarray,
    *,
    epochs: int = EPOCHS,
    rate: float | keras.optimizers.schedules.LearningRateSchedule = RATE,
    seed: int = 0,
    test: tuple[list[np.ndarray], np.ndarray] | None = None,
) -> Training:
    """Train the head of `model` (of `build`): Adam, categorical cross-entropy, 5 photos a step; leave the loop to stop.

    The history gets "accuracy", the share of correct pixels during the epoch, as Keras' `fit` counts it, and with
    `test` also `evaluate`'s figures after each epoch, as "test_accuracy" and "test_iou".

    Args:
        pools: of `features`.
        masks: (N, side, side, 2), one-hot.
        test: pools and masks of other photos.
    """
    _, head = halves(model)
    entropy, accuracy = keras.losses.CategoricalCrossentropy(), keras.metrics.CategoricalAccuracy()

    def batches(epoch: int) -> Iterator[Batch]:
        order = np.random.default_rng((seed, epoch)).permutation(len(masks))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            yield [pool[rows].astype(np.float32) for pool in pools], masks[rows].astype(np.float32)

    def loss(truth: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        accuracy.update_state(truth, output)
        return entropy(truth, output)

    def after_epoch(_epoch: int) -> dict[str, float]:
        figures = {"accuracy": float(accuracy.result())}
        accuracy.reset_state()
        if test:
            figures |= {f"test_{name}": figure for name, figure in evaluate(model, *test).items()}
        return figures

    return fit(
        head,
        loss,
        acceleration.FusedAdam(rate),
        batches,
        epochs=epochs,
        steps=-(-len(masks) // BATCH),
        after_epoch=after_epoch,
    )


def evaluate(model: keras.Model, pools: list[np.ndarray], masks: np.ndarray) -> dict[str, float]:
    """Mean "accuracy" and "iou" of the masks, 0..1: class-1 probability > 0.5, on the lesson's squares."""
    _, head = halves(model)
    run = tf.function(lambda inputs: head(inputs, training=False), reduce_retracing=True)
    accuracies, ious = [], []
    for start in range(0, len(masks), BATCH):
        rows = slice(start, start + BATCH)
        output = run([tf.constant(pool[rows], tf.float32) for pool in pools]).numpy()
        for probability, truth in zip(output[..., 1], masks[rows, ..., 1].astype(bool), strict=True):
            accuracies.append(core_masks.pixel_accuracy(probability > 0.5, truth))
            ious.append(core_masks.iou(probability > 0.5, truth))
    return {"accuracy": float(np.mean(accuracies)), "iou": float(np.mean(ious))}


def all_features(model: keras.Model, photos: np.ndarray, dtype: type = np.float32) -> list[np.ndarray]:
    """The pools of `features`, complete."""
    *_, (_, pools) = features(model, photos, dtype)
    return pools


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
        weights.WeightsError: VGG16's weights cannot be read.
    """
    photos, masks = arrays(datasets.load(data), side, largest=255 if repaired else 1)
    keras.utils.set_random_seed(seed)
    model = build(encoder_weights, hidden=hidden, repaired=repaired, side=side)
    yield from train(model, all_features(model, photos), masks, epochs=epochs, seed=seed)
    save(model, path)


def save(model: keras.Model, path: Path) -> None:
    """Write the trained layers, not VGG16's, to an `.npz` file; a failure leaves the old file or none."""
    with written_whole(path) as file:
        file.write(weights.packed(trained(model)))


def load(model: keras.Model, path: Path) -> None:
    """Fill the trained layers of `model` from a file of `save`; the encoder stays as it is.

    Raises:
        weights.WeightsError: the file cannot be read, belongs to another network, or has NaN or infinite values.
    """
    values = weights.read(path, path.name)
    weights.check(values, {name: array.shape for name, array in trained(model).items()}, path.name)
    assign(model, values)


def assign(model: keras.Model, head: dict[str, np.ndarray]) -> None:
    """Fill the trained layers of `model` with arrays of `trained`."""
    keras_model.assign(model, architecture.lesson_fcn(), head)


def trained(model: keras.Model) -> dict[str, np.ndarray]:
    """The arrays of the layers that training changes, by "layer/part"."""
    network = architecture.lesson_fcn()
    trained = {node.name for node in network.nodes if node.trainable}
    return {name: a for name, a in keras_model.arrays(model, network).items() if name.split("/")[0] in trained}
