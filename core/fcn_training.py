"""How the shipped segmentation network is trained and measured.

Every pass shows each photo once, as a random crop of a random scale and aspect, mirrored half of the
time and with its colours shifted. The crops grow along the passes: small ones teach "what" at a
quarter of the cost, large ones sharpen "where". All six score maps are held against the mask.
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from core import datasets, fcn, masks, training, weights

EPOCHS = 10
BATCH = 16
PEAK_RATE = 1e-3
WARMUP_STEPS = 300
WEIGHT_DECAY = 0.05
HELD_OUT = 500
VALIDATION = 200
CROPS = ((0.4, 64), (0.8, 96), (1.0, 128))
"""(until this part of the epochs, crop size in pixels)."""
LEVEL_WEIGHTS = (0.1, 0.1, 0.1, 0.15, 0.2, 0.35)
"""Share of each score map in the loss, coarse to fine."""


def divided(pairs: list[datasets.Pair], seed: int = 0) -> tuple[list, list, list]:
    """(training, validation, held-out) pairs: choices are made on the second, figures come from the third."""
    rest, held_out = datasets.split(pairs, HELD_OUT, seed)
    train, validation = datasets.split(rest, VALIDATION, seed)
    return train, validation, held_out


def loss(mask: tf.Tensor, scores: list[tf.Tensor]) -> tf.Tensor:
    """Cross-entropy plus soft intersection over union, over all score maps.

    Args:
        mask: (N, H, W, 1) float32, 0..1; a coarse score map is compared with its mean over each cell.
        scores: six logits, (N, H/s, W/s, 1) for s in `fcn.STRIDES`.
    """
    total = 0.0
    for stride, share, score in zip(fcn.STRIDES, LEVEL_WEIGHTS, scores, strict=True):
        truth = tf.nn.avg_pool2d(mask, stride, stride, "VALID")
        entropy = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(truth, score))
        found = tf.sigmoid(score)
        both = tf.reduce_sum(found * truth, axis=(1, 2, 3))
        either = tf.reduce_sum(found + truth - found * truth, axis=(1, 2, 3))
        total += share * (entropy + tf.reduce_mean(1 - (both + 1) / (either + 1)))
    return total


def crop(pair: datasets.Pair, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A random view of a pair: (size, size, 3) float32 in 0..255 and (size, size, 1) float32 in 0..1."""
    height, width = pair.mask.shape
    area, aspect = rng.uniform(0.4, 1.0) * height * width, np.exp(rng.uniform(-0.29, 0.29))
    w, h = min(width, np.sqrt(area * aspect)), min(height, np.sqrt(area / aspect))
    left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
    box = (left, top, left + w, top + h)
    view, bilinear = (size, size), Image.Resampling.BILINEAR
    photo = np.asarray(Image.fromarray(pair.photo).resize(view, bilinear, box=box), np.float32)
    mask = np.asarray(Image.fromarray(pair.mask.astype(np.float32), "F").resize(view, bilinear, box=box))[..., None]
    if rng.random() < 0.5:
        photo, mask = photo[:, ::-1], mask[:, ::-1]
    grey = photo.mean(axis=2, keepdims=True)
    photo = grey + rng.uniform(0.6, 1.4) * (photo - grey)  # saturation
    photo = photo.mean() + rng.uniform(0.7, 1.3) * (photo - photo.mean())  # contrast
    photo = photo * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)  # brightness, cast
    return np.clip(photo, 0, 255).astype(np.float32), mask


def batches(pairs: list[datasets.Pair], epoch: int, size: int, seed: int) -> Iterator[training.Batch]:
    """The crops of one pass, `BATCH` at a time, the same for the same epoch and seed."""
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(len(pairs))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        views = [crop(pairs[i], size, rng) for i in order[start : start + BATCH]]
        yield tuple(np.stack(part) for part in zip(*views, strict=True))


def evaluate(segmenter: fcn.Segmenter, pairs: list[datasets.Pair]) -> dict[str, float]:
    """Means over the photos, each at its own size: IoU and F-measure of the mask at 0.5, absolute error."""
    rows = []
    for pair in pairs:
        probability = segmenter.probability(pair.photo)
        mask = probability > 0.5
        rows.append(
            (
                masks.iou(mask, pair.mask),
                masks.mean_absolute_error(probability, pair.mask),
                masks.f_measure(mask, pair.mask),
            )
        )
    iou, error, f = np.mean(rows, axis=0)
    return {"iou": float(iou), "mean_absolute_error": float(error), "f_measure": float(f)}


def evaluate_shipped(data: Path, seed: int = 0) -> dict[str, float]:
    """`evaluate` of the shipped network on the photos of `data` that were held out when it was trained.

    The draw that holds them out is repeated, so `data` and `seed` must be those of the training.
    """
    pairs = datasets.load(data)
    if datasets.fingerprint(pairs) != weights.facts(fcn.WEIGHTS)["data_sha256"]:
        raise datasets.DatasetError(
            f"{data.name} is not what the shipped network was trained on, so which photos it never saw is not known."
        )
    return evaluate(fcn.load(), divided(pairs, seed)[2])


def train_shipped(
    data: Path, *, epochs: int = EPOCHS, seed: int = 0, checkpoint: Path | None = None, folder: Path = weights.FOLDER
) -> Iterator[training.Progress]:
    """Train the network from nothing on the photos in `data`, then save it and the run's figures into `folder`.

    Yields after every step. A run with a checkpoint goes on where it was killed; leaving the loop before its end saves
    nothing but the checkpoint.
    """
    keras.utils.set_random_seed(seed)
    pairs = datasets.load(data)
    train_pairs, validation, held_out = divided(pairs, seed)
    model = fcn.build()
    segmenter = fcn.Segmenter(model)
    steps = len(train_pairs) // BATCH
    optimizer = keras.optimizers.AdamW(
        training.cosine(PEAK_RATE, epochs * steps, WARMUP_STEPS), weight_decay=WEIGHT_DECAY, global_clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])

    def epoch_batches(epoch: int) -> tf.data.Dataset:
        size = next(size for until, size in CROPS if epoch + 1 <= until * epochs)
        views = tf.data.Dataset.from_generator(
            lambda: batches(train_pairs, epoch, size, seed),
            output_signature=(
                tf.TensorSpec((BATCH, size, size, 3), tf.float32),
                tf.TensorSpec((BATCH, size, size, 1), tf.float32),
            ),
        )
        return views.prefetch(4)  # the next crops are cut while the network learns from these

    history = ()
    for progress in training.fit(
        model,
        loss,
        optimizer,
        epoch_batches,
        epochs=epochs,
        steps=steps,
        after_epoch=lambda _epoch: evaluate(segmenter, validation),
        checkpoint=checkpoint,
    ):
        history = progress.history
        yield progress
    run = {
        "parameters": model.count_params(),
        "data_sha256": datasets.fingerprint(pairs),
        "photos": {"training": len(train_pairs), "validation": len(validation), "held_out": len(held_out)},
        "seed": seed,
        "epochs": epochs,
        "working_size": segmenter.working_size,
        "history": list(history),
        "held_out": evaluate(segmenter, held_out),
    }
    weights.save(model, fcn.WEIGHTS, run, folder)
    if checkpoint:
        checkpoint.unlink()
