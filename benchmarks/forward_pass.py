"""Cost of a photo against the bare pass of the network, and that pass in other engines.

    python -m benchmarks.forward_pass [PATH]

All engines have the shipped weights and take turns in one run, with a sample photo at the working size. The masks of
the app's engine are compared with TensorFlow's on the sample photos, or on the held-out photos of PATH, the data that
the network was trained from.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.table import Row, show
from core import fcn, masks, photos, weights
from core.data import datasets, sample_photos
from core.fcn import architecture, keras_model, training
from core.fcn.onnx_graph import onnx_model
from core.fcn.segmenter import Segmenter

ROUNDS, WARM = 20, 3
REST = 0.05  # seconds for the threads of the engine before to stop
APP = "the app's engine"
SIGNATURE = [tf.TensorSpec((None, None, None, 3), tf.float32)]


def shipped_model(policy: str = "float32"):
    """The shipped network in Keras, its layers computing by a dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return keras_model.shipped()
    finally:
        keras.config.set_dtype_policy(before)


def in_tensorflow(policy: str = "float32", **options) -> Callable:
    """The finest score map of (1, H, W, 3) photos, by a graph of Keras' layers."""
    model = shipped_model(policy)
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE, **options)
    return lambda x: graph(tf.constant(x)).numpy()


def in_openvino(precision: str) -> Callable:
    """The same, by the app's graph in OpenVINO."""
    import openvino

    network = architecture.app_network()
    graph = onnx_model(network, weights.arrays(weights.FCN), network.outputs[-1:]).SerializeToString()
    options = {"INFERENCE_PRECISION_HINT": precision, "ENABLE_CPU_PINNING": False}
    core = openvino.Core()
    request = core.compile_model(core.read_model(graph, b""), "CPU", options).create_infer_request()
    on = np.ones(network.switches, np.float32)
    return lambda x: request.infer((x, on))[0]


def engines() -> dict[str, Callable]:
    """The engines of this machine by name; the others are named."""
    makers = {
        "TensorFlow": in_tensorflow,
        "TensorFlow, bfloat16": lambda: in_tensorflow("mixed_bfloat16"),
        "TensorFlow, XLA": lambda: in_tensorflow(jit_compile=True),
        "OpenVINO, float32": lambda: in_openvino("f32"),
        "OpenVINO, bfloat16": lambda: in_openvino("bf16"),
    }
    result = {}
    for name, make in makers.items():
        try:
            result[name] = make()
        except ImportError:
            print(f"{name}: not installed")
    return result


def timed(calls: dict[str, Callable]) -> dict[str, float]:
    """Median milliseconds of each call, in turns."""
    taken = {name: [] for name in calls}
    for turn in range(WARM + ROUNDS):
        for name, call in calls.items():
            time.sleep(REST)
            begun = time.perf_counter()
            call()
            if turn >= WARM:
                taken[name].append(1000 * (time.perf_counter() - begun))
    return {name: statistics.median(times) for name, times in taken.items()}


def agreement(pairs: list[datasets.Pair]) -> Row:
    """The app's engine against TensorFlow on these photos: mean IoU, and the distance of the probabilities."""
    app = fcn.load()
    reference = Segmenter(keras_model.KerasNetwork(shipped_model(), app.architecture), app.inference)
    ious, distances = ([], []), []
    for pair in pairs:
        maps = [segmenter.coarse_map(pair.photo) for segmenter in (app, reference)]
        for row, result in zip(ious, maps, strict=True):
            row.append(masks.iou(masks.enlarged(result, pair.mask.shape) > 0.5, pair.mask))
        distances.append(np.abs(maps[0] - maps[1]).max())
    ours, theirs = map(np.mean, ious)
    measured = f"{ours:.5f}, {theirs:.5f}; largest difference of a pixel's probability {max(distances):.5f}"
    return Row(f"mean IoU of {APP}, against TensorFlow's, on {len(pairs)} photos", ours / theirs, measured)


def main():
    """Measure and print."""
    segmenter, photo = fcn.load(), photos.decode(sample_photos.sample("Coffee"))
    x = segmenter.prepared(photo)[None]
    calls = {name: lambda call=call: call(x) for name, call in engines().items()}
    calls |= {APP: lambda: segmenter.network.scores(x), "a photo": lambda: segmenter.probability(photo)}
    taken = timed(calls)
    size = "×".join(map(str, x.shape[:3]))
    base, whole = taken.pop(APP), taken.pop("a photo")
    height, width = photo.shape[:2]
    what = f"a photo of {width}×{height} to its probability map, against the bare pass ({size})"
    rows = [Row(what, whole / base, f"{whole:.1f} ms, {base:.1f} ms")]
    rows += [
        Row(f"that pass in {name}, against {APP}", milliseconds / base, f"{milliseconds:.1f} ms, {base:.1f} ms")
        for name, milliseconds in taken.items()
    ]
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    show([*rows, agreement(training.divided(datasets.load(data))[2] if data else sample_photos.pairs())])


if __name__ == "__main__":
    main()
