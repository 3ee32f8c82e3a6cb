"""Figures of a segmentation network, and whether calibration finds what is wrong with its probabilities."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from core import masks
from core.data.datasets import Pair
from core.fcn import architecture, evaluation
from core.fcn.segmenter import Inference, Segmenter
from tests.support.networks import discs


class BrightnessNetwork:
    """A network whose logit is known: a line in the photo's brightness."""

    architecture = architecture.app_network()

    def __init__(self, slope=0.05, offset=-5.0):
        self.slope, self.offset = slope, offset

    def scores(self, photos, _factors=None):
        logit = (self.slope * photos.mean(axis=-1, keepdims=True) + self.offset).astype(np.float32)
        return [logit[:, ::s, ::s] for s in architecture.STRIDES]

    def features(self, photos, _factors=None):
        return [photos for _ in self.architecture.stages]


def noisy_pairs(shift, temperature, count=12, side=64, seed=0):
    """Grey photos whose pixels are object with the probability sigmoid((logit - shift) / temperature)."""
    rng, network = np.random.default_rng(seed), BrightnessNetwork()
    pairs = []
    for i in range(count):
        photo = np.repeat(rng.integers(20, 236, (side, side, 1), np.uint8), 3, axis=2)
        logit = network.scores(photo[None].astype(np.float32))[-1][0, ..., 0]
        pairs.append(Pair(str(i), photo, rng.random((side, side)) < expit((logit - shift) / temperature)))
    return pairs


def test_figures_are_means_over_the_photos_in_one_run_each():
    segmenter, pairs = Segmenter(BrightnessNetwork(), Inference(96)), discs(3)
    maps = [segmenter.probability(pair.photo) for pair in pairs]
    before = segmenter.calls
    figures = evaluation.evaluate(segmenter, pairs)
    assert segmenter.calls - before == len(pairs)
    errors = [masks.mean_absolute_error(p, pair.mask) for p, pair in zip(maps, pairs, strict=True)]
    assert figures["mean_absolute_error"] == pytest.approx(np.mean(errors), abs=1e-6)
    ious = [masks.iou(p > 0.5, pair.mask) for p, pair in zip(maps, pairs, strict=True)]
    assert figures["iou"] == figures["iou_stride_1"] == pytest.approx(np.mean(ious), abs=1e-6)
    wrong = [np.mean((p > 0.5) != pair.mask) for p, pair in zip(maps, pairs, strict=True)]
    assert figures["wrong_pixels"] == pytest.approx(np.mean(wrong), abs=1e-9)
    assert evaluation.mean_iou(segmenter, pairs) == pytest.approx(np.mean(ious))


@pytest.mark.parametrize(("shift", "temperature"), [(0.0, 1.0), (0.7, 1.0), (-0.5, 2.5), (0.3, 0.6)])
def test_calibration_finds_shift_and_temperature(shift, temperature):
    segmenter = Segmenter(BrightnessNetwork(), Inference(64))
    fitted = evaluation.calibrated(segmenter, noisy_pairs(shift, temperature))
    assert fitted.shift == pytest.approx(shift, abs=0.1)
    assert fitted.temperature == pytest.approx(temperature, rel=0.1)
    assert fitted.working_size == 64


def test_calibration_lowers_the_expected_calibration_error():
    pairs = noisy_pairs(0.7, 2.5)
    segmenter = Segmenter(BrightnessNetwork(), Inference(64))
    before = evaluation.evaluate(segmenter, pairs)
    after = evaluation.evaluate(
        Segmenter(segmenter.network, replace(evaluation.calibrated(segmenter, pairs))), noisy_pairs(0.7, 2.5, seed=1)
    )
    assert before["expected_calibration_error"] > 0.1
    assert after["expected_calibration_error"] < 0.02


def test_reliability_counts_pixels_by_probability():
    reliability = evaluation.Reliability()
    probability = np.array([[0.0, 0.12, 0.13, 1.0]])
    reliability.add(probability, np.array([[False, False, True, True]]))
    assert reliability.counts[0].tolist() == [0.25, 0, 0.5, *[0] * 16, 0.25]
    assert reliability.counts[2].tolist() == [0, 0, 0.25, *[0] * 16, 0.25]
    assert reliability.expected_calibration_error == pytest.approx(0.5 * (0.5 - 0.125))


def test_figures_hold_the_reliability_diagram():
    figures = evaluation.evaluate(Segmenter(BrightnessNetwork(), Inference(64)), noisy_pairs(0.0, 1.0))
    shares, predicted, positive = np.transpose(figures["reliability"])
    assert shares.sum() == pytest.approx(1, abs=1e-3)
    large = shares > 0.02
    np.testing.assert_allclose(predicted[large], positive[large], atol=0.03)
