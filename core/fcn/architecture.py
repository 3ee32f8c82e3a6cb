"""What the segmentation networks are made of, each described once.

- `app_network`: what the app runs. A fully convolutional network after Long, Shelhamer and Darrell, "Fully
  convolutional networks for semantic segmentation" (2015), and Ronneberger et al., "U-Net" (2015).
- `lesson_fcn`: the lesson's FCN-8s on VGG16.
- `lite0_classifier`: the encoder of the app's network with the classifier that it was trained with.

`core.fcn.graph` explains what an architecture is; `core.fcn.encoders` adds the layers that were trained on ImageNet.
"""

from core.convolution.stack import PRESETS
from core.fcn.encoders import efficientnet_lite0, vgg16
from core.fcn.graph import Architecture, Graph, Stage

STRIDES = (32, 16, 8, 4, 2, 1)
"""Strides of the app network's six score maps, in the order in which it returns them."""
DECODER = (128, 96, 64, 32, 16)
"""Channels of the app network's decoder at strides 16, 8, 4, 2, 1."""
CONTEXT = (160, 2)
"""(channels, convolutions) of the app network at stride 32, behind the encoder."""


def app_network() -> Architecture:
    """The network that the app runs, on EfficientNet-Lite0.

        photo -> encoder: EfficientNet-Lite0 without its classifier, strides 2 to 32          ("what")
              -> context: two 3x3 convolutions at stride 32
              -> decoder: five transposed convolutions, each doubling height and width; the skip connection adds the
                 encoder's features of that size, at stride 1 those of a small convolution on the photo    ("where")

    At each of the strides 32, 16, 8, 4, 2, 1 stands a score map, the logit of "object": the one below it enlarged,
    plus a correction computed from that level's features. All six are trained, so each can be viewed.

    Input: (N, H, W, 3), RGB, 0..255, H and W multiples of 32. Outputs: six score maps (N, H/s, W/s, 1), s in `STRIDES`.
    """
    graph = Graph()
    photo = graph.add("photo", "InputLayer", filters=3)
    scaled, features = efficientnet_lite0(graph, photo)
    stages = [Stage("stage1", 1, graph.convolution(scaled, "stage1_conv", 16)), *features]
    x = features[-1].node
    for i in range(1, CONTEXT[1] + 1):
        x = graph.convolution(x, f"context_conv{i}", CONTEXT[0])
    context = Stage("context", STRIDES[0], x)

    score = graph.add("score32", "Conv2D", x, filters=1)
    scores, decoder = [score], []
    at_stride = {stage.stride: stage for stage in stages}
    for number, (stride, channels) in enumerate(zip(STRIDES[1:], DECODER, strict=True)):
        up = graph.add(f"up{stride}", "Conv2DTranspose", x, filters=channels, kernel=4, strides=2, use_bias=False)
        skip = graph.add(
            f"skip{stride}", "Conv2D", at_stride[stride].node, filters=channels, use_bias=False, switch=number
        )
        x = graph.normalized(graph.add(f"join{stride}", "Add", up, skip), f"join{stride}")
        x = graph.convolution(x, f"merge{stride}", channels)
        decoder.append(Stage(f"merge{stride}", stride, x))
        enlarged = graph.add(
            f"enlarged{stride}", "Conv2DTranspose", score, filters=1, kernel=4, strides=2, use_bias=False
        )
        correction = graph.add(f"correction{stride}", "Conv2D", x, filters=1)
        score = graph.add(f"score{stride}", "Add", enlarged, correction)
        scores.append(score)
    return Architecture("app_network", tuple(graph.nodes), tuple(scores), (*stages, context), tuple(decoder))


def lite0_classifier() -> Architecture:
    """EfficientNet-Lite0 with its ImageNet classifier, the dense layer as a 1x1 convolution.

    Input: as `app_network`. Outputs: the last features (N, H/32, W/32, 1280), and from each cell of them the scores of
    the 1000 classes, (N, H/32, W/32, 1000).
    """
    graph = Graph()
    _, stages = efficientnet_lite0(graph, graph.add("photo", "InputLayer", filters=3))
    x = graph.add("head_conv", "Conv2D", stages[-1].node, filters=1280, use_bias=False)
    x = graph.normalized(x, "head", 6.0)
    scores = graph.add("fc", "Conv2D", x, filters=1000)
    return Architecture("lite0_classifier", tuple(graph.nodes), (x, scores), tuple(stages))


def lesson_fcn(hidden: int = 4096, *, repaired: bool = False) -> Architecture:
    """The lesson's FCN-8s on a frozen VGG16: 136,514,116 parameters, 121,799,428 of them trainable.

        photo -> VGG16 -> pool3, pool4, pool5 at strides 8, 16, 32
              -> fc6, fc7: its dense layers as convolutions -> score32, two channels: background and object
              -> up16 + pool4 -> up8 + pool3 -> up1 -> softmax: two probabilities a pixel

    Args:
        hidden: channels of fc6 and fc7; the lesson's are 4096.
        repaired: VGG16 gets what it was trained on, BGR less ImageNet's mean colour, and the scores at stride 32 may be
            negative. In the lesson the photo reaches VGG16 as it is, and a ReLU follows the scores.

    Input: (N, H, W, 3), RGB, H and W multiples of 32. Output: (N, H, W, 2).
    """
    graph = Graph()
    photo = graph.add("photo", "InputLayer", filters=3)
    stages = vgg16(graph, graph.add("preprocess", "BGRLessMean", photo) if repaired else photo)
    pool3, pool4, pool5 = (stage.node for stage in stages[2:])
    fc6, fc7, score32, up16, up8, up1 = PRESETS["FCN: decoder"][0]
    x = graph.layer(pool5, "fc6", fc6, filters=hidden)
    x = graph.layer(x, "fc7", fc7, filters=hidden)
    score = graph.layer(x, "score32", score32, **({"activation": "linear"} if repaired else {}))
    x = graph.add("skip16", "Add", graph.layer(score, "up16", up16), pool4)
    x = graph.add("skip8", "Add", graph.layer(x, "up8", up8), pool3)
    x = graph.layer(x, "up1", up1)
    decoder = (Stage("skip16", 16, "skip16"), Stage("skip8", 8, "skip8"), Stage("up1", 1, "up1"))
    encoder = (*stages, Stage("scores", 32, score))
    return Architecture("lesson_fcn", tuple(graph.nodes), (x,), encoder, decoder)
