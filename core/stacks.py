"""The stacks of layers that the lesson speaks of, as (layers, input shape)."""

from core.layers import Layer


def _conv(filters, size, stride=1, padding="SAME", activation="relu"):
    return Layer("Conv2D", filters, (size, size), (stride, stride), padding, activation=activation)


def _transposed(filters, size, stride=1, padding="SAME", activation="linear"):
    return Layer("Conv2DTranspose", filters, (size, size), (stride, stride), padding, activation=activation)


def _vgg16():
    layers = []
    for filters, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers += [_conv(filters, 3)] * depth + [Layer("MaxPooling2D", 0, (2, 2), (2, 2))]
    return layers


PRESETS = {
    "Autoencoder: encoder": (
        [_conv(32, 3, 2), _conv(64, 3, 2), _conv(2, 7, padding="VALID", activation="linear")],
        (28, 28, 1),
    ),
    "Autoencoder: decoder": (
        [
            _transposed(64, 7, padding="VALID", activation="relu"),
            _transposed(32, 3, 2, activation="relu"),
            _transposed(1, 7, 2),
        ],
        (1, 1, 2),
    ),
    "VGG16: convolutions": (_vgg16(), (224, 224, 3)),
    # On top of VGG16's last pooling; the two sums with pool4 and pool3 change no shape.
    "FCN: decoder": (
        [
            _conv(4096, 7),
            _conv(4096, 1),
            _conv(2, 1),
            _transposed(512, 4, 2),
            _transposed(256, 4, 2),
            _transposed(2, 16, 8, activation="softmax"),
        ],
        (7, 7, 512),
    ),
}
