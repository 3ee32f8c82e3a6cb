"""Handwritten digits, 28x28: MNIST where it can be had, scikit-learn's small digits where it cannot.

MNIST's pictures are not part of this project. They are looked for, in this order: the file that the environment
variable MNIST_FILE (or the caller) names, Keras' cache, and the download that Keras itself uses. A machine with none of
the three gets the 1,797 digits that scikit-learn carries, brought to MNIST's frame and named for what they are.
"""

import hashlib
import os
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# The file, its place in the cache and its hash are those of keras.datasets.mnist (Keras 3.15).
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

SIDE = 28  # pixels a side of a frame
BOX = 20  # MNIST scales the ink to fit a 20x20 box inside the frame
LESSON_CLASSES = (1, 5, 6)


class DigitsError(Exception):
    """Digits could not be read; the text is one sentence for the visitor."""


@dataclass(frozen=True)
class Digits:
    """Digits with their labels, split as their source splits them.

    `source` names where they come from; images are (n, 28, 28) uint8, 0 paper and 255 ink, labels (n,) uint8.
    The `*_index` arrays, (n,) int64, say which picture of the whole source each row is.
    """

    source: str
    train_images: np.ndarray
    train_labels: np.ndarray
    train_index: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    test_index: np.ndarray

    @property
    def is_mnist(self) -> bool:
        """Whether these are MNIST's own pictures."""
        return self.source == "MNIST"

    def of(self, classes) -> "Digits":
        """The digits of the given classes (ints 0..9), in their order. ValueError for none or an unknown one."""
        classes = sorted(set(classes))
        if not classes or not set(classes) <= set(range(10)):
            raise ValueError(f"Classes must be one or more of 0 to 9. Received: classes={classes}")
        train, test = np.isin(self.train_labels, classes), np.isin(self.test_labels, classes)
        return Digits(
            self.source,
            self.train_images[train],
            self.train_labels[train],
            self.train_index[train],
            self.test_images[test],
            self.test_labels[test],
            self.test_index[test],
        )


def unit(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 in 0..255 -> float32 in 0..1, what the autoencoder reads."""
    return images.astype(np.float32) / np.float32(255)


def load(path: str | Path | None = None, download: bool = True) -> Digits:
    """All ten classes: MNIST from `path`, MNIST_FILE, Keras' cache or its download, else scikit-learn's digits.

    A file that the user names must be readable: DigitsError says what is wrong with it, nothing stands in for it.
    """
    named = path or os.environ.get("MNIST_FILE")
    if named:
        return read_mnist(named)
    cached = keras_cache()
    try:
        if not cached.exists() and download:
            fetch_mnist(cached)
        return read_mnist(cached)
    except (DigitsError, OSError):
        return scikit_learn_digits()


def keras_cache() -> Path:
    """Where keras.datasets.mnist keeps its file."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / "mnist.npz"


def read_mnist(path: str | Path) -> Digits:
    """MNIST from a file with the layout of keras.datasets.mnist. DigitsError where it has another."""
    try:
        with np.load(path, allow_pickle=False) as file:
            x_train, y_train, x_test, y_test = (file[key] for key in ("x_train", "y_train", "x_test", "y_test"))
    except FileNotFoundError:
        raise DigitsError(
            f"There is no file {path}: name MNIST's mnist.npz in MNIST_FILE, or leave it unset."
        ) from None
    except Exception as error:  # noqa: BLE001 - zipfile, zlib and numpy each have their own for a broken file
        raise DigitsError(f"{path} cannot be read as MNIST's mnist.npz ({type(error).__name__}).") from None
    for images, labels in ((x_train, y_train), (x_test, y_test)):
        if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or labels.shape != images.shape[:1]:
            raise DigitsError(f"{path} does not hold (n, 28, 28) uint8 pictures with (n,) labels, as mnist.npz does.")
    return Digits(
        "MNIST",
        x_train,
        y_train.astype(np.uint8),
        np.arange(len(x_train)),
        x_test,
        y_test.astype(np.uint8),
        np.arange(len(x_test)),
    )


def fetch_mnist(target: Path, url: str | None = None, seconds: float = 60) -> None:
    """Download mnist.npz (11 MB) to `target`, checked by its SHA-256 and moved into place whole, or DigitsError.

    Keras' own download has no time limit; this one gives up after `seconds`, 5 of them without an answer.
    """
    deadline = time.monotonic() + seconds
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    part = Path(name)
    try:
        digest = hashlib.sha256()
        # The address is a constant of this file, or a test's.
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url or MNIST_URL, timeout=5) as answer:  # noqa: S310
            while block := answer.read(1 << 16):
                if time.monotonic() > deadline:
                    raise DigitsError("The download of MNIST took too long.")
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != MNIST_SHA256:
            raise DigitsError("The downloaded file is not Keras' mnist.npz.")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def scikit_learn_digits() -> Digits:
    """scikit-learn's 1,797 handwritten digits, 8x8 in 17 greys, brought to MNIST's frame; the last quarter is the test.

    Source: UCI's "Optical Recognition of Handwritten Digits"; the later rows come from other writers.
    """
    from sklearn.datasets import load_digits

    small = load_digits()
    images = np.stack([mnist_frame(image / 16) for image in small.images])
    labels = small.target.astype(np.uint8)
    index = np.arange(len(images))
    cut = len(images) * 3 // 4
    return Digits(
        "scikit-learn's digits", images[:cut], labels[:cut], index[:cut], images[cut:], labels[cut:], index[cut:]
    )


def ink(picture: np.ndarray) -> np.ndarray:
    """A picture of a digit, (height, width, 3) uint8, dark on light or light on dark -> ink (height, width) in 0..1.

    Paper is what the border mostly shows; what differs from it by less than a quarter of the strongest stroke counts as
    paper too. ValueError where nothing stands out.
    """
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601 luma
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = np.abs(grey - np.median(border))
    strongest = difference.max()
    if strongest < 25:
        raise ValueError("There is no ink in this picture: nothing in it stands out from its border.")
    return np.clip((difference / strongest - 0.25) / 0.5, 0, 1)


def mnist_frame(ink: np.ndarray) -> np.ndarray:
    """(height, width) float ink in 0..1 -> (28, 28) uint8 as MNIST frames a digit.

    The ink's bounding box is scaled, aspect kept, so that its longer side is 20 pixels, and its centre of mass is put
    at the centre of the frame (LeCun, Cortes, Burges, "The MNIST database"). ValueError where there is no ink.
    """
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.1), np.flatnonzero(ink.max(axis=0) > 0.1)
    if not len(rows):
        raise ValueError("There is no ink in this picture: nothing in it stands out.")
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(n * BOX / max(box.shape))) for n in box.shape)
    # BICUBIC with Pillow's antialiasing: a large drawing is averaged down, an 8x8 digit is smoothed up.
    scaled = np.asarray(Image.fromarray(box.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC))
    scaled = scaled.clip(0, 1)
    down = centred(scaled.sum(axis=1))
    right = centred(scaled.sum(axis=0))
    frame = np.zeros((SIDE, SIDE), np.uint8)
    frame[down : down + height, right : right + width] = np.round(scaled * 255)
    return frame


def centred(profile: np.ndarray) -> int:
    """Where a profile of ink, (length,), starts so that its centre of mass falls on the frame's centre and it fits."""
    mass = np.average(np.arange(len(profile)) + 0.5, weights=profile)
    return int(np.clip(round(SIDE / 2 - mass), 0, SIDE - len(profile)))
