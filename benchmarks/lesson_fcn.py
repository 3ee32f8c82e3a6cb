"""What an epoch of the lesson's FCN costs with stored encoder outputs, against Keras' `fit` of the whole model.

    python -m benchmarks.lesson_fcn [photos per epoch]

The full network has random weights and learns from random photos: 224x224, batch 5, Adam. Both trainings alternate in
one run, each in its own process. The first epoch is listed separately: it builds the graph, and ours computes
the encoder outputs. `fit` computes in float32, as in the lesson; ours uses bfloat16 where the processor supports it
(core.training.acceleration).
"""

import statistics
import subprocess
import sys
import time

from benchmarks.table import Row, show

TURNS = 2


def some_data(count):
    """Random photos, (count, 224, 224, 3), and random one-hot masks, (count, 224, 224, 2), both float32."""
    import numpy as np

    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (count, 224, 224, 3)).astype(np.float32)
    mask = rng.random((count, 224, 224)) < 0.5
    return photos, np.stack([~mask, mask], axis=-1).astype(np.float32)


def plain_epochs(count):
    """Seconds of the first and the second epoch of `fit`."""
    import keras

    from core.fcn import lesson

    photos, masks = some_data(count)
    model = lesson.build()
    model.compile(keras.optimizers.Adam(), "categorical_crossentropy", metrics=["accuracy"])
    times = []
    for _ in range(2):
        start = time.perf_counter()
        model.fit(photos, masks, batch_size=lesson.BATCH, verbose=0)
        times.append(time.perf_counter() - start)
    return times


def our_epochs(count):
    """Seconds of the first epoch, which computes the encoder outputs, and of the second."""
    from core.fcn import lesson

    start = time.perf_counter()
    model, (photos, masks) = lesson.build(), some_data(count)
    run = lesson.train(model, lesson.all_features(model, photos), masks, epochs=2)
    first, second = [time.perf_counter() for progress in run if progress.step == progress.steps]
    return first - start, second - first


def turn(name, count):
    """Seconds of both epochs, measured in a separate process."""
    command = [sys.executable, "-m", "benchmarks.lesson_fcn", str(count), name]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(seconds) for seconds in printed.split()[-2:]]


def main():
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    turns = [(turn("plain", count), turn("ours", count)) for _ in range(TURNS)]
    (_, plain), (first, ours) = (
        [statistics.median(times) for times in zip(*runs, strict=True)] for runs in zip(*turns, strict=True)
    )
    what = f"lesson's FCN, an epoch of {count} photos with stored encoder outputs, against Keras' fit of all layers"
    measured = f"{ours:.2f} s, {plain:.2f} s; the first epoch, which computes the outputs, {first:.1f} s"
    show([Row(what, ours / plain, measured)])


if __name__ == "__main__":
    if sys.argv[2:] == ["plain"]:
        print(*plain_epochs(int(sys.argv[1])))
    elif sys.argv[2:] == ["ours"]:
        from core.training.__main__ import keep_freed_memory

        keep_freed_memory()  # as python -m core.training does
        print(*our_epochs(int(sys.argv[1])))
    else:
        main()
