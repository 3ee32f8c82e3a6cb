"""A diagram of a segmentation network, below one of the autoencoder; every part of it can be opened."""

from collections.abc import Callable, Container
from itertools import pairwise
from pathlib import Path

from core.convolution.stack import PRESETS
from core.fcn.graph import Architecture, Node, Stage
from ui.common import theme
from ui.common.components import component

_diagram = component(
    "network_diagram",
    html="<div class='diagram'>\n</div>",
    css=f"""
    .diagram {{ display: flex; justify-content: center; min-height: 440px; }}
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


def title(network: Architecture, stage: Stage) -> str:
    """The title of a stage: "Stage 3", "Up to 1/8"."""
    if stage in network.decoder:
        return f"Up to 1/{stage.stride}"
    name = stage.name.rstrip("0123456789")
    return f"{name.capitalize()} {stage.name[len(name) :]}".strip()


def upstream(network: Architecture, node: str, ends: Container[str]) -> tuple[list[Node], list[str]]:
    """The nodes that a node is computed from, itself included, back to nodes in `ends`; and the `ends` reached."""
    nodes, reached, waiting = {}, {}, [node]
    while waiting:
        current = network.by_name[waiting.pop()]
        nodes[current.name] = current
        for name in current.inputs:
            if name in ends:
                reached[name] = True
            elif name not in nodes:
                waiting.append(name)
    return list(nodes.values()), list(reached)


def diagram(network: Architecture, size: tuple[int, int]) -> dict:
    """What the diagram shows, as a plain dictionary; shapes are those of a photo of `size` (h, w) inside the network.

    Each of its parts and of its links with an "id" can be opened: the photo, the stages, by their names, the score
    maps, by their nodes, the mask, and the skip connections, as "stage5-merge16". All have a "kind" and a "stride".
    """
    shapes = network.shapes(size)
    photo, last = network.nodes[0].name, network.outputs[-1]
    ids = {photo: "photo"} | {stage.node: stage.name for stage in network.stages}
    scores = [node for node in network.outputs if node not in ids]
    ids |= {node: node for node in scores}
    parts = {}

    def add(name: str, kind: str, title: str, shape: tuple[int, ...], column: int, role: str) -> None:
        stride = size[0] // shape[0]
        parts[name] = {
            "id": name,
            "kind": kind,
            "title": title,
            "note": "×".join(map(str, shape)),
            "stride": stride,
            "column": column,
            "row": 0 if kind in ("photo", "mask") else stride.bit_length(),
            "role": role,
            "depth": 0 if shape[2] < 8 else min(4, shape[2].bit_length() - 3),
        }

    add("photo", "photo", "Photo", shapes[photo], 0, "input")
    add("mask", "mask", "Mask", (*size, 2), 2, "output")
    for before, stage in pairwise((None, *network.encoder)):
        at_the_bottom = before is not None and before.stride == stage.stride
        place = ("context", 1, "bottom") if at_the_bottom else ("stage", 0, "input")
        add(stage.name, place[0], title(network, stage), shapes[stage.node], *place[1:])
    for stage in network.decoder:
        add(stage.name, "merge", title(network, stage), shapes[stage.node], 1, "output")
    for node in scores:
        add(node, "score", f"Score 1/{size[0] // shapes[node][0]}", shapes[node], 2, "score")

    links = [{"from": ids[last], "to": "mask"}]
    for node, name in ids.items():
        for source in (ids[reached] for reached in upstream(network, node, ids)[1]):
            links.append({"from": source, "to": name})
            start, end = parts[source], parts[name]
            if (start["kind"], end["kind"], start["stride"]) == ("stage", "merge", end["stride"]):
                label = f"Skip connection at stride {end['stride']}"
                links[-1] |= {"id": f"{source}-{name}", "kind": "skip", "stride": end["stride"], "label": label}
            between = range(min(start["row"], end["row"]) + 1, max(start["row"], end["row"]))
            if start["column"] == end["column"] and any(
                part["column"] == end["column"] and part["row"] in between for part in parts.values()
            ):
                links[-1]["around"] = True
    return {
        "parts": list(parts.values()),
        "links": links,
        "columns": [
            ["Encoder: finds what", "Finds what"],
            ["Decoder: restores where", "Restores where"],
            ["Score maps", "Scores"] if scores else ["", ""],
        ],
        "alt": f"A fully convolutional network: {len(network.encoder)} stages of the encoder, "
        f"{len(network.decoder)} of the decoder, skip connections between them",
    }


def below_an_autoencoder(drawing: dict) -> dict:
    """The diagram with the lesson's autoencoder, which can be opened as well, in a row above it.

    A step is the input or the output of a layer: its shape, its side in pixels, its role.
    """
    layers, shape = PRESETS["Autoencoder: encoder"]
    steps = [(shape, "input")]
    for role, half in (("input", layers), ("output", PRESETS["Autoencoder: decoder"][0])):
        for layer in half:
            shape = layer.output_shape(shape)
            steps.append((shape, "bottom" if shape[0] == 1 else role))
    drawn = [{"note": "×".join(map(str, shape)), "size": shape[0], "role": role} for shape, role in steps]
    return drawing | {"strip": {"id": "autoencoder", "kind": "autoencoder", "title": "An autoencoder", "steps": drawn}}


def opens(drawing: dict) -> dict[str, dict]:
    """What can be opened in a diagram, by its id: parts, links and the autoencoder if there is one."""
    each_of = (drawing.get("strip", {}), *drawing["parts"], *drawing["links"])
    return {each["id"]: each for each in each_of if "id" in each}


def network_diagram(drawing: dict, selected: str, key: str, on_open: Callable[[str], None]) -> None:
    """Draw a `diagram`; `on_open(id)` is called when a part is clicked, before the rerun."""

    def part(report) -> str:
        if not isinstance(report, str) or report not in opens(drawing):
            raise ValueError("The diagram has no such part.")
        return report

    _diagram(key, drawing | {"selected": selected}, part=(part, on_open))
