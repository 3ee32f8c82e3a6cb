"""The autoencoder in Keras and TensorFlow: the reference for `core.autoencoder.network`, and what is trained."""

from itertools import count

import keras

from core.autoencoder.network import DECODER, ENCODER


def build(seed: int = 0) -> keras.Sequential:
    """The untrained autoencoder, (n, 28, 28, 1) -> (n, 28, 28, 1); its two layers are the encoder and the decoder.

    The seed belongs to this model alone: Keras' global one stays as it is, so two visitors do not meet in it.
    """
    seeds = count(6 * seed)  # one a layer

    def half(name: str, layers: list, shape: tuple[int, int, int]) -> keras.Sequential:
        made = [
            getattr(keras.layers, layer.kind)(
                layer.filters,
                layer.kernel,
                layer.strides,
                layer.padding.lower(),
                activation=layer.activation,
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            )
            for layer in layers
        ]
        return keras.Sequential([keras.Input(shape), *made], name=name)

    return keras.Sequential([half("encoder", *ENCODER), half("decoder", *DECODER)], name="autoencoder")
