"""The tab "The idea": the network as a diagram, and what each of its parts does with this photo."""

import numpy as np
import streamlit as st

from core import photos
from core.fcn import architecture
from ui.common import pictures, theme
from ui.segmentation import network_diagram, predictions
from ui.segmentation.inside_tab import show_strip
from ui.segmentation.measure_tab import differences
from ui.segmentation.overlay_settings import OverlaySettings, predict
from ui.segmentation.predictions import ALL_ON
from ui.segmentation.state import PARTS, SKIPS, STATE

NETWORK = architecture.app_network()
STAGES = {stage.name: stage for stage in NETWORK.stages}
ENDS = {stage.node for stage in NETWORK.stages}


@st.fragment
def idea_tab(photo: predictions.OnScreen, coarse: np.ndarray, settings: OverlaySettings) -> None:
    """The tab; `coarse` is the network's map (h, w) of the photo."""
    part = PARTS[STATE["part"]]
    st.markdown("**Click any part of the diagram**, also a plus, to see what it does with this photo.")
    left, right = st.columns([5, 4], gap="large")
    with left:
        drawing = network_diagram.below_an_autoencoder(network_diagram.diagram(NETWORK, coarse.shape))
        network_diagram.network_diagram(drawing, part["id"], "path", lambda opened: STATE.update(part=opened))
    with right:
        texts = {
            "autoencoder": _autoencoder,
            "photo": lambda: _photo(photo, coarse.shape),
            "stage": lambda: _stage(photo, part["id"], coarse.shape),
            "context": lambda: _stage(photo, part["id"], coarse.shape),
            "merge": lambda: _merge(photo, part["id"]),
            "skip": lambda: _skip(photo, part, settings),
            "score": lambda: _score(photo, part["stride"]),
            "mask": lambda: _mask(coarse),
        }
        texts[part["kind"]]()
    STATE.write_url()


def _autoencoder() -> None:
    st.markdown(
        "## From an autoencoder …\n"
        "Convolutions encode a digit as **two numbers**; transposed convolutions decode them to a digit again. The two "
        "numbers say *what* the digit is. *Where* its strokes are is lost, and the decoder has to make it up. "
        "On the page *Latent space* you can change both numbers.\n\n"
        "## … to a fully convolutional network\n"
        "Three changes turn it into a segmentation network. The encoder stops while there are still **places**: its "
        "result is a small map, not a point, so nothing depends on the photo's size. The decoder ends in **scores** "
        "for object and background instead of grey values. And **skip connections** carry over what the encoder lost: "
        "where the edges are."
    )


def _photo(photo: predictions.OnScreen, size: tuple[int, int]) -> None:
    stride = NETWORK.encoder[-1].stride
    st.markdown(
        "## A photo of any size\n"
        f"This one has {photo.size[1]} × {photo.size[0]} pixels. It is scaled to {size[1]} × {size[0]}: both sides "
        f"become multiples of {stride}, because the network divides height and width by {stride}.\n\n"
        "A dense layer has one weight for every pixel, so it works for one size only. A convolution has the same few "
        "weights for every place: it slides over a photo of any size and shape, and its maps grow with the photo."
    )


def _stage(photo: predictions.OnScreen, name: str, size: tuple[int, int]) -> None:
    stage = STAGES[name]
    nodes, _ = network_diagram.upstream(NETWORK, stage.node, ENDS)
    blocks = [node for node in nodes if node.kind == "DepthwiseConv2D"]
    pointwise = [node for node in nodes if node.kind == "Conv2D" and node.kernel == 1]
    layers = [
        f"a {node.kernel}×{node.kernel} convolution ({node.filters} filters, stride {node.strides})"
        for node in nodes
        if node.kind == "Conv2D" and node.kernel > 1
    ]
    text = ""
    if blocks:
        layers.append(f"{len(blocks)} inverted residual block{'s' * (len(blocks) > 1)}")
        kernels = " or ".join(sorted({f"{node.kernel}×{node.kernel}" for node in blocks}))
        text = (
            "Such a block has three steps: a 1×1 convolution to more channels (here up to "
            f"{max(NETWORK.channels[node.name] for node in blocks)}), a depthwise convolution (here {kernels}), which "
            "filters each channel on its own, and a linear 1×1 convolution to fewer channels (here "
            f"{NETWORK.channels[stage.node]}). Where the shape stays the same, the block's input is added. "
        )
        text += "This block skips the first step. " if len(pointwise) < 2 * len(blocks) else ""
    field = NETWORK.receptive_field(stage.node)
    rows, columns, _ = NETWORK.shapes(size)[stage.node]
    at_the_bottom = (
        "That is enough to distinguish an object from its surroundings, and too coarse for edges. An autoencoder would "
        "go on to a point; this network goes up again. "
    )
    st.markdown(
        f"## {network_diagram.title(NETWORK, stage)} finds what\n"
        f"It consists of {' and '.join(layers)}. {text}Its map has {rows} × {columns} cells. A cell covers "
        f"{stage.stride} × {stage.stride} pixels; its receptive field is {field} × {field} pixels"
        f"{', more than the whole photo' if field > max(size) else ''}. "
        f"{at_the_bottom if stage == NETWORK.encoder[-1] else ''}The strongest feature maps:"
    )
    show_strip(NETWORK, predictions.insight(photo, ALL_ON), stage, 3)


def _merge(photo: predictions.OnScreen, name: str) -> None:
    stage = STAGES[name]
    nodes, _ = network_diagram.upstream(NETWORK, stage.node, ENDS)
    up = next(node for node in nodes if node.kind == "Conv2DTranspose")
    blend = next(node for node in nodes if node.kind == "Conv2D" and node.kernel > 1)
    st.markdown(
        f"## Up to stride {stage.stride}: where, restored\n"
        f"A transposed convolution, kernel {up.kernel}, stride {up.strides}, doubles height and width. As {up.strides} "
        f"divides {up.kernel}, every output cell gets the same number of contributions. The skip features are added, "
        f"and a {blend.kernel}×{blend.kernel} convolution with {blend.filters} filters combines both."
    )
    show_strip(NETWORK, predictions.insight(photo, ALL_ON), stage, 3)


def _skip(photo: predictions.OnScreen, link: dict, settings: OverlaySettings) -> None:
    on = tuple(stride != link["stride"] for stride in SKIPS)
    with_it, without = (
        predict(insight.levels[-1].values[..., 0], photo.pixels.shape[:2], settings).mask
        for insight in (predictions.insight(photo, ALL_ON), predictions.insight(photo, on))
    )
    source = network_diagram.title(NETWORK, STAGES[link["from"]])
    st.markdown(
        f"## The skip connection at stride {link['stride']} carries the detail\n"
        f"A 1×1 convolution takes the features of {source} past everything below and adds them. Without this skip "
        f"connection, the mask changes on {100 * np.mean(with_it != without):.1f} % of the photo. Blue stripes: "
        "removed. Orange: added."
    )
    st.image(
        differences(photo.pixels, with_it, without),
        width="stretch",
        alt=f"How the mask changes when the skip connection at stride {link['stride']} is switched off",
    )


def _score(photo: predictions.OnScreen, stride: int) -> None:
    level = next(level for level in predictions.insight(photo, ALL_ON).levels if level.stride == stride)
    rows, columns = level.values.shape[:2]
    origin = "A 1×1 convolution computes it from the context."
    if stride < architecture.STRIDES[0]:
        origin = f"It is the map at stride {2 * stride}, enlarged by a transposed convolution, plus a correction."
    st.markdown(
        f"## The score map at stride {stride}\n"
        f"One score for each of {rows} × {columns} cells. {origin} A sigmoid turns it into a probability, black 0, "
        "white 1. Every level was trained with the true mask, so each is a prediction."
    )
    pictures.show(
        photos.to_uint8(level.at(photo.pixels.shape[:2], smooth=False)),
        f"Probability of object at stride {stride}, {rows} × {columns} cells",
    )


def _mask(coarse: np.ndarray) -> None:
    height, width = coarse.shape
    st.markdown(
        "## The class of a pixel is the channel with the larger value\n"
        "The mask has one channel per class. Both have the photo's height and width, and at each pixel they add up to "
        "1."
    )
    STATE.update(pixel_row=min(STATE["pixel_row"], height - 1), pixel_column=min(STATE["pixel_column"], width - 1))
    with st.container(horizontal=True):
        row = STATE.slider("pixel_row", max_value=height - 1, width=200)
        column = STATE.slider("pixel_column", max_value=width - 1, width=200)
    scale = -(-400 // width)
    for place, name, channel in zip(st.columns(2), ("background", "object"), (1 - coarse, coarse), strict=True):
        picture = np.kron(photos.to_uint8(channel), np.ones((scale, scale), np.uint8))
        picture = np.repeat(picture[..., None], 3, axis=2)
        _mark(picture, row * scale + scale // 2, column * scale + scale // 2)
        with place:
            caption = f"Channel {int(name == 'object')}, {name}: {channel[row, column]:.3f}"
            pictures.show(picture, f"Probability of {name}, from black, 0, to white, 1", caption)
    winner = "object" if coarse[row, column] > 0.5 else "background"
    st.markdown(
        f"At row {row}, column {column}, channel {int(winner == 'object')} is larger: the pixel is **{winner}**. This "
        "network computes one score z per pixel. The sigmoid of z is the softmax of the two scores 0 and z; the "
        "lesson's network computes both scores."
    )


def _mark(picture: np.ndarray, row: int, column: int, reach: int = 14) -> None:
    """Mark a place of an (H, W, 3) uint8 picture with a cross that is open in the middle."""
    for colour, thick in ((theme.rgb("#000000"), 3), (theme.rgb(theme.KERNEL), 1)):
        for start, stop in ((-reach, -4), (5, reach + 1)):
            rows, columns = (slice(max(0, at + start), max(0, at + stop)) for at in (row, column))
            near_row, near_column = (slice(max(0, at - thick), at + thick + 1) for at in (row, column))
            picture[rows, near_column] = colour
            picture[near_row, columns] = colour
