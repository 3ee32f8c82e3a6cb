"""Training of the autoencoder: of the pre-trained model, and of users' models.

The lesson trains 10 epochs with batches of 32 and a constant learning rate, and ends at an error of 0.0283. The same
layers reach a lower error with a learning rate that decreases along a cosine and with slightly rotated, sheared and
scaled digits. Without these distortions only the error on the training digits keeps falling.
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from core import weights
from core.autoencoder import codes, digits
from core.autoencoder.digits import Digits
from core.autoencoder.keras_model import build
from core.autoencoder.network import SHAPES, WEIGHTS, Autoencoder, squared_error
from core.training.fit import Batch, Progress, Training, cosine, fit

EPOCHS, BATCH, PEAK_RATE = 60, 128, 3e-3


def train(
    model: keras.Sequential,
    data: Digits,
    *,
    epochs: int = EPOCHS,
    batch: int = BATCH,
    rate: float = PEAK_RATE,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> Training:
    """Train `model` (core.autoencoder.keras_model.build) on the training digits of `data`; leave the loop to stop.

    The optimizer is Adam, the loss the mean squared error. The learning rate rises to `rate` in a tenth of the steps,
    in one epoch at most, and decreases to zero along a cosine. The history gets "test_loss", the mean squared error on
    all test digits of `data`.
    """
    count = len(data.train_labels)
    batch = min(batch, count)
    steps = count // batch  # an incomplete last batch is dropped; the next epoch shuffles again
    images, test = digits.unit(data.train_images), digits.unit(data.test_images)

    def batches(epoch: int) -> Iterator[Batch]:
        random = np.random.default_rng((seed, epoch))
        inputs = jittered(images, random)[..., np.newaxis]
        order = random.permutation(count)
        for step in range(steps):
            picked = inputs[order[step * batch : (step + 1) * batch]]  # (batch, 28, 28, 1)
            yield picked, picked

    def after_epoch(_epoch: int) -> dict[str, float]:
        decoded = Autoencoder(model.get_weights()).reconstruct(test)
        return {"test_loss": float(squared_error(test, decoded).mean())}

    return fit(
        model,
        lambda targets, outputs: tf.reduce_mean(tf.square(targets - outputs)),
        keras.optimizers.Adam(cosine(rate, epochs * steps, warmup=min(steps, epochs * steps // 10))),
        batches,
        epochs=epochs,
        steps=steps,
        after_epoch=after_epoch,
        checkpoint=checkpoint,
    )


def train_shipped(
    data: Digits, *, epochs: int = EPOCHS, seed: int = 0, checkpoint: Path | None = None
) -> Iterator[Progress]:
    """Train the pre-trained model on the lesson's classes of MNIST; then save weights, codes and the run's figures.

    If you leave the loop before its end, only the checkpoint is saved.

    Raises:
        DigitsError: `data` is not MNIST.
    """
    if not data.is_mnist:
        raise digits.DigitsError(
            f"The pre-trained model needs MNIST. Received: {data.source}. Set MNIST_FILE to the path of mnist.npz."
        )
    data, model = data.of(digits.LESSON_CLASSES), build(seed)
    history = yield from train(model, data, epochs=epochs, seed=seed, checkpoint=checkpoint)
    run = {
        "data": f"MNIST {digits.LESSON_CLASSES}: {len(data.train_labels):,} training, {len(data.test_labels):,} test",
        "epochs": epochs,
        "batch": BATCH,
        "peak_rate": PEAK_RATE,
        "seed": seed,
        "test_loss": history[-1]["test_loss"],
        "loss_per_epoch": [round(epoch["loss"], 6) for epoch in history],
        "test_loss_per_epoch": [round(epoch["test_loss"], 6) for epoch in history],
        "seconds": round(sum(epoch["seconds"] for epoch in history)),
    }
    with weights.replacing({WEIGHTS: run, codes.FILE: codes.FACTS}) as folder:  # they belong together
        autoencoder = Autoencoder(model.get_weights())
        test_codes, known = codes.encoded(autoencoder, data)
        (folder / WEIGHTS).write_bytes(weights.packed(dict(zip(SHAPES, autoencoder.numbers, strict=True))))
        (folder / codes.FILE).write_bytes(weights.packed(codes.to_arrays(test=test_codes, train=known)))
    if checkpoint:
        checkpoint.unlink()


def jittered(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Rotate (up to 5 degrees), shear and scale (up to 5 %) a random half of the images (n, 28, 28)."""
    count = len(images)
    angle = np.deg2rad(random.uniform(-5, 5, count))
    shear = random.uniform(-0.05, 0.05, count)
    across, down = random.uniform(0.95, 1.05, (2, count))
    moved = random.random(count) < 0.5
    # The first two rows of the 3x3 matrix from a pixel of the new image to its place in the old one, about the centre.
    a, b = np.cos(angle) * across, -np.sin(angle) * down + shear
    c, d = np.sin(angle) * across, np.cos(angle) * down
    centre = (digits.SIDE - 1) / 2
    zero = np.zeros(count)
    transforms = np.stack([a, b, centre * (1 - a - b), c, d, centre * (1 - c - d), zero, zero], axis=1)
    result = images.copy()
    result[moved] = tf.raw_ops.ImageProjectiveTransformV3(
        images=images[moved, :, :, np.newaxis],
        transforms=transforms[moved].astype(np.float32),
        output_shape=[digits.SIDE, digits.SIDE],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    ).numpy()[..., 0]
    return result
