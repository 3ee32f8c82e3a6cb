"""The autoencoder's figures: an epoch against the lesson's `fit`, its error against PCA's.

    MNIST_FILE=mnist.npz python -m benchmarks.autoencoder [digits an epoch]

Both trainings see the same digits and take turns, epoch by epoch, in one run; the first turn, which builds the graphs,
is left out. Where MNIST is not to be had the digits of scikit-learn stand in, and the errors are theirs.
"""

import statistics
import sys
import time
from dataclasses import replace

import keras
from sklearn.decomposition import PCA

from core import autoencoder, autoencoder_training, digits

TURNS = 3
LESSON_BATCH = 32


def lesson_epochs(data):
    """Seconds of each epoch of the lesson's own `fit`."""
    images = digits.unit(data.train_images)[..., None]
    model = autoencoder.build()
    model.compile(keras.optimizers.Adam(), "mse")
    while True:
        begun = time.perf_counter()
        model.fit(images, images, batch_size=LESSON_BATCH, epochs=1, verbose=0)
        yield time.perf_counter() - begun


def our_epochs(data):
    """Seconds of each epoch of the shipped recipe, the digits' jitter included."""
    run = autoencoder_training.train(autoencoder.build(), data, epochs=100)
    begun = time.perf_counter()
    for progress in run:
        if progress.step == progress.steps:
            yield time.perf_counter() - begun
            begun = time.perf_counter()


def main():
    """Measure and print."""
    data = digits.load().of(digits.LESSON_CLASSES)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else len(data.train_images)
    # The lesson's `fit` measures no test digits: neither does this run of ours, but for one.
    part = replace(
        data,
        train_images=data.train_images[:count],
        train_labels=data.train_labels[:count],
        test_images=data.test_images[:1],
    )
    lesson, ours = [], []
    for turn, (theirs, own) in enumerate(zip(lesson_epochs(part), our_epochs(part), strict=False)):
        if turn:
            lesson.append(theirs)
            ours.append(own)
        if turn == TURNS:
            break
    base, own = statistics.median(lesson), statistics.median(ours)
    size = len(part.train_images)
    print(f"an epoch of {size:,} digits: lesson's fit {base:.2f} s, the shipped recipe {own:.2f} s: × {own / base:.2f}")

    test = digits.unit(data.test_images)
    shipped = autoencoder.load()
    error = autoencoder.squared_error(test, shipped.reconstruct(test)).mean()
    pca = PCA(2).fit(digits.unit(data.train_images).reshape(-1, 784))
    flat = test.reshape(-1, 784)
    linear = ((flat - pca.inverse_transform(pca.transform(flat))) ** 2).mean()
    print(
        f"mean squared error, {len(test):,} test digits ({data.source}): shipped {error:.4f}, PCA with two {linear:.4f}"
    )


if __name__ == "__main__":
    main()
