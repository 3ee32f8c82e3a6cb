"""The tab "Inside": the strongest feature maps of each stage, and the layers as a table."""

import numpy as np
import streamlit as st

from core import photos
from core.fcn import architecture, segmenter
from core.fcn.graph import Architecture, Stage
from ui.common import pictures, theme
from ui.segmentation import network_diagram, predictions

ACROSS = 200  # pixels of a feature map's width in a strip


def strongest(maps: segmenter.Maps, count: int) -> np.ndarray:
    """The channels with the largest mean absolute value over the photo, the strongest first: (count,) int."""
    return np.argsort(np.abs(maps.values).mean(axis=(0, 1)))[::-1][:count]


def strip(maps: segmenter.Maps, count: int) -> np.ndarray:
    """The strongest channels side by side, each scaled by its largest values: (H, W) uint8.

    0 is black, or mid-grey if the maps have both signs.
    """
    rows, columns = maps.values.shape[:2]
    size, signed = (max(1, round(ACROSS * rows / columns)), ACROSS), maps.values.min() < 0
    gap = np.full((size[0], 6), 64 if signed else 128, np.uint8)
    tiles = []
    for channel in strongest(maps, count):
        values = maps.at(size, int(channel), smooth=False)
        values = values / (np.quantile(np.abs(values), 0.995) or 1.0)
        tiles += [gap, photos.to_uint8((values + 1) / 2 if signed else values)]
    return np.hstack(tiles[1:])


def show_strip(network: Architecture, insight: segmenter.Insight, stage: Stage, count: int = 5) -> None:
    """One stage's strip with its shape."""
    maps, title = insight.features[stage.name], network_diagram.title(network, stage)
    rows, columns, channels = maps.values.shape
    zero = "grey is 0, black negative" if maps.values.min() < 0 else "black is 0"
    alt = f"The {count} strongest of {channels} feature maps of {title}; {zero}"
    pictures.show(strip(maps, count), alt, f"{title}: {rows} × {columns} × {channels}, {zero}")


def layer_table(network: Architecture, size: tuple[int, int], name: str) -> None:
    """Draw the layers for a photo of `size` (height, width) like `keras.Model.summary`; screen readers say `name`."""
    rows = network.layer_table(size)
    st.dataframe(
        [
            {
                "Layer": row.name,
                "Kind": row.kind,
                "Connected to": ", ".join(row.inputs),
                "Output": " × ".join(map(str, row.output)),
                "Parameters": row.parameters,
                "Trained": row.trainable,
            }
            for row in rows
        ],
        height=min(420, 38 + 35 * len(rows)),
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="localized") for name in ("Parameters", "Trained")},
        alt=f"The layers of {name}: kind, inputs, output shape, parameters, and how many of these are trained",
    )
    parameters, trained = (sum(getattr(row, part) for row in rows) for part in ("parameters", "trainable"))
    st.markdown(f"Together **{theme.number(parameters)}** parameters, **{theme.number(trained)}** of them trained.")


@st.fragment
def inside_tab(photo: predictions.OnScreen, size: tuple[int, int]) -> None:
    """The tab; `size` is the photo's (height, width) inside the network."""
    network, insight = architecture.app_network(), predictions.insight(photo, predictions.ALL_ON)
    st.markdown(
        "The five strongest feature maps of each stage on this photo, white at their largest values. In the encoder, "
        "edges become textures, then parts, then a few cells that say *object*. In the decoder, the outline returns. "
        "Stages that end in a linear layer also have negative values; there, 0 is grey."
    )
    decoder = {stage.stride: stage for stage in network.decoder}
    for stage in network.encoder:
        left, right = st.columns(2, gap="medium")
        with left:
            show_strip(network, insight, stage)
        if stage.stride in decoder:
            with right:
                show_strip(network, insight, decoder[stage.stride])

    layer_table(network, size, "the app's network")
    st.caption(
        "Shapes are for this photo. The untrained parameters are the means and variances that batch normalization "
        "measures."
    )
