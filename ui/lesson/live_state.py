"""The settings of a live page that belong to a question."""

from typing import Any

from core.convolution.layer import Layer
from core.convolution.stack import PRESETS
from core.exercises.question import Question, State
from ui.common.page_state import PageState
from ui.convolution import state as convolution
from ui.latent_space import state as latent_space
from ui.latent_space import stills
from ui.segmentation import state as segmentation

PAGES: dict[str, PageState] = {each.STATE.page: each.STATE for each in (convolution, latent_space, segmentation)}
TABS = {  # where a page shows what the question is about; without one, where its state belongs
    "round-trip": {"layer": convolution.BOTH},
    "inserted-zeros": {"view": convolution.ZEROS},
    "overlap": {"tab": convolution.OVERLAP},
    "task": {"segmentation_tab": "What and where"},
    "iou": {"segmentation_tab": "Measure"},
    "pixel-accuracy": {"segmentation_tab": "Measure"},
    "skip-connection": {"segmentation_tab": "Levels"},
    "score-map": {"segmentation_tab": "Levels"},
    "frozen-parameters": {"segmentation_tab": "The lesson", "lesson_step": segmentation.LESSON_STEPS[1]},
}


def settings(name: str, question: Question, *, solved: bool) -> tuple[str, dict[str, Any]]:
    """The live page of an exercise's question, and its settings that differ from the defaults.

    With `solved`, they include the result.
    """
    state = question.state | question.result
    if "layer" in state or "layers" in state:
        page, convert = "convolution", _convolution
    elif "point" in state or "points" in state:
        page, convert = "latent_space", _latent_space
    else:
        page, convert = "segmentation", _segmentation
    return page, convert(state if solved else question.state) | TABS.get(name, {})


def query(page: str, values: dict[str, Any]) -> dict[str, str]:
    """Settings of a page as the parameters of a URL."""
    return {key: PAGES[page].settings[key].format(value) for key, value in values.items()}


def save_ends(question: Question) -> None:
    """Save the ends of a walk, so that the tab Walk can name them."""
    saved = latent_space.session().saved
    saved += [point for point in question.state.get("points", ()) if point not in saved]


def _convolution(state: State) -> dict[str, Any]:
    height, width, channels = state["shape"]
    if "layers" in state or ("layer" in state and not _drawable(state["layer"], channels)):
        layers = tuple(state.get("layers") or (state["layer"],))
        preset = tuple(PRESETS[convolution.SETTINGS["stack_preset"].default][0])
        sizes = {"stack_h": height, "stack_w": width, "stack_c": channels}
        return {"tab": convolution.STACK, "stack": None if layers == preset else layers} | sizes
    values = {"height": height, "width": width, "channels": channels, "seed": state.get("seed", 1)}
    if "layer" in state:
        layer = state["layer"]
        values |= {"layer": layer.kind, "filters": layer.filters, "padding": layer.padding}
        values |= dict(zip(("kernel_h", "kernel_w", "stride_h", "stride_w"), layer.kernel + layer.strides, strict=True))
        if "cell" in state:
            row, column = state["cell"]
            values["cell"] = row * layer.output_shape(state["shape"])[1] + column + 1
    return values


def _drawable(layer: Layer, channels: int) -> bool:
    """Whether the board takes so many filters and channels; a stack takes any number."""
    limits = convolution.LAYER_SETTINGS
    return layer.filters <= limits["filters"].high and channels <= limits["channels"].high


def _latent_space(state: State) -> dict[str, Any]:
    values: dict[str, Any] = {"latent_tab": "Neighbours"}
    if "points" in state:
        ends = (f"{latent_space.SAVED}{stills.coordinates(point)}" for point in state["points"])
        values |= {"latent_tab": "Walk", "walk_step": 8} | dict(zip(("walk_from", "walk_to"), ends, strict=True))
    if "point" in state:
        values |= {axis: round(float(z), 4) for axis, z in zip(("z1", "z2"), state["point"], strict=True)}
    return values


def _segmentation(state: State) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "photo" in state:
        values["photo"] = state["photo"]
    if "stride" in state:
        values["level"] = str(state["stride"])
    if "skips" in state:
        values["skips"] = [stride for stride, on in zip(segmentation.SKIPS, state["skips"], strict=True) if on]
    if str(state.get("hidden")) in segmentation.LESSON_HEADS:
        values["lesson_head"] = str(state["hidden"])
    return values
