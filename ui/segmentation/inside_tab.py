"""The segmentation page's tab "Inside": the strongest feature maps of every stage, and the layers as a table."""

import numpy as np
import streamlit as st

from core.fcn import layer_table, segmenter
from ui.common import theme
from ui.segmentation import predictions

SHIPPED, LESSON = TABLES = ("The shipped network", "The lesson's FCN")
ACROSS = 200  # pixels of a feature map's width in a strip


def strongest(maps: segmenter.Maps, count: int) -> np.ndarray:
    """The channels that answer most on average over the photo, the strongest first: (count,) int."""
    return np.argsort(maps.values.mean(axis=(0, 1)))[::-1][:count]


def strip(maps: segmenter.Maps, count: int) -> np.ndarray:
    """The strongest channels side by side, each from black, 0, to white, its brightest cells: (H, W) uint8."""
    rows, columns = maps.extent
    size = max(1, round(ACROSS * rows / columns)), ACROSS
    tiles = []
    for channel in strongest(maps, count):
        values = maps.at(size, int(channel), smooth=False)
        top = np.quantile(values, 0.995) or 1.0
        tiles += [np.full((size[0], 6), 128, np.uint8), np.round(255 * np.clip(values / top, 0, 1)).astype(np.uint8)]
    return np.hstack(tiles[1:])


def show_strip(insight: segmenter.Insight, stage: str, count: int = 5) -> None:
    """One stage's strip with its shape."""
    maps = insight.features[stage]
    rows, columns, channels = maps.values.shape
    title = stage.replace("stage", "Stage ").replace("merge", "Up to 1/").replace("context", "Context")
    st.image(
        strip(maps, count),
        f"{title}: {rows} × {columns} × {channels}",
        "stretch",
        output_format="PNG",
        alt=f"The {count} strongest of {channels} feature maps of {title}, white where they answer most",
    )


def table(rows: list[layer_table.Row]) -> list[dict]:
    """Rows of a table of layers for the screen."""
    return [
        {
            "Layer": row.name,
            "Kind": row.kind,
            "Output": " × ".join(map(str, row.output)),
            "Parameters": row.parameters,
            "Trained": row.trainable,
        }
        for row in rows
    ]


@st.fragment
def inside(data: bytes, working: tuple[int, int]) -> None:
    """The tab; `working` is the size (h, w) of the network's map of the photo."""
    insight = predictions.insight(data)
    st.markdown(
        "The five strongest feature maps of each stage on this photo, white where they answer most. On the way down "
        "edges become textures, then parts, then a few cells that say *object*; on the way up the outline returns."
    )
    down, up = list(segmenter.ENCODER_STAGES), list(segmenter.DECODER_STAGES)[::-1]
    for encoder, decoder in zip(down, [*up, None], strict=True):
        left, right = st.columns(2, gap="medium")
        with left:
            show_strip(insight, encoder)
        if decoder:
            with right:
                show_strip(insight, decoder)

    chosen = st.segmented_control("Layers of", TABLES, default=SHIPPED, required=True, key="table")
    rows = layer_table.of_shipped(segmenter.padded(working)) if chosen == SHIPPED else layer_table.of_lesson()
    st.dataframe(
        table(rows),
        height=420,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="localized") for name in ("Parameters", "Trained")},
        alt=f"The layers of {chosen}: kind, output shape, parameters, and how many of these are trained",
    )
    parameters, trained = (theme.number(sum(getattr(r, n) for r in rows)) for n in ("parameters", "trainable"))
    told = {
        SHIPPED: "Shapes are those of this photo, padded to multiples of 32. The rest are means and variances that "
        "batch normalisation measures.",
        LESSON: "Shapes are those of 224 × 224 pixels. Its encoder, VGG16, is frozen; three quarters of all numbers "
        "stand in the one layer fc6.",
    }
    st.markdown(f"Together **{parameters}** parameters, **{trained}** of them trained. {told[chosen]}")
