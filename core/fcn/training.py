"""How the app's segmentation network is trained and measured.

Every pass shows each photo once, as a random crop of a random scale and aspect, mirrored half of the time, with its
colours changed and sometimes grey, blurred or compressed. The crops grow along the passes: small ones teach "what" at a
fraction of the cost, large ones sharpen "where". All six score maps are compared with the mask.

Passes come in rounds, listed in ROUNDS. The first one starts from EfficientNet-Lite0's ImageNet weights, each later one
from the result of the round before with the learning rate raised again.
"""

import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageFilter

from core import weights
from core.data import datasets, sample_photos
from core.fcn import architecture, encoders, evaluation, keras_model
from core.fcn.segmenter import Inference, Network, Segmenter
from core.serving.workers import ALONE, Workers
from core.training import fit
from core.training.acceleration import FusedAdam

BATCH = 16
WARMUP_STEPS = 300
WEIGHT_DECAY = 0.05
EMA_DECAY = 0.998
HELD_OUT = 500
VALIDATION = 200
SMALLEST_DATASET = 10
WORKING_SIZES = (192, 224, 256, 288, 320)
LEVEL_WEIGHTS = (0.1, 0.1, 0.1, 0.15, 0.2, 0.35)
"""Share of each score map in the loss, coarse to fine."""
EDGE_WEIGHT = 4.0
"""How much more a pixel on the object's edge counts than one far from it, at strides 4, 2 and 1."""


@dataclass(frozen=True)
class Round:
    """A number of passes under one falling learning rate; `crops` is (until this part of the passes, pixels).

    The encoder's layers up to stride `frozen_stride` keep their weights: what ImageNet and the rounds before taught
    them hardly changes any more, and a step takes 40 % less time.
    """

    epochs: int
    peak_rate: float
    crops: tuple[tuple[float, int], ...]
    frozen_stride: int = 0

    def crop_size(self, epoch: int) -> int:
        """Side of the crops, in pixels, of a pass counted from 0."""
        return next(size for until, size in self.crops if epoch + 1 <= until * self.epochs)


ROUNDS = (
    Round(3, 6e-4, ((0.34, 160), (1.0, 192))),
    Round(8, 4e-4, ((0.375, 192), (0.75, 224), (1.0, 256)), frozen_stride=4),
)


def divided(pairs: list[datasets.Pair], seed: int = 0) -> tuple[list, list, list]:
    """(training, validation, held-out) pairs: choices are made on the second, figures come from the third.

    500 pairs are held out and 200 validate; of a smaller dataset a tenth each, at least one.

    Raises:
        datasets.DatasetError: fewer than SMALLEST_DATASET pairs.
    """
    count = len(pairs)
    if count < SMALLEST_DATASET:
        raise datasets.DatasetError(
            f"Training needs at least {SMALLEST_DATASET} photos with masks. Received: {count}. Add more photos."
        )
    rest, held_out = datasets.split(pairs, min(HELD_OUT, count // 10), seed)
    train, validation = datasets.split(rest, min(VALIDATION, count // 10), seed)
    return train, validation, held_out


def loss(mask: tf.Tensor, scores: list[tf.Tensor]) -> tf.Tensor:
    """Cross-entropy, at fine strides weighted towards edges, plus soft intersection over union, over all score maps.

    The weights follow Wei, Wang and Huang, "F3Net: fusion, feedback and focus for salient object detection" (2020).

    Args:
        mask: (N, H, W, 1) float32, 0..1; a coarse score map is compared with its mean over each cell.
        scores: six logits, (N, H/s, W/s, 1) for s in `architecture.STRIDES`.
    """
    cells = tf.nn.avg_pool2d(mask, 4, 4, "VALID")
    edges = EDGE_WEIGHT * tf.abs(tf.nn.avg_pool2d(cells, 5, 1, "SAME") - cells)  # (N, H/4, W/4, 1)
    total = 0.0
    for stride, share, score in zip(architecture.STRIDES, LEVEL_WEIGHTS, scores, strict=True):
        truth = tf.nn.avg_pool2d(mask, stride, stride, "VALID")
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(truth, score)
        if stride <= 4:
            weight = 1.0 + tf.repeat(tf.repeat(edges, 4 // stride, axis=1), 4 // stride, axis=2)
            entropy = tf.reduce_sum(weight * entropy, axis=(1, 2, 3)) / tf.reduce_sum(weight, axis=(1, 2, 3))
        predicted = tf.sigmoid(score)
        both = tf.reduce_sum(predicted * truth, axis=(1, 2, 3))
        either = tf.reduce_sum(predicted + truth - predicted * truth, axis=(1, 2, 3))
        total += share * (tf.reduce_mean(entropy) + tf.reduce_mean(1 - (both + 1) / (either + 1)))
    return total


def crop(pair: datasets.Pair, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A random view of a pair: (size, size, 3) float32 in 0..255 and (size, size, 1) float32 in 0..1."""
    height, width = pair.mask.shape
    area, aspect = rng.uniform(0.4, 1.0) * height * width, np.exp(rng.uniform(-0.29, 0.29))
    w, h = min(width, np.sqrt(area * aspect)), min(height, np.sqrt(area / aspect))
    left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
    box, bilinear = (left, top, left + w, top + h), Image.Resampling.BILINEAR
    view = Image.fromarray(pair.photo).resize((size, size), bilinear, box)
    mask = np.asarray(Image.fromarray(pair.mask.astype(np.float32)).resize((size, size), bilinear, box))[..., None]
    photo = _recoloured(np.asarray(_degraded(view, rng), np.float32), rng)
    return (photo[:, ::-1], mask[:, ::-1]) if rng.random() < 0.5 else (photo, mask)


def _degraded(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One in ten photos blurred, one in ten compressed, as photos from the web are."""
    kind = rng.random()
    if kind < 0.1:
        return photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    if kind < 0.2:
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=int(rng.integers(20, 70)))
        return Image.open(file)
    return photo


def _recoloured(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Saturation, contrast, brightness and colour cast changed; one in ten photos grey. (H, W, 3), 0..255, likewise."""
    grey = photo.mean(axis=2, keepdims=True)
    saturation = 0.0 if rng.random() < 0.1 else rng.uniform(0.6, 1.4)
    photo = grey + saturation * (photo - grey)
    photo = photo.mean() + rng.uniform(0.7, 1.3) * (photo - photo.mean())
    photo = photo * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)
    return np.clip(photo, 0, 255).astype(np.float32)


def batches(
    pairs: list[datasets.Pair], epoch: int, size: int, seed: int | tuple[int, ...], batch: int = BATCH
) -> Iterator[fit.Batch]:
    """The crops of one pass, `batch` at a time, the same for the same epoch and seed."""
    rng = np.random.default_rng((*np.atleast_1d(seed), epoch))
    order = rng.permutation(len(pairs))
    for start in range(0, len(order) - batch + 1, batch):
        views = [crop(pairs[i], size, rng) for i in order[start : start + batch]]
        photos, masks = zip(*views, strict=True)
        yield np.stack(photos), np.stack(masks)


def choose_inference(network: Network, pairs: list[datasets.Pair]) -> Inference:
    """The working size with the highest mean IoU over `pairs`, calibrated on them."""
    choices = [Segmenter(network, Inference(size)) for size in WORKING_SIZES]
    choices = [Segmenter(network, evaluation.calibrated(choice, pairs)) for choice in choices]
    return max(choices, key=lambda choice: evaluation.mean_iou(choice, pairs)).inference


def evaluate_shipped(segmenter: Segmenter, data: Path, seed: int = 0) -> evaluation.Figures:
    """`evaluation.evaluate` on the photos of `data` that were held out when the shipped network was trained.

    The draw that holds them out is repeated, so `data` and `seed` must be those of the training; DatasetError if not.
    """
    pairs = datasets.load(data)
    _refuse_other_data(data, pairs, seed)
    return evaluation.evaluate(segmenter, divided(pairs, seed)[2])


def evaluate_samples(segmenter: Segmenter) -> dict[str, float]:
    """IoU of a network's mask at 0.5 with the true one, for each of the sample photos by name."""
    return {pair.name: evaluation.mean_iou(segmenter, [pair]) for pair in sample_photos.pairs()}


def train_shipped(
    data: Path,
    *,
    encoder: Path | None = None,
    epochs: int | None = None,
    seed: int = 0,
    checkpoint: Path | None = None,
    workers: Workers = ALONE,
) -> Iterator[fit.Progress]:
    """One round: train the network on the photos in `data`, then save it with the run's figures among the weights.

    Yields after every step. A round with a checkpoint continues where it was saved last; leaving the loop before its
    end saves nothing but the checkpoint.

    Args:
        encoder: EfficientNet-Lite0's ImageNet weights (`.npz`), for the first round; None for the next round, which
            starts from the shipped weights. `data` and `seed` must be theirs.
        epochs: another number of passes than the round's own.
        workers: who trains together, each on its share of every batch; the first one saves.

    Raises:
        datasets.DatasetError: `data` cannot be read or is too small, or for a later round is not what the weights were
            trained on.
        weights.WeightsError: a later round, and the weights are missing or altered; the encoder's file is another's.
    """
    keras.utils.set_random_seed(seed)
    pairs = datasets.load(data)
    train_pairs, validation, held_out = divided(pairs, seed)
    network = architecture.app_network()
    if encoder:
        model, earlier = keras_model.build(network), []
        keras_model.assign(model, network, encoders.load_lite0(encoder))
    else:
        _refuse_other_data(data, pairs, seed)
        model = keras_model.shipped()
        earlier = weights.facts(weights.FCN, {"rounds": [dict]})["rounds"]
    plan = ROUNDS[min(len(earlier), len(ROUNDS) - 1)]
    plan = replace(plan, epochs=epochs or plan.epochs)
    keras_model.freeze(model, network, plan.frozen_stride)
    share = max(1, min(BATCH, len(train_pairs)) // workers.count)
    steps = len(train_pairs) // (share * workers.count)
    optimizer = FusedAdam(
        fit.cosine(plan.peak_rate, plan.epochs * steps, min(WARMUP_STEPS, plan.epochs * steps // 10)),
        decay=WEIGHT_DECAY,
        undecayed=("gamma", "beta", "bias"),
        global_clipnorm=1.0,
    )
    average = fit.MovingAverage(model.variables, EMA_DECAY)
    averaged = keras_model.build(network)
    segmenter = Segmenter(keras_model.KerasNetwork(averaged, network), Inference(WORKING_SIZES[0]))

    ours = train_pairs[workers.index :: workers.count]
    seeds = (seed, len(earlier), *[workers.index] * (workers.count > 1))

    def epoch_batches(epoch: int) -> Iterator[fit.Batch]:
        return fit.prefetched(islice(batches(ours, epoch, plan.crop_size(epoch), seeds, share), steps))

    def measured(_epoch: int) -> dict[str, float]:
        averaged.set_weights(average.values())
        figures = evaluation.evaluate(segmenter, validation)
        return {name: value for name, value in figures.items() if isinstance(value, float)}

    history = yield from fit.fit(
        model,
        loss,
        optimizer,
        epoch_batches,
        epochs=plan.epochs,
        steps=steps,
        after_epoch=measured,
        average=average,
        checkpoint=checkpoint,
        fingerprint=f"{network.fingerprint} {plan}",
        workers=workers,
    )
    if workers.index == 0:
        averaged.set_weights(average.values())  # also where the last epoch had been measured before a kill
        arrays = weights.rounded(keras_model.arrays(averaged, network))
        keras_model.assign(averaged, network, arrays)  # from here on the figures are those of the rounded weights
        segmenter = Segmenter(segmenter.network, choose_inference(segmenter.network, validation))
        run = {
            "architecture": network.fingerprint,
            "parameters": averaged.count_params(),
            "data_sha256": datasets.fingerprint(pairs),
            "photos": {"training": len(train_pairs), "validation": len(validation), "held_out": len(held_out)},
            "seed": seed,
            "inference": asdict(segmenter.inference),
            "rounds": [*earlier, asdict(plan) | {"history": list(history)}],
            "held_out": evaluation.evaluate(segmenter, held_out),
        }
        weights.save(arrays, weights.FCN, run)
    workers.wait()
    if checkpoint:
        checkpoint.unlink()


def _refuse_other_data(data: Path, pairs: list[datasets.Pair], seed: int) -> None:
    """DatasetError where these photos and seed would not hold out the photos that the weights have never seen."""
    facts = weights.facts(weights.FCN, {"data_sha256": str, "seed": float})
    if (datasets.fingerprint(pairs), seed) != (facts["data_sha256"], facts["seed"]):
        raise datasets.DatasetError(
            f"{data.name} with seed {seed} is not what the shipped network was trained on, "
            "so which photos it never saw is not known."
        )
