"""The path from autoencoder to fully convolutional network as one drawing, every part of which can be opened."""

from pathlib import Path

import streamlit as st

from core.fcn import segmenter
from ui.common import theme

AUTOENCODER = (
    ("28×28×1", 28, "input"),
    ("14×14×32", 14, "input"),
    ("7×7×64", 7, "input"),
    ("1×1×2", 1, "bottom"),
    ("7×7×64", 7, "output"),
    ("14×14×32", 14, "output"),
    ("28×28×1", 28, "output"),
)
"""What the lesson's autoencoder holds from layer to layer: shape, side, role."""

_DRAWING = st.components.v2.component(
    "network_drawing",
    html="<div class='drawing'>\n</div>",
    css=f"""
    .drawing {{ display: flex; justify-content: center; min-height: 532px; }}
    svg {{ font-family: var(--st-font); font-variant-numeric: tabular-nums; overflow: visible; }}
    text {{ fill: var(--st-text-color); text-anchor: middle; pointer-events: none; }}
    .title {{ font-size: 12.5px; font-weight: 600; }}
    .note {{ font-size: 11px; opacity: 0.8; }}
    .tiny {{ font-size: 9px; opacity: 0.8; }}
    .column {{ font-size: 13px; font-weight: 600; }}
    .left {{ text-anchor: start; }}
    .sign {{ font-size: 16px; font-weight: 600; }}
    .part {{ cursor: pointer; outline: none; }}
    .ground, .plus {{ fill: var(--st-background-color); }}
    .box, .sheet, .step {{ stroke-width: 1.5; fill-opacity: 0.16; }}
    .sheet {{ fill-opacity: 0.05; stroke-opacity: 0.4; stroke-width: 1; }}
    .frame {{ fill: transparent; stroke: var(--st-border-color); }}
    .input {{ fill: {theme.INPUT}; stroke: {theme.INPUT}; }}
    .output {{ fill: {theme.OUTPUT}; stroke: {theme.OUTPUT}; }}
    .bottom {{ fill: {theme.PADDING}; stroke: {theme.PADDING}; }}
    .score {{ fill: {theme.OUTPUT}; stroke: {theme.OUTPUT}; stroke-dasharray: 4 2; }}
    .arrow {{ stroke: {theme.PADDING}; stroke-width: 1.5; fill: none; }}
    .tip {{ fill: {theme.PADDING}; }}
    .plus {{ stroke: {theme.PADDING}; stroke-width: 1.5; }}
    .hit {{ stroke: transparent; stroke-width: 26; fill: none; pointer-events: stroke; }}
    .part:hover .box, .part:hover .plus, .part:hover .frame {{ stroke-width: 2.5; }}
    .part[aria-pressed=true] .box, .part[aria-pressed=true] .plus, .part[aria-pressed=true] .frame {{
        stroke: var(--st-text-color); stroke-width: 2.5; stroke-dasharray: none; }}
    .part:focus-visible .box, .part:focus-visible .plus, .part:focus-visible .frame {{
        stroke: var(--st-primary-color); stroke-width: 3; }}
    """,
    js=(Path(__file__).parent / "network_diagram.js").read_text(encoding="utf-8"),
)


def path(padded: tuple[int, int], selected: str) -> dict:
    """The drawing as a plain dictionary, its shapes those of a photo that reaches the network as `padded` (h, w).

    Parts are named as in `core.fcn.segmenter`: stage1 .. stage5, context, merge16 .. merge1, skip16 .. skip1, score32
    .. score1; and autoencoder, photo, mask.
    """

    def part(name, title, channels, column, row, role, stride=1):
        shape = (*(side // stride for side in padded), channels)
        depth = 0 if channels < 8 else min(4, channels.bit_length() - 3)
        return {
            "id": name,
            "title": title,
            "note": "×".join(map(str, shape)),
            "column": column,
            "row": row,
            "role": role,
            "depth": depth,
        }

    strides = segmenter.STRIDES[::-1]  # 1, 2, 4, 8, 16, 32
    parts = [part("photo", "Photo", 3, 0, 0, "input"), part("mask", "Mask", 2, 2, 0, "output")]
    links = [{"from": "photo", "to": "stage1"}]
    for i, (channels, _) in enumerate(segmenter.STAGES, start=1):
        parts.append(part(f"stage{i}", f"Stage {i}", channels, 0, i, "input", strides[i - 1]))
        links.append({"from": f"stage{i}", "to": f"stage{i + 1}" if i < len(segmenter.STAGES) else "context"})
    parts.append(part("context", "Context", segmenter.CONTEXT[0], 0.5, 6, "bottom", strides[-1]))
    below = "context"
    for stride, channels in zip(segmenter.STRIDES[1:], segmenter.DECODER, strict=True):
        row = strides.index(stride) + 1
        parts.append(part(f"merge{stride}", f"Up to 1/{stride}", channels, 1, row, "output", stride))
        skip = {"id": f"skip{stride}", "label": f"Skip connection at stride {stride}"}
        links += [
            {"from": below, "to": f"merge{stride}"},
            {"from": f"stage{row}", "to": f"merge{stride}"} | skip,
            {"from": f"merge{stride}", "to": f"score{stride}"},
        ]
        below = f"merge{stride}"
    links.append({"from": "context", "to": f"score{segmenter.STRIDES[0]}"})
    for stride in segmenter.STRIDES:
        parts.append(part(f"score{stride}", f"Score 1/{stride}", 1, 2, strides.index(stride) + 1, "score", stride))
        links.append({"from": f"score{stride}", "to": f"score{stride // 2}" if stride > 1 else "mask"})
    steps = [{"note": note, "size": size, "role": role} for note, size, role in AUTOENCODER]
    return {
        "parts": parts,
        "links": links,
        "strip": {"id": "autoencoder", "title": "An autoencoder", "steps": steps},
        "columns": [
            ["Encoder: finds what", "Finds what"],
            ["Decoder: restores where", "Restores where"],
            ["Score maps", "Scores"],
        ],
        "selected": selected,
        "alt": "From an autoencoder to a fully convolutional network: down through five stages, up again, skips across",
    }


def show(drawing: dict, key: str, on_open) -> None:
    """Draw a `path` here; `on_open(part)` is called with the name of a part that was clicked, before the rerun."""

    def opened() -> None:
        if part := st.session_state[key].get("part"):
            on_open(str(part))

    _DRAWING(key=key, data=drawing, on_part_change=opened)
