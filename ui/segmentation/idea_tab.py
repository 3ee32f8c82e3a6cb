"""The segmentation page's tab "The idea": the drawn path, and what each of its parts does with this photo."""

import numpy as np
import streamlit as st

from core.convolution.layer import Layer
from core.convolution.stack import trace
from core.fcn import segmenter
from ui.common import theme
from ui.segmentation import network_diagram, predictions
from ui.segmentation.inside_tab import show_strip
from ui.segmentation.levels_tab import grey, switched


def receptive_fields() -> list[int]:
    """Pixels of the photo a side that one cell sees behind stages 1 to 5 and the context, (6,)."""
    stack, ends = [], []
    for _, convolutions in (*segmenter.STAGES, segmenter.CONTEXT):
        stack += [Layer(kernel=(3, 3), padding="SAME")] * convolutions
        ends.append(len(stack))
        stack.append(Layer("MaxPooling2D", 0, (2, 2), (2, 2)))
    seen = trace(stack, (1024, 1024, 3))
    return [seen[end - 1].field[0] for end in ends]


@st.fragment
def idea(data: bytes, photo: predictions.OnScreen, coarse: np.ndarray) -> None:
    """The tab; `coarse` is the network's map (h, w) of the photo."""
    padded = segmenter.padded(coarse.shape)
    selected = st.session_state.setdefault("opened_part", "autoencoder")
    st.markdown("**Click any part of the path**, also a plus, and see what it does with this photo.")
    left, right = st.columns([5, 4], gap="large")
    with left:
        network_diagram.show(
            network_diagram.path(padded, selected), "path", lambda part: st.session_state.update(opened_part=part)
        )
    with right:
        kind, number = selected.rstrip("0123456789"), int("".join(filter(str.isdigit, selected)) or 0)
        opened = {
            "autoencoder": _autoencoder,
            "photo": lambda: _photo(photo, coarse.shape, padded),
            "stage": lambda: _stage(data, number),
            "context": lambda: _context(data, padded),
            "merge": lambda: _merge(data, number),
            "skip": lambda: _skip(data, photo.pixels, number),
            "score": lambda: _score(data, photo.pixels, number),
            "mask": lambda: _mask(coarse),
        }
        opened[kind]()


def _autoencoder() -> None:
    st.markdown(
        "#### From an autoencoder …\n"
        "Convolutions shrink a digit to **two numbers**, transposed convolutions draw it again. The two numbers say "
        "*what* the digit is; *where* its strokes run is lost and has to be made up. "
        "The page *Latent space* lets you touch both numbers.\n\n"
        "#### … to a fully convolutional network\n"
        "Three changes make a segmentation network of it. The way down stops while there are still **places**: a small "
        "map, not a point, so nothing in it depends on the photo's size. The way up ends in **scores** for object and "
        "background instead of grey values. And **skip connections** carry across what the way down had to give up: "
        "where the edges are."
    )


def _photo(photo: predictions.OnScreen, working: tuple[int, int], padded: tuple[int, int]) -> None:
    st.markdown(
        "#### A photo of any size\n"
        f"This one has {photo.size[1]} × {photo.size[0]} pixels. It is scaled to {working[1]} × {working[0]}, its "
        f"shape kept, and its edge is repeated up to {padded[1]} × {padded[0]}, so that both can be "
        "halved five times. The network looks twice, at the photo and at its mirror image, and its answers are "
        "averaged.\n\n"
        "A dense layer has one weight for every pixel and so works for one size only. A convolution has the same few "
        "weights for every place: it slides over a photo of any size and shape, and the maps grow with it."
    )


def _stage(data: bytes, number: int) -> None:
    channels, convolutions = segmenter.STAGES[number - 1]
    field = receptive_fields()[number - 1]
    st.markdown(
        f"#### Stage {number} finds what\n"
        f"{'Two' if convolutions == 2 else 'Three'} 3×3 convolutions with {channels} filters; then a 2×2 max pooling "
        "keeps the strongest answer of every four and halves height and width. A cell of this map stands for "
        f"{2 ** (number - 1)} × {2 ** (number - 1)} pixels and sees {field} × {field}. Its strongest feature maps:"
    )
    show_strip(predictions.insight(data), f"stage{number}", 3)
    st.caption("White where the filter answers most.")


def _context(data: bytes, padded: tuple[int, int]) -> None:
    rows, columns = (side // segmenter.STRIDES[0] for side in padded)
    field = receptive_fields()[-1]
    st.markdown(
        "#### The bottom knows what, hardly where\n"
        f"{rows} × {columns} cells are left of the photo, each with {segmenter.CONTEXT[0]} numbers. A cell stands for "
        f"32 × 32 pixels and sees {field} × {field}: enough to tell an object from its surroundings, too coarse for "
        "edges. An autoencoder would go on to a point or a dense layer here; this network turns back."
    )
    show_strip(predictions.insight(data), "context", 3)


def _merge(data: bytes, stride: int) -> None:
    channels = segmenter.DECODER[segmenter.STRIDES.index(stride) - 1]
    st.markdown(
        f"#### Up to stride {stride}: where, restored\n"
        "A transposed convolution, kernel 4, stride 2, doubles height and width. As 2 divides 4, its stamps overlap "
        f"evenly. The skip's features are added, and a 3×3 convolution with {channels} filters blends both."
    )
    show_strip(predictions.insight(data), f"merge{stride}", 3)


def _skip(data: bytes, photo: np.ndarray, stride: int) -> None:
    skips = tuple(s != stride for s in segmenter.STRIDES[1:])
    whole, cut = (predictions.insight(data, on).levels[-1].at(photo.shape[:2]) > 0.5 for on in (None, skips))
    changed = 100 * np.mean(whole != cut)
    stage = segmenter.STRIDES[::-1].index(stride) + 1
    st.markdown(
        f"#### The skip at stride {stride} carries the detail\n"
        f"A 1×1 convolution takes the features of stage {stage} across, past everything below, and adds them. Without "
        f"this one skip the final mask changes on {changed:.1f} % of the photo. Striped blue is lost, orange comes in:"
    )
    st.image(
        switched(photo, whole, cut),
        width="stretch",
        output_format="JPEG",
        alt=f"The photo in grey, with what its mask loses and gains when the skip at stride {stride} is switched off",
    )


def _score(data: bytes, photo: np.ndarray, stride: int) -> None:
    level = predictions.insight(data).levels[segmenter.STRIDES.index(stride)]
    rows, columns = level.values.shape[:2]
    made = (
        "read off the bottom by a 1×1 convolution"
        if stride == segmenter.STRIDES[0]
        else f"the map at stride {2 * stride}, enlarged by a transposed convolution, plus a correction read off here"
    )
    st.markdown(
        f"#### The score map at stride {stride}\n"
        f"One number for each of {rows} × {columns} cells: {made}. A sigmoid makes a probability of it, black 0, white "
        "1. Every level was trained against the mask, so each can be read."
    )
    st.image(
        grey(level.at(photo.shape[:2], smooth=False)),
        width="stretch",
        output_format="PNG",
        alt=f"Probability of object at stride {stride}, {rows} × {columns} cells",
    )


def _mask(coarse: np.ndarray) -> None:
    height, width = coarse.shape
    st.markdown(
        "#### A pixel's class is the channel that wins at its place\n"
        "The mask has a channel a class. Both have the photo's height and width, and at each place they add up to 1."
    )
    with st.container(horizontal=True):
        row = st.slider("Row", 0, height - 1, height // 2, key="pixel_row", width=200)
        column = st.slider("Column", 0, width - 1, width // 2, key="pixel_column", width=200)
    scale = -(-400 // width)
    for place, name, channel in zip(st.columns(2), ("background", "object"), (1 - coarse, coarse), strict=True):
        picture = np.repeat(np.kron(grey(channel), np.ones((scale, scale), np.uint8))[..., None], 3, axis=2)
        _cross(picture, row * scale + scale // 2, column * scale + scale // 2)
        place.image(
            picture,
            f"Channel {int(name == 'object')}, {name}: {channel[row, column]:.3f}",
            "stretch",
            output_format="PNG",
            alt=f"Probability of {name}, from black, 0, to white, 1",
        )
    won = "object" if coarse[row, column] > 0.5 else "background"
    st.markdown(
        f"At row {row}, column {column} channel {int(won == 'object')} is larger: the pixel is **{won}**. This network "
        "computes one score z a pixel and the sigmoid of it, which is the softmax of the two scores 0 and z; the "
        "lesson's computes both."
    )


def _cross(picture: np.ndarray, row: int, column: int, reach: int = 14) -> None:
    """Mark a place of an (H, W, 3) uint8 picture with a cross that is open in the middle."""
    for colour, thick in ((theme.rgb("#000000"), 3), (theme.rgb(theme.KERNEL), 1)):
        for start, stop in ((-reach, -4), (5, reach + 1)):
            rows, columns = (slice(max(0, at + start), max(0, at + stop)) for at in (row, column))
            near_row, near_column = (slice(max(0, at - thick), at + thick + 1) for at in (row, column))
            picture[rows, near_column] = colour
            picture[near_row, columns] = colour
