"""The autoencoder: an epoch against the lesson's `fit`, and its error against that of PCA.

    MNIST_FILE=mnist.npz python -m benchmarks.autoencoder [digits per epoch]

Both trainings use the same digits and alternate in one run, each in its own process. The first epoch builds the graph
and is not counted. Without MNIST, the benchmark uses the digits of scikit-learn.
"""

import statistics
import subprocess
import sys
import time
from dataclasses import replace

from benchmarks.table import Row, show

TURNS = 3
LESSON_BATCH = 32


def some_digits(count):
    """The first `count` training digits of the lesson's classes, and one test digit."""
    from core.autoencoder import digits

    data = digits.load().of(digits.LESSON_CLASSES)
    # The lesson's `fit` does not measure test digits, so our training gets only one.
    return replace(
        data,
        train_images=data.train_images[:count],
        train_labels=data.train_labels[:count],
        test_images=data.test_images[:1],
    )


def lesson_epoch(data):
    """Seconds of the second epoch of the lesson's `fit`."""
    import keras

    from core.autoencoder import digits, keras_model

    images = digits.unit(data.train_images)[..., None]
    model = keras_model.build()
    model.compile(keras.optimizers.Adam(), "mse")
    model.fit(images, images, batch_size=LESSON_BATCH, verbose=0)
    start = time.perf_counter()
    model.fit(images, images, batch_size=LESSON_BATCH, verbose=0)
    return time.perf_counter() - start


def our_epoch(data):
    """Seconds of the second epoch of the recipe in core.autoencoder.training, with augmentation."""
    from core.autoencoder import keras_model
    from core.autoencoder import training as autoencoder_training

    run = autoencoder_training.train(keras_model.build(), data, epochs=2)
    first, second = [time.perf_counter() for progress in run if progress.step == progress.steps]
    return second - first


def turn(name, count):
    """Seconds of one epoch, measured in a separate process."""
    command = [sys.executable, "-m", "benchmarks.autoencoder", str(count), name]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def errors():
    """Mean squared error of the shipped autoencoder and of PCA with two components, on the same test digits."""
    from sklearn.decomposition import PCA

    from core import autoencoder
    from core.autoencoder import digits, network

    data = digits.load().of(digits.LESSON_CLASSES)
    test = digits.unit(data.test_images)
    error = network.squared_error(test, autoencoder.load().reconstruct(test)).mean()
    pca = PCA(2, random_state=0).fit(digits.unit(data.train_images).reshape(-1, 784))
    flat = test.reshape(-1, 784)
    pca_error = ((flat - pca.inverse_transform(pca.transform(flat))) ** 2).mean()
    what = f"autoencoder, mean squared error on {len(test):,} test digits of {data.source}, against PCA's with two axes"
    return Row(what, error / pca_error, f"{error:.4f}, {pca_error:.4f}")


def main():
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 6_144
    turns = [(turn("lesson", count), turn("ours", count)) for _ in range(TURNS)]
    lesson, ours = (statistics.median(times) for times in zip(*turns, strict=True))
    what = f"autoencoder, an epoch of {count:,} digits, against the lesson's fit at batch {LESSON_BATCH}"
    show([errors(), Row(what, ours / lesson, f"{ours:.2f} s, {lesson:.2f} s")])


if __name__ == "__main__":
    if sys.argv[2:] == ["lesson"]:
        print(lesson_epoch(some_digits(int(sys.argv[1]))))
    elif sys.argv[2:] == ["ours"]:
        from core.training.__main__ import keep_freed_memory

        keep_freed_memory()  # as python -m core.training does
        print(our_epoch(some_digits(int(sys.argv[1]))))
    else:
        main()
