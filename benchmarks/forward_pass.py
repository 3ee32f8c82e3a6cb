"""What a photo costs against the bare compiled pass, that pass in every engine, and what engines do to the masks.

    python -m benchmarks.forward_pass [PATH]

All engines have the shipped weights and take turns in one run, each with a sample photo and its mirror image at the
working size. OpenVINO's masks and probabilities are held against TensorFlow's on the sample photos; with PATH, the data
that the network was trained from, on the held-out ones instead.
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
REST = 0.05  # seconds in which the threads of the engine before come to rest
PAGE = "the page's engine"
OPENVINO = {"OpenVINO, float32": "f32", "OpenVINO, bfloat16": "bf16"}
SIGNATURE = [tf.TensorSpec((None, None, None, 3), tf.float32)]


def in_tensorflow(policy: str = "float32", **options) -> Callable:
    """The finest score map of (2, H, W, 3) photos, by a graph of Keras' layers that compute by `policy`."""
    with acceleration.computing_in(policy):
        model = keras_model.build()
    weights.load(model, fcn_segmenter.WEIGHTS)
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE, **options)
    return lambda pair: graph(tf.constant(pair)).numpy()


def in_onnx_runtime() -> Callable:
    """The same, exported to ONNX."""
    import onnxruntime
    import tf2onnx

    model = keras_model.load().model
    graph = tf.function(lambda x: model(x, training=False)[-1], input_signature=SIGNATURE)
    exported, _ = tf2onnx.convert.from_function(graph, SIGNATURE)
    session = onnxruntime.InferenceSession(exported.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda pair: session.run(None, {given.name: pair})[0]


def in_openvino(precision: str) -> Callable:
    """The same, by the app's own graph."""
    run = openvino(precision)._scores  # noqa: SLF001 - the bare pass
    on = np.ones(len(fcn_segmenter.DECODER), np.float32)
    return lambda pair: run(pair, on)[-1]


def openvino(precision: str) -> fcn_segmenter.Segmenter:
    """The shipped network in OpenVINO, computing in another precision than the page does."""
    from core.fcn import engine

    segmenter = engine.load()
    inputs, _, scores = engine.described(weights.numbers(weights.checked(fcn_segmenter.WEIGHTS)))
    segmenter._scores = engine.Pass(inputs, scores, precision)  # noqa: SLF001 - not for the page to choose
    return segmenter


def engines() -> dict[str, Callable]:
    """What can compute the pass on this machine, by name; the others are told."""
    makers = {
        "TensorFlow": in_tensorflow,
        "TensorFlow, bfloat16": lambda: in_tensorflow("mixed_bfloat16"),
        "TensorFlow, XLA": lambda: in_tensorflow(jit_compile=True),
        "ONNX Runtime": in_onnx_runtime,
    } | {name: lambda hint=hint: in_openvino(hint) for name, hint in OPENVINO.items()}
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


def agreement(pairs: list[datasets.Pair]) -> list[Row]:
    """OpenVINO against TensorFlow on these photos: mean IoU, and how far the probabilities are off."""
    engines = {"TensorFlow": keras_model.load()} | {name: openvino(hint) for name, hint in OPENVINO.items()}
    ious, apart = ({name: [] for name in engines} for _ in range(2))
    for pair in pairs:
        maps = {name: segmenter.coarse_map(pair.photo) for name, segmenter in engines.items()}
        for name, found in maps.items():
            ious[name].append(masks.iou(masks.enlarged(found, pair.mask.shape) > 0.5, pair.mask))
            apart[name].append(np.abs(found - maps["TensorFlow"]).ravel())
    iou, rows = {name: np.mean(each) for name, each in ious.items()}, []
    for name in OPENVINO:
        off = np.concatenate(apart[name])
        measured = (
            f"{iou[name]:.5f}, {iou['TensorFlow']:.5f}; a pixel's probability is {off.mean():.5f} off on average, "
            f"{off.max():.3f} at most, more than 0.004 in {100 * (off > 0.004).mean():.1f} %"
        )
        what = f"mean IoU of {name}, against TensorFlow's, on {len(pairs)} photos"
        rows.append(Row(what, iou[name] / iou["TensorFlow"], measured))
    return rows


def main():
    """Measure and print."""
    segmenter, photo = fcn.load(), photos.decode(sample_photos.sample("Coffee"))
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
    if "OpenVINO, float32" in taken:
        data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        rows += agreement(fcn_training.divided(datasets.load(data))[2] if data else sample_photos.pairs())
    show(rows)


if __name__ == "__main__":
    main()
