import random

import numpy as np
import pytest

from core.convolution.example import Experiment, RoundTrip
from core.convolution.layer import ACTIVATIONS, Layer


def keras_output(layer, x, kernel):
    import keras

    made = eval(layer.keras(), {"keras": keras})
    made.build((1, *x.shape))
    made.kernel.assign(kernel)
    return made(x[None]).numpy()[0], made


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
def test_what_is_drawn_is_what_the_shown_keras_line_computes(kind):
    rng = random.Random(kind)
    for seed in range(25):
        layer = Layer(
            kind,
            rng.randint(1, 3),
            (rng.randint(1, 4), rng.randint(1, 4)),
            (rng.randint(1, 3), rng.randint(1, 3)),
            rng.choice(["SAME", "VALID"]),
            activation=rng.choice(ACTIVATIONS),
            l2=0.01,
        )
        experiment = Experiment(layer, (rng.randint(4, 9), rng.randint(4, 9), rng.randint(1, 3)), seed)
        y, made = keras_output(layer, experiment.x, experiment.kernel)
        np.testing.assert_allclose(experiment.y, y, atol=1e-5)
        assert experiment.output_shape == y.shape
        assert layer.parameters(experiment.shape[2]) == made.count_params()
        cell = rng.randrange(y.shape[0]), rng.randrange(y.shape[1])
        assert experiment.step(cell, layer.filters - 1).total == experiment.sums[(*cell, -1)]


def test_there_and_back_restores_the_shape_and_not_the_values():
    trip = RoundTrip(Experiment(Layer(strides=(2, 2)), (6, 5, 1)), output_padding=(1, 0))
    assert trip.shape_difference == (0, 0)
    assert trip.value_difference > 0
    back, _ = keras_output(trip.way_back, trip.there.sums, trip.there.kernel)
    np.testing.assert_allclose(trip.back, back, atol=1e-5)
    assert trip.value_difference == pytest.approx(np.abs(back - trip.there.x).mean(), rel=1e-5)
    assert RoundTrip(trip.there).shape_difference == (-1, 0)
