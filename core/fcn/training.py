"""How the shipped segmentation network is trained and measured.

Every pass shows each photo once, as a random crop of a random scale and aspect, mirrored half of the
time and with its colours shifted. The crops grow along the passes: small ones teach "what" at a
quarter of the cost, large ones sharpen "where". All six score maps are held against the mask.

Passes come in rounds. The first starts from random weights; each further one starts from the shipped
weights with the learning rate raised again, so the network can be carried on whenever there is time.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from core import masks, weights
from core.data import datasets, sample_photos
from core.fcn import keras_model
from core.fcn import segmenter as fcn_segmenter
from core.serving.workers import ALONE, Workers
from core.training import acceleration
from core.training.fit import Batch, Progress, cosine, fit, prefetched

BATCH = 16
WARMUP_STEPS = 300
WEIGHT_DECAY = 0.05
HELD_OUT = 500
VALIDATION = 200


@dataclass(frozen=True)
class Round:
    """A number of passes under one falling learning rate; `crops` is (until this part of the passes, pixels)."""

    epochs: int
    peak_rate: float
    crops: tuple[tuple[float, int], ...]

    def crop_size(self, epoch: int) -> int:
        """Side of the crops, in pixels, of a pass counted from 0."""
        return next(size for until, size in self.crops if epoch + 1 <= until * self.epochs)


FIRST = Round(10, 1e-3, ((0.4, 64), (0.8, 96), (1.0, 128)))
FURTHER = Round(10, 7e-4, ((0.3, 160), (0.8, 192), (1.0, 224)))
WORKING_SIZES = (160, 192, 224, 256, 288)
SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
SHARPNESS = 2.0
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
    scores = [tf.cast(score, tf.float32) for score in scores]
    for stride, share, score in zip(fcn_segmenter.STRIDES, LEVEL_WEIGHTS, scores, strict=True):
        truth = tf.nn.avg_pool2d(mask, stride, stride, "VALID")
        entropy = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(truth, score))
        found = tf.sigmoid(score)
        both = tf.reduce_sum(found * truth, axis=(1, 2, 3))
        either = tf.reduce_sum(found + truth - found * truth, axis=(1, 2, 3))
        total += share * (entropy + tf.reduce_mean(1 - (both + 1) / (either + 1)))
    return total


def crop(pair: datasets.Pair, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A random view of a pair: (size, size, 3) float32 in 0..255 and (size, size, 1) float32 in 0..1.

    Half of the views end in repeated edge pixels, below or beside the photo, as photos do in front of the network;
    the mirrored ones on the left, as in its mirrored pass.
    """
    height, width = pair.mask.shape
    area, aspect = rng.uniform(0.4, 1.0) * height * width, np.exp(rng.uniform(-0.29, 0.29))
    w, h = min(width, np.sqrt(area * aspect)), min(height, np.sqrt(area / aspect))
    left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
    box = (left, top, left + w, top + h)
    padding = np.zeros(2, int)
    if rng.random() < 0.5:
        padding[rng.integers(2)] = rng.integers(size // 7 + 1)
    beside, below = padding
    view, bilinear = tuple(size - padding), Image.Resampling.BILINEAR
    photo = np.asarray(Image.fromarray(pair.photo).resize(view, bilinear, box=box), np.float32)
    mask = np.asarray(Image.fromarray(pair.mask.astype(np.float32), "F").resize(view, bilinear, box=box))[..., None]
    photo, mask = (np.pad(part, [(0, below), (0, beside), (0, 0)], mode="edge") for part in (photo, mask))
    if rng.random() < 0.5:
        photo, mask = photo[:, ::-1], mask[:, ::-1]
    grey = photo.mean(axis=2, keepdims=True)
    photo = grey + rng.uniform(0.6, 1.4) * (photo - grey)  # saturation
    photo = photo.mean() + rng.uniform(0.7, 1.3) * (photo - photo.mean())  # contrast
    photo = photo * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)  # brightness, cast
    return np.clip(photo, 0, 255).astype(np.float32), mask


def batches(
    pairs: list[datasets.Pair], epoch: int, size: int, seed: int | tuple[int, ...], batch: int = BATCH
) -> Iterator[Batch]:
    """The crops of one pass, `batch` at a time, the same for the same epoch and seed."""
    rng = np.random.default_rng((*np.atleast_1d(seed), epoch))
    order = rng.permutation(len(pairs))
    for start in range(0, len(order) - batch + 1, batch):
        views = [crop(pairs[i], size, rng) for i in order[start : start + batch]]
        yield tuple(np.stack(part) for part in zip(*views, strict=True))


def evaluate(segmenter: fcn_segmenter.Segmenter, pairs: list[datasets.Pair]) -> dict[str, float]:
    """Means over the photos, each at its own size: of the probability map, its mask at 0.5, and each level's mask."""
    rows = []
    for pair in pairs:
        truth = pair.mask
        levels = segmenter.insight(pair.photo).levels
        probability = np.clip(levels[-1].at(truth.shape), 0.0, 1.0)
        mask = probability > 0.5
        figures = {
            "iou": masks.iou(mask, truth),
            "mean_absolute_error": masks.mean_absolute_error(probability, truth),
            "f_measure": masks.f_measure(mask, truth),
            "boundary_f": masks.boundary_f(mask, truth),
        }
        for level in levels:
            figures[f"iou_stride_{level.stride}"] = masks.iou(level.at(truth.shape) > 0.5, truth)
        rows.append(figures)
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def choose_inference(model: keras.Model, pairs: list[datasets.Pair]) -> fcn_segmenter.Inference:
    """Working size and shift with the highest mean IoU over `pairs`, first the one, then the other."""

    def mean_iou(inference: fcn_segmenter.Inference) -> float:
        segmenter = keras_model.Segmenter(model, inference)
        return float(np.mean([masks.iou(segmenter.probability(p.photo) > 0.5, p.mask) for p in pairs]))

    best = max((fcn_segmenter.Inference(size, 0.5, SHARPNESS) for size in WORKING_SIZES), key=mean_iou)
    return max((replace(best, shift=shift) for shift in SHIFTS), key=mean_iou)


def evaluate_shipped(data: Path, seed: int = 0) -> dict[str, float]:
    """`evaluate` of the shipped network, in Keras, on the photos of `data` that were held out when it was trained.

    The draw that holds them out is repeated, so `data` and `seed` must be those of the training.
    """
    pairs = datasets.load(data)
    _refuse_other_data(data, pairs, seed)
    return evaluate(keras_model.load(), divided(pairs, seed)[2])


def evaluate_samples(segmenter: fcn_segmenter.Segmenter) -> dict[str, float]:
    """IoU of a network's mask at 0.5 with the true one, for each of the sample photos by name."""
    return {pair.name: masks.iou(segmenter.probability(pair.photo) > 0.5, pair.mask) for pair in sample_photos.pairs()}


def train_shipped(
    data: Path,
    *,
    further: bool = False,
    epochs: int | None = None,
    seed: int = 0,
    checkpoint: Path | None = None,
    workers: Workers = ALONE,
) -> Iterator[Progress]:
    """Train the network on the photos in `data`, then save it and the run's figures among the shipped weights.

    Yields after every step. A round with a checkpoint goes on where it was killed; leaving the loop before its end
    saves nothing but the checkpoint.

    Args:
        further: start from the shipped weights instead of random ones; `data` and `seed` must be theirs.
        epochs: other than the round's own.
        workers: who trains together, each on its share of every batch; the first one saves.

    Raises:
        datasets.DatasetError: `data` cannot be read, or for a further round is not what the weights have seen.
        weights.WeightsError: a further round, and the weights are missing or altered.
    """
    keras.utils.set_random_seed(seed)
    plan = FURTHER if further else FIRST
    plan = replace(plan, epochs=epochs or plan.epochs)
    pairs = datasets.load(data)
    train_pairs, validation, held_out = divided(pairs, seed)
    model, earlier = keras_model.build(), []
    if further:
        _refuse_other_data(data, pairs, seed)
        weights.load(model, fcn_segmenter.WEIGHTS)
        earlier = weights.facts(fcn_segmenter.WEIGHTS, {"rounds": [dict]})["rounds"]
    segmenter = keras_model.Segmenter(model)
    with acceleration.computing_in(acceleration.dtype_policy()):
        learner = keras_model.build()
    learner.set_weights(model.get_weights())
    share = max(1, BATCH // workers.count)
    steps = len(train_pairs) // (share * workers.count)
    optimizer = keras.optimizers.AdamW(
        cosine(plan.peak_rate, plan.epochs * steps, WARMUP_STEPS),
        weight_decay=WEIGHT_DECAY,
        global_clipnorm=1.0,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])

    ours = train_pairs[workers.index :: workers.count]
    seeds = (seed, len(earlier), *[workers.index] * (workers.count > 1))

    def epoch_batches(epoch: int) -> Iterator[Batch]:
        return prefetched(islice(batches(ours, epoch, plan.crop_size(epoch), seeds, share), steps))

    def measured(_epoch: int) -> dict[str, float]:
        model.set_weights(learner.get_weights())
        return evaluate(segmenter, validation)

    history = ()
    for progress in fit(
        learner,
        loss,
        optimizer,
        epoch_batches,
        epochs=plan.epochs,
        steps=steps,
        after_epoch=measured,
        checkpoint=checkpoint,
        workers=workers,
    ):
        history = progress.history
        yield progress
    if workers.index == 0:
        model.set_weights(learner.get_weights())  # also where the last epoch had been measured before a kill
        segmenter = keras_model.Segmenter(model, choose_inference(model, validation))
        run = {
            "parameters": model.count_params(),
            "data_sha256": datasets.fingerprint(pairs),
            "photos": {"training": len(train_pairs), "validation": len(validation), "held_out": len(held_out)},
            "seed": seed,
            "inference": asdict(segmenter.inference),
            "rounds": [*earlier, asdict(plan) | {"history": list(history)}],
            "held_out": evaluate(segmenter, held_out),
        }
        weights.save(model, fcn_segmenter.WEIGHTS, run)
    workers.wait()
    if checkpoint:
        checkpoint.unlink()


def _refuse_other_data(data: Path, pairs: list[datasets.Pair], seed: int) -> None:
    """DatasetError where these photos and seed would not hold out the photos that the weights have never seen."""
    facts = weights.facts(fcn_segmenter.WEIGHTS, {"data_sha256": str, "seed": float})
    if (datasets.fingerprint(pairs), seed) != (facts["data_sha256"], facts["seed"]):
        raise datasets.DatasetError(
            f"{data.name} with seed {seed} is not what the shipped network was trained on, "
            "so which photos it never saw is not known."
        )
