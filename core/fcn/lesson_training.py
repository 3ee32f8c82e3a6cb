"""The trainings of the lesson's FCN whose results are shipped: the small head, and the comparison of encoders."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from core import masks, weights
from core.data import datasets
from core.fcn import lesson
from core.fcn.lesson_network import SHIPPED_HIDDEN, SIDE, arrays
from core.fcn.training import divided
from core.training.fit import Progress, cosine

SHIPPED_PHOTOS, SHIPPED_EPOCHS = 4000, 6
COMPARED_PHOTOS, TEST_PHOTOS = 180, 27
"""As many as the lesson has for training and for testing."""


@dataclass(frozen=True)
class Run:
    """A run of the comparison: VGG16's weights as in `lesson.build`, whether the network is repaired, what white is."""

    encoder_weights: str | None
    repaired: bool
    largest: float


RUNS = {
    "Random weights, repaired": Run(None, True, 255),
    "VGG16, as in the lesson": Run("imagenet", False, 1),
    "VGG16, as in the lesson, photos in 0..255": Run("imagenet", False, 255),
    "VGG16, repaired": Run("imagenet", True, 255),
}


def train_shipped(data: Path, *, epochs: int = SHIPPED_EPOCHS, seed: int = 0) -> Iterator[Progress]:
    """Train the repaired network with SHIPPED_HIDDEN channels and store its head, with its figures, among the weights.

    It sees up to SHIPPED_PHOTOS photos of the app network's training part; its figures come from the held-out photos.
    4,000 photos need 6 GB of memory. Leaving the loop before its end saves nothing.

    Raises:
        datasets.DatasetError: `data` cannot be read or is too small.
        weights.WeightsError: VGG16's weights cannot be read.
    """
    pairs = datasets.load(data)
    train_pairs, _, held_out = divided(pairs, seed)
    photos, truth = arrays(train_pairs[:SHIPPED_PHOTOS], largest=255)
    keras.utils.set_random_seed(seed)
    model = lesson.build("imagenet", hidden=SHIPPED_HIDDEN, repaired=True)
    pools = lesson.all_features(model, photos, np.float16)
    rate = cosine(lesson.RATE, epochs * -(-len(photos) // lesson.BATCH))
    history = yield from lesson.train(model, pools, truth, epochs=epochs, rate=rate, seed=seed)
    head = weights.rounded(lesson.trained(model))
    lesson.assign(model, head)  # from here on the figures are those of the rounded weights
    del pools
    unseen, unseen_truth = arrays(held_out, largest=255)
    run = {
        "hidden": SHIPPED_HIDDEN,
        "side": SIDE,
        "data_sha256": datasets.fingerprint(pairs),
        "photos": {"training": len(photos), "held_out": len(held_out)},
        "seed": seed,
        "history": list(history),
        "held_out": lesson.evaluate(model, lesson.all_features(model, unseen), unseen_truth),
    }
    weights.save(head, weights.LESSON, run)


def compare(data: Path, *, hidden: int = 4096, epochs: int = lesson.EPOCHS, seed: int = 0) -> Iterator[Progress]:
    """Train each network of RUNS on the same photos and store the results, epoch by epoch, among the weights.

    COMPARED_PHOTOS come from the app network's training part, TEST_PHOTOS from those it makes choices on. Yields a
    `Progress` after every step; leaving the loop before its end saves nothing.

    Raises:
        datasets.DatasetError: `data` cannot be read or is too small.
        weights.WeightsError: VGG16's weights cannot be read.
    """
    pairs = datasets.load(data)
    train_pairs, validation, _ = divided(pairs, seed)
    train_pairs, test_pairs = train_pairs[:COMPARED_PHOTOS], validation[:TEST_PHOTOS]
    runs = {}
    for name, run in RUNS.items():
        keras.utils.set_random_seed(seed)
        model = lesson.build(run.encoder_weights, hidden=hidden, repaired=run.repaired)
        photos, truth = arrays(train_pairs, largest=run.largest)
        test_photos, test_truth = arrays(test_pairs, largest=run.largest)
        test = lesson.all_features(model, test_photos), test_truth
        pools = lesson.all_features(model, photos)
        history = yield from lesson.train(model, pools, truth, epochs=epochs, seed=seed, test=test)
        runs[name] = {"history": list(history)}
        keras.utils.clear_session()
    background = [masks.pixel_accuracy(np.zeros(pair.mask.shape, bool), pair.mask) for pair in test_pairs]
    results = {
        "data_sha256": datasets.fingerprint(pairs),
        "photos": {"training": len(train_pairs), "test": len(test_pairs)},
        "hidden": hidden,
        "seed": seed,
        "background": float(np.mean(background)),
        "runs": runs,
    }
    with weights.replacing({weights.LESSON_COMPARISON: {}}) as folder:
        (folder / weights.LESSON_COMPARISON).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
