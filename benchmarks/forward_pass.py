"""What a photo costs compared with one forward pass, the same pass in other engines, and how their masks differ.

    python -m benchmarks.forward_pass [PATH]

All engines have the shipped weights and alternate in one run. Each computes a sample photo and its mirror image at the
working size. The masks and probabilities of OpenVINO are compared with those of TensorFlow on the sample photos, or
on the held-out photos of PATH, the training data.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.table import Row, show
from core import fcn, masks, photos, weights
from core.data import datasets, sample_photos
from core.fcn import keras_model
from core.fcn import segmenter as fcn_segmenter
from core.fcn import training as fcn_training
from core.training import acceleration

ROUNDS, WARM = 20, 3
REST = 0.05  # seconds for the threads of the engine before to become idle
PAGE = "the page's engine"
OPENVINO = {"OpenVINO, float32": "f32", "OpenVINO, bfloat16": "bf16"}
SIGNATURE = [tf.TensorSpec((None, None, None, 3), tf.float32)]


def in_tensorflow(policy: str = "float32", **options) -> Callable:
    """A function from (2, H, W, 3) photos to the finest score map: a compiled Keras model with this dtype policy."""
    with acceleration.computing_in(policy):
        model = keras_model.build()
    weights.load(model, fcn_segmenter.WEIGHTS)
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE, **options)
    return lambda pair: graph(tf.constant(pair)).numpy()


def in_onnx_runtime() -> Callable:
    """The same in ONNX Runtime, exported by tf2onnx."""
    import onnxruntime
    import tf2onnx

    model = keras_model.load().model
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE)
    exported, _ = tf2onnx.convert.from_function(graph, SIGNATURE)
    session = onnxruntime.InferenceSession(exported.SerializeToString(), providers=["CPUExecutionProvider"])
    (photos_in,) = session.get_inputs()
    return lambda pair: session.run(None, {photos_in.name: pair})[0]


def in_openvino(precision: str) -> Callable:
    """The same in OpenVINO, with the app's own graph."""
    run = openvino(precision)._scores  # noqa: SLF001 - the pass without scaling and padding
    on = np.ones(len(fcn_segmenter.DECODER), np.float32)
    return lambda pair: run(pair, on)[-1]


def openvino(precision: str) -> fcn_segmenter.Segmenter:
    """The shipped network in OpenVINO with a precision of "f32" or "bf16"."""
    from core.fcn import engine

    segmenter = engine.load()
    inputs, _, scores = engine.described(weights.numbers(weights.checked(fcn_segmenter.WEIGHTS)))
    segmenter._scores = engine.Pass(inputs, scores, precision)  # noqa: SLF001 - the app has no such setting
    return segmenter


def engines() -> dict[str, Callable]:
    """The engines that this machine has, by name. It prints a line for each missing one."""
    makers = {
        "TensorFlow": in_tensorflow,
        "TensorFlow, bfloat16": lambda: in_tensorflow("mixed_bfloat16"),
        "TensorFlow, XLA": lambda: in_tensorflow(jit_compile=True),
        "ONNX Runtime": in_onnx_runtime,
    } | {name: lambda hint=hint: in_openvino(hint) for name, hint in OPENVINO.items()}
    installed = {}
    for name, make in makers.items():
        try:
            installed[name] = make()
        except ImportError:
            print(f"{name}: not installed")
    return installed


def timed(calls: dict[str, Callable]) -> dict[str, float]:
    """Median milliseconds of each call; the calls alternate."""
    times = {name: [] for name in calls}
    for turn in range(WARM + ROUNDS):
        for name, call in calls.items():
            time.sleep(REST)
            start = time.perf_counter()
            call()
            if turn >= WARM:
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(each) for name, each in times.items()}


def agreement(pairs: list[datasets.Pair]) -> list[Row]:
    """OpenVINO against TensorFlow on these photos: mean IoU, and the difference of the probabilities."""
    engines = {"TensorFlow": keras_model.load()} | {name: openvino(hint) for name, hint in OPENVINO.items()}
    ious, differences = ({name: [] for name in engines} for _ in range(2))
    for pair in pairs:
        maps = {name: segmenter.coarse_map(pair.photo) for name, segmenter in engines.items()}
        for name, probability in maps.items():
            ious[name].append(masks.iou(masks.enlarged(probability, pair.mask.shape) > 0.5, pair.mask))
            differences[name].append(np.abs(probability - maps["TensorFlow"]).ravel())
    iou, rows = {name: np.mean(each) for name, each in ious.items()}, []
    for name in OPENVINO:
        off = np.concatenate(differences[name])
        measured = (
            f"{iou[name]:.5f}, {iou['TensorFlow']:.5f}; the probability of a pixel differs by {off.mean():.5f} on "
            f"average, {off.max():.3f} at most, and more than 0.004 in {100 * (off > 0.004).mean():.1f} % of pixels"
        )
        what = f"mean IoU of {name}, against TensorFlow's, on {len(pairs)} photos"
        rows.append(Row(what, iou[name] / iou["TensorFlow"], measured))
    return rows


def main():
    """Measure and print."""
    segmenter, photo = fcn.load(), photos.decode(sample_photos.sample("Coffee"))
    x, _ = segmenter.prepared(photo)
    pair = np.stack([x, x[:, ::-1]])
    forward = segmenter._logits  # noqa: SLF001 - the pass without scaling and padding
    calls = {name: lambda call=call: call(pair) for name, call in engines().items()}
    calls |= {PAGE: lambda: forward(pair[None]), "a photo": lambda: segmenter.probability(photo)}
    times = timed(calls)
    size = "×".join(map(str, pair.shape[:3]))
    base = times.pop(PAGE)
    height, width = photo.shape[:2]
    rows = [
        Row(
            f"a photo of {width}×{height} to its probability map, against one forward pass ({size})",
            times["a photo"] / base,
            f"{times.pop('a photo'):.1f} ms, {base:.1f} ms",
        )
    ]
    rows += [
        Row(f"that pass in {name}, against {PAGE}", milliseconds / base, f"{milliseconds:.1f} ms, {base:.1f} ms")
        for name, milliseconds in times.items()
    ]
    if "OpenVINO, float32" in times:
        data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        rows += agreement(fcn_training.divided(datasets.load(data))[2] if data else sample_photos.pairs())
    show(rows)


if __name__ == "__main__":
    main()
