"""The segmentation network in OpenVINO: the description and weights that Keras has, in less time.

Batch normalisation is folded into the convolutions before it: with running mean m and variance v,

    gamma (k * x - m) / sqrt(v + epsilon) + beta  =  (s k) * x + (beta - s m),  s = gamma / sqrt(v + epsilon)

Arrays are channels first in here.
"""

import sys
import threading

import numpy as np

from core import weights
from core.fcn import segmenter

# Its converters, of which nothing here needs any, would tell its makers over the network that they were imported.
sys.modules.setdefault("openvino.tools.ovc", None)
import openvino as ov  # noqa: E402
from openvino import opset15 as ops  # noqa: E402

EPSILON = 1e-3  # of keras.layers.BatchNormalization


class Segmenter(segmenter.Segmenter):
    """`core.fcn.segmenter.Segmenter` over weights that stay as they are."""

    def __init__(self, numbers: dict[str, list[np.ndarray]], inference: segmenter.Inference | None = None):
        super().__init__(inference)
        inputs, self._features, scores = described(numbers)
        self._inputs = inputs
        self._scores = Pass(inputs, scores)
        self._strips = None

    def _logits(self, pairs: np.ndarray) -> np.ndarray:
        # A pair a run: what else is in a batch cannot change an answer, and a larger batch is no faster.
        on = np.ones(len(segmenter.DECODER), np.float32)
        return np.stack([self._scores(pair, on)[-1] for pair in pairs])

    def _inside(self, pair: np.ndarray, skips: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        # Two passes: one that hands its features out may round at other places, and the finest map shall be the page's.
        with self._lock:
            self._strips = self._strips or Pass(self._inputs, self._features)
        return self._strips(pair, skips), self._scores(pair, skips)


class Pass:
    """A compiled graph. It uses every core, so calls from many threads take turns.

    In float32 unless told otherwise: OpenVINO would take bfloat16 where the processor multiplies it, in half the time,
    and single probabilities of the same photo would be 0.1 off (`benchmarks.forward_pass`).
    """

    def __init__(self, inputs: list, outputs: list, precision: str = "f32"):
        # Threads that stay on one core each wait for whatever else a busy server runs there.
        options = {"INFERENCE_PRECISION_HINT": precision, "ENABLE_CPU_PINNING": False}
        self._request = ov.Core().compile_model(ov.Model(outputs, inputs), "CPU", options).create_infer_request()
        self._turn = threading.Lock()

    def __call__(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """One run; the arrays that come out belong to the caller."""
        with self._turn:
            return list(self._request.infer(arrays).to_tuple())


def described(numbers: dict[str, list[np.ndarray]]) -> tuple[list, list, list]:
    """The network as `core.fcn.keras_model.build` has it.

    Args:
        numbers: the weights of each layer by its name.

    Returns:
        Inputs: photos, (N, H, W, 3), 0..255, and what each skip is multiplied by, (5,), as
        `core.fcn.segmenter.Segmenter` orders them. The features of `ENCODER_STAGES` and `DECODER_STAGES`. Six score
        maps. All channels last.
    """
    photos, switches = ops.parameter([-1, -1, -1, 3], np.float32), ops.parameter([len(segmenter.DECODER)], np.float32)
    x = _transposed(photos, (0, 3, 1, 2)) * _constant(1 / 127.5) + _constant(-1)
    down, up = [], []
    for name, (_, convolutions) in zip(segmenter.ENCODER_STAGES, (*segmenter.STAGES, segmenter.CONTEXT), strict=True):
        if down:
            x = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
        for i in range(1, convolutions + 1):
            x = _normalised_convolution(x, numbers, f"{name}_conv{i}")
        down.append(x)
    *skips, _ = down
    score = _convolution(x, *numbers["score32"])
    scores = [score]
    each = ops.split(switches, _whole(0), len(segmenter.DECODER)).outputs()
    for stride, switch, features in zip(segmenter.STRIDES[1:], each, reversed(skips), strict=True):
        scale, offset = _folded(numbers, f"join{stride}")
        skip = _convolution(ops.multiply(features, switch), scale * numbers[f"skip{stride}"][0], offset)
        x = ops.relu(_doubled(x, scale[:, None] * numbers[f"up{stride}"][0]) + skip)
        x = _normalised_convolution(x, numbers, f"merge{stride}")
        up.append(x)
        score = _doubled(score, *numbers[f"enlarged{stride}"]) + _convolution(x, *numbers[f"correction{stride}"])
        scores.append(score)
    return [photos, switches], *([_transposed(y, (0, 2, 3, 1)) for y in ys] for ys in ((*down, *up), scores))


def _normalised_convolution(x, numbers: dict[str, list[np.ndarray]], name: str):
    scale, offset = _folded(numbers, name)
    return ops.relu(_convolution(x, scale * numbers[name][0], offset))


def _folded(numbers: dict[str, list[np.ndarray]], name: str) -> tuple[np.ndarray, np.ndarray]:
    """What batch normalisation multiplies each channel by, and what it then adds."""
    gamma, beta, mean, variance = numbers[f"{name}_norm"]
    scale = gamma / np.sqrt(variance + EPSILON)
    return scale, beta - scale * mean


def _convolution(x, kernel: np.ndarray, offset: np.ndarray):
    """Conv2D, SAME, stride 1, with an odd kernel (height, width, in, out), plus an offset a channel (out,)."""
    pads = [side // 2 for side in kernel.shape[:2]]
    return ops.convolution(x, _constant(kernel.transpose(3, 2, 0, 1)), [1, 1], pads, pads, [1, 1]) + _constant(
        offset[:, None, None]
    )


def _doubled(x, kernel: np.ndarray):
    """Conv2DTranspose, SAME, stride 2, with a kernel (4, 4, out, in)."""
    kernel = _constant(kernel.transpose(3, 2, 0, 1))
    return ops.convolution_backprop_data(x, kernel, [2, 2], pads_begin=[1, 1], pads_end=[1, 1])


def _constant(values: np.ndarray | float):
    return ops.constant(np.ascontiguousarray(values, np.float32))


def _whole(*values: int):
    return ops.constant(np.array(values if len(values) > 1 else values[0], np.int64))


def _transposed(x, axes: tuple[int, ...]):
    return ops.transpose(x, _whole(*axes))


def load() -> Segmenter:
    """The shipped network with its trained weights.

    Raises:
        weights.WeightsError: the weights are missing, cut or altered.
    """
    with weights.fitting(segmenter.WEIGHTS, "fcn") as path:
        numbers = weights.numbers(path)
    return Segmenter(numbers, segmenter.inference())
