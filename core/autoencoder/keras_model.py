"""The autoencoder in Keras: for training, and as the reference of `core.autoencoder.network` in the tests."""

from itertools import count

import keras

from core.autoencoder.network import DECODER, ENCODER


def build(seed: int = 0) -> keras.Sequential:
    """The untrained autoencoder, (n, 28, 28, 1) -> (n, 28, 28, 1); its two layers are the encoder and the decoder.

    The seed is used for this model only; Keras' global seed stays as it is, so that two users' trainings are
    independent.
    """
    seeds = count(6 * seed)  # one for each layer

    def half(name: str, layers: list, shape: tuple[int, int, int]) -> keras.Sequential:
        built = [
            getattr(keras.layers, layer.kind)(
                layer.filters,
                layer.kernel,
                layer.strides,
                layer.padding.lower(),
                activation=layer.activation,
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
                name=f"{name}_conv{number}",  # Keras numbers unnamed layers by a counter that all threads share
            )
            for number, layer in enumerate(layers, start=1)
        ]
        return keras.Sequential([keras.Input(shape), *built], name=name)

    return keras.Sequential([half("encoder", *ENCODER), half("decoder", *DECODER)], name="autoencoder")
