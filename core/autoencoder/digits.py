"""Handwritten digits, 28x28: MNIST, or scikit-learn's small digits where MNIST is not available.

MNIST is not part of this project. `load` tries, in this order: the file that the caller or the environment variable
MNIST_FILE names, Keras' cache, and the download that Keras uses. Without any of them it returns the 1,797 digits of
scikit-learn in MNIST's format.
"""

import hashlib
import os
import tempfile
import time
import urllib.request
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from core import photos

# URL, SHA-256 and place in the cache are those of keras.datasets.mnist (Keras 3.15).
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
MOST_SECONDS = 60  # for the download

MNIST, SCIKIT_LEARN = "MNIST", "scikit-learn's digits"
SOURCES = {MNIST: (60_000, 70_000), SCIKIT_LEARN: (1797, 1797)}
"""Each data set that digits come from: the number of its training images, and of all its images."""
SIDE = 28  # pixels per side of a frame
BOX = 20  # MNIST scales the ink to fit a 20x20 box inside the frame
LESSON_CLASSES = (1, 5, 6)


class DigitsError(Exception):
    """The digits cannot be read; the text is one sentence for the user."""


@dataclass(frozen=True)
class Digits:
    """Training and test digits of some classes.

    `all_train` and `all_test` are the images of the whole data set, (n, 28, 28) uint8, 0 paper and 255 ink. They are
    in memory once, whatever classes are selected: `train_index` and `test_index`, int64, are the rows of the selected
    digits, and `train_labels` and `test_labels`, uint8, their labels. `source` is a key of SOURCES. `problem`
    is a sentence if MNIST has a damaged file, else "".
    """

    source: str
    all_train: np.ndarray
    train_labels: np.ndarray
    train_index: np.ndarray
    all_test: np.ndarray
    test_labels: np.ndarray
    test_index: np.ndarray
    problem: str = ""

    @property
    def is_mnist(self) -> bool:
        """Whether these are MNIST's digits."""
        return self.source == MNIST

    @property
    def train_images(self) -> np.ndarray:
        """Images of the selected training digits, (n, 28, 28) uint8, a new copy."""
        return self.all_train[self.train_index]

    @property
    def test_images(self) -> np.ndarray:
        """Images of the selected test digits, (n, 28, 28) uint8, a new copy."""
        return self.all_test[self.test_index]

    def of(self, classes) -> "Digits":
        """Select the digits of some classes (ints 0..9), in their order. ValueError for no or an unknown class."""
        classes = sorted(set(classes))
        if not classes or not set(classes) <= set(range(10)):
            raise ValueError(f"Classes must be one or more of 0 to 9. Received: classes={classes}")
        train, test = np.isin(self.train_labels, classes), np.isin(self.test_labels, classes)
        return replace(
            self,
            train_labels=self.train_labels[train],
            train_index=self.train_index[train],
            test_labels=self.test_labels[test],
            test_index=self.test_index[test],
        )


def unit(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 in 0..255 -> float32 in 0..1, the autoencoder's input."""
    return images.astype(np.float32) / np.float32(255)


def load(path: str | Path | None = None) -> Digits:
    """All ten classes: MNIST from `path`, MNIST_FILE, Keras' cache or its download, else scikit-learn's digits.

    If Keras' cache is damaged, `problem` of the result says so. DigitsError if the file that `path` or MNIST_FILE names
    cannot be read.
    """
    if named := path or os.environ.get("MNIST_FILE"):
        return read_mnist(named)
    cached = keras_cache()
    try:
        if not cached.exists():
            fetch_mnist(cached)
        return read_mnist(cached)
    except (DigitsError, OSError) as error:
        advice = "Delete this file and restart the app. Until then the app uses the digits of scikit-learn."
        return replace(scikit_learn_digits(), problem=f"{error} {advice}" if cached.exists() else "")


def keras_cache() -> Path:
    """The path of the file of keras.datasets.mnist."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / "mnist.npz"


def read_mnist(path: str | Path) -> Digits:
    """MNIST from a file with the layout of keras.datasets.mnist; the same arrays as before if it has not changed.

    Raises:
        DigitsError: the file is missing, damaged, or has another layout.
    """
    try:
        status = Path(path).stat()
    except OSError:
        raise DigitsError(f"The file {path} does not exist. Set MNIST_FILE to the path of mnist.npz.") from None
    return _read_mnist(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read_mnist(path: str, _modified: int, _size: int) -> Digits:
    try:
        with np.load(path, allow_pickle=False) as file:
            x_train, y_train, x_test, y_test = (file[key] for key in ("x_train", "y_train", "x_test", "y_test"))
    except Exception as error:  # noqa: BLE001 - zipfile, zlib and numpy raise errors of many classes for a damaged file
        raise DigitsError(f"The file {path} is damaged or is not mnist.npz ({type(error).__name__}).") from None
    for images, labels in ((x_train, y_train), (x_test, y_test)):
        if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or labels.shape != images.shape[:1]:
            raise DigitsError(f"The file {path} is not mnist.npz: its images must be (n, 28, 28) uint8.")
        images.setflags(write=False)  # all sessions share it
    train, test = np.arange(len(x_train)), np.arange(len(x_test))
    return Digits(MNIST, x_train, y_train.astype(np.uint8), train, x_test, y_test.astype(np.uint8), test)


def fetch_mnist(target: Path) -> None:
    """Download mnist.npz (11 MB), check its SHA-256 and move it to `target`.

    Keras' own download has no time limit. This one stops after MOST_SECONDS, or after 5 s without an answer.

    Raises:
        DigitsError: it took too long, or the file is not mnist.npz.
        OSError: the network or the disk failed.
    """
    deadline, blocks = time.monotonic() + MOST_SECONDS, []
    with urllib.request.urlopen(MNIST_URL, timeout=5) as answer:
        while block := answer.read(1 << 16):
            if time.monotonic() > deadline:
                raise DigitsError("The download of MNIST took too long.")
            blocks.append(block)
    data = b"".join(blocks)
    if hashlib.sha256(data).hexdigest() != MNIST_SHA256:
        raise DigitsError("The downloaded file is not Keras' mnist.npz.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / target.name
        part.write_bytes(data)
        part.replace(target)


@cache
def scikit_learn_digits() -> Digits:
    """scikit-learn's 1,797 handwritten digits, 8x8 with 17 grey levels, in MNIST's format; the last quarter for tests.

    Source: UCI, "Optical Recognition of Handwritten Digits". Other people wrote the later rows.
    """
    from sklearn.datasets import load_digits

    small = load_digits()
    images = np.stack([mnist_frame(image / 16) for image in small.images])
    images.setflags(write=False)  # all sessions share it
    (train, test), labels = np.split(np.arange(len(images)), [len(images) * 3 // 4]), small.target.astype(np.uint8)
    return Digits(SCIKIT_LEARN, images, labels[train], train, images, labels[test], test)


def ink(picture: np.ndarray) -> np.ndarray:
    """A picture of a digit, (height, width, 3) uint8, dark on light or light on dark -> ink (height, width) in 0..1.

    The median of the border is the colour of the paper. Pixels that differ from it by less than a quarter of the
    strongest stroke are paper too. ValueError if there is no ink.
    """
    grey = photos.luma(picture)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = np.abs(grey - np.median(border))
    strongest = difference.max()
    if strongest < 25:
        raise ValueError("There is no ink in this picture: draw with a colour that differs from the background.")
    return np.clip((difference / strongest - 0.25) / 0.5, 0, 1)


def mnist_frame(ink: np.ndarray) -> np.ndarray:
    """(height, width) float ink in 0..1 -> (28, 28) uint8 as MNIST frames a digit.

    The ink's bounding box is scaled, with its aspect ratio, to a longer side of 20 pixels. Its centre of mass is put at
    the centre of the frame (LeCun, Cortes, Burges, "The MNIST database"). ValueError if there is no ink.
    """
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.1), np.flatnonzero(ink.max(axis=0) > 0.1)
    if not len(rows):
        raise ValueError("There is no ink in this picture: draw a digit.")
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(n * BOX / max(box.shape))) for n in box.shape)
    # BICUBIC with Pillow's antialiasing averages a large drawing and smooths an 8x8 digit.
    scaled = np.asarray(Image.fromarray(box.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC))
    scaled = scaled.clip(0, 1)  # BICUBIC overshoots
    down = centred(scaled.sum(axis=1))
    right = centred(scaled.sum(axis=0))
    frame = np.zeros((SIDE, SIDE), np.uint8)
    frame[down : down + height, right : right + width] = photos.to_uint8(scaled)
    return frame


def centred(profile: np.ndarray) -> int:
    """Offset in the frame at which a profile of ink, (length,), has its centre of mass in the centre, if it fits."""
    mass = np.average(np.arange(len(profile)) + 0.5, weights=profile)
    return int(np.clip(round(SIDE / 2 - mass), 0, SIDE - len(profile)))
