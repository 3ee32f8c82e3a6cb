"""What a photo costs against the bare compiled pass, and that pass in every engine; what bfloat16 does to the masks.

    python -m benchmarks.forward_pass [PATH]

All engines have the shipped weights and take turns in one run, each with a sample photo and its mirror image at the
working size. With PATH, the data that the network was trained from, the mean IoU of OpenVINO's masks is held against
that of TensorFlow's on the held-out photos as well.
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
from core import datasets, fcn, fcn_keras, fcn_training, masks, photos, weights

ROUNDS, WARM = 20, 3
REST = 0.05  # seconds in which the threads of the engine before come to rest
PAGE = "the page's engine"
SIGNATURE = [tf.TensorSpec((None, None, None, 3), tf.float32)]


def in_tensorflow(policy: str | None = None, **options) -> Callable:
    """The finest score map of (2, H, W, 3) photos, by a graph of Keras' layers that compute by `policy`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy or before)
    model = fcn_keras.build()
    keras.config.set_dtype_policy(before)
    weights.load(model, fcn.WEIGHTS)
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE, **options)
    return lambda pair: graph(tf.constant(pair)).numpy()


def in_onnx_runtime() -> Callable:
    """The same, exported to ONNX."""
    import onnxruntime
    import tf2onnx

    model = fcn_keras.load().model
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE)
    exported, _ = tf2onnx.convert.from_function(graph, SIGNATURE)
    session = onnxruntime.InferenceSession(exported.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda pair: session.run(None, {given.name: pair})[0]


def in_openvino(precision: str) -> Callable:
    """The same, by the app's own graph."""
    from core import fcn_openvino

    chosen, fcn_openvino.precision = fcn_openvino.precision, lambda _core: precision
    segmenter = fcn_openvino.load()
    fcn_openvino.precision = chosen
    on = np.ones(len(fcn.DECODER), np.float32)
    return lambda pair: segmenter._scores(pair, on)[-1]  # noqa: SLF001 - the bare pass


def engines() -> dict[str, Callable]:
    """What can compute the pass on this machine, by name; the others are told."""
    makers = {
        "TensorFlow": in_tensorflow,
        "TensorFlow, bfloat16": lambda: in_tensorflow("mixed_bfloat16"),
        "TensorFlow, XLA": lambda: in_tensorflow(jit_compile=True),
        "ONNX Runtime": in_onnx_runtime,
        "OpenVINO, float32": lambda: in_openvino("f32"),
        "OpenVINO, bfloat16": lambda: in_openvino("bf16"),
    }
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except ImportError:
            print(f"{name}: not installed")
    return found


def timed(calls: dict[str, Callable]) -> dict[str, float]:
    """Median milliseconds of each, turn about."""
    taken = {name: [] for name in calls}
    for turn in range(WARM + ROUNDS):
        for name, call in calls.items():
            time.sleep(REST)
            begun = time.perf_counter()
            call()
            if turn >= WARM:
                taken[name].append(1000 * (time.perf_counter() - begun))
    return {name: statistics.median(times) for name, times in taken.items()}


def agreement(data: Path) -> None:
    """Mean IoU on the held-out photos, by the page's engine and by TensorFlow."""
    pairs = fcn_training.divided(datasets.load(data))[2]
    found = {}
    for name, segmenter in {PAGE: fcn.load(), "TensorFlow": fcn_keras.load()}.items():
        found[name] = np.mean([masks.iou(segmenter.probability(pair.photo) > 0.5, pair.mask) for pair in pairs])
    ours, reference = found[PAGE], found["TensorFlow"]
    measured = f"{ours:.5f}, TensorFlow {reference:.5f}: {ours - reference:+.5f}"
    show([Row(f"mean IoU on {len(pairs)} held-out photos, {PAGE} against TensorFlow", ours / reference, measured)])


def main():
    """Measure and print."""
    segmenter, photo = fcn.load(), photos.decode(photos.sample("Coffee"))
    x, _ = segmenter.prepared(photo)
    pair = np.stack([x, x[:, ::-1]])
    bare = segmenter._logits  # noqa: SLF001
    calls = {name: lambda call=call: call(pair) for name, call in engines().items()}
    calls |= {PAGE: lambda: bare(pair[None]), "a photo": lambda: segmenter.probability(photo)}
    taken = timed(calls)
    size = "×".join(map(str, pair.shape[:3]))
    base = taken.pop(PAGE)
    height, width = photo.shape[:2]
    rows = [
        Row(
            f"a photo of {width}×{height} to its probability map, against the bare compiled pass ({size})",
            taken["a photo"] / base,
            f"{taken.pop('a photo'):.1f} ms, {base:.1f} ms",
        )
    ]
    rows += [
        Row(f"that pass in {name}, against {PAGE}", milliseconds / base, f"{milliseconds:.1f} ms, {base:.1f} ms")
        for name, milliseconds in taken.items()
    ]
    show(rows)
    if len(sys.argv) > 1:
        agreement(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
