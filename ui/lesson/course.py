"""The course: questions on the live pages in the order of the tutorial, with the lesson's own numbers."""

from dataclasses import dataclass

import streamlit as st

from ui.common.page_state import notify
from ui.common.settings import IntSetting, Setting

_REPORTED = "reported_lesson_url"  # session key: the (parameter, text) that the latest notice was about
SEED = 0  # of the lesson's own numbers, see core.exercises.question.Exercise


@dataclass(frozen=True)
class Step:
    """A question of the course: the page that it is asked on, the exercise's name, a sentence that leads to it."""

    page: str  # a file in pages/, without .py
    exercise: str  # key of core.exercises.EXERCISES
    introduction: str


STEPS = (
    Step(
        "convolution",
        "output-size",
        "A convolution slides a small kernel over its input and writes one number at each place.",
    ),
    Step("convolution", "padding", "Zeros around the input let the kernel be placed at the edge, too."),
    Step("convolution", "output-cell", "Each output cell is computed from one window of the input."),
    Step(
        "convolution",
        "cell-value",
        "The value of an output cell is the sum of its window's values, each multiplied by a kernel value.",
    ),
    Step("convolution", "parameters", "Kernel values and biases are what training changes: the layer's parameters."),
    Step(
        "convolution", "round-trip", "A transposed convolution goes in the opposite direction and enlarges its input."
    ),
    Step(
        "convolution",
        "inserted-zeros",
        "A transposed convolution can also be computed as a convolution, after zeros are inserted in its input.",
    ),
    Step(
        "convolution",
        "bottleneck",
        "The encoder of an autoencoder is a stack of convolutions that makes a digit smaller, layer by layer.",
    ),
    Step(
        "latent_space", "digit-at-point", "Two numbers are a point in a plane, and the decoder draws a digit from it."
    ),
    Step("latent_space", "landing-point", "The encoder goes in the opposite direction: from a digit to a point."),
    Step("latent_space", "half-way", "Between the codes of two digits are codes of digits that nobody has written."),
    Step(
        "latent_space",
        "training-data",
        "The decoder draws something at every point, but it has learned from examples at some points only.",
    ),
    Step(
        "segmentation",
        "task",
        "Photos replace digits now, and the question changes from what a picture shows to where it is.",
    ),
    Step(
        "segmentation",
        "frozen-parameters",
        "A fully convolutional network (FCN) can start from an encoder that is already trained.",
    ),
    Step("segmentation", "skip-connection", "Skip connections carry details past the small maps of the encoder."),
    Step(
        "segmentation", "pixel-accuracy", "A predicted mask is compared with the true one, and two measures disagree."
    ),
)


def url_value(name: str, setting: Setting, default=None):
    """The value of a URL parameter that is no setting of a page; `default` if it is absent or, with a notice, wrong."""
    text = st.query_params.get(name)
    if text is None:
        return default
    try:
        return setting.parse(text)
    except (ValueError, KeyError, OverflowError):
        if st.session_state.get(_REPORTED) != (name, text):  # once, not in every run with this URL
            st.session_state[_REPORTED] = name, text
            notify(f"{name} in the URL must be {setting}; it is ignored.")
        return default


def requested() -> int | None:
    """The number of the step that the URL asks for, from 1; None without one."""
    return url_value("lesson", IntSetting("Step of the lesson", 1, len(STEPS), 1))


def open_requested(page: str) -> int | None:
    """`requested`; if that step belongs to another page than this one, go there instead."""
    number = requested()
    if number is not None and STEPS[number - 1].page != page:
        st.switch_page(f"pages/{STEPS[number - 1].page}.py", query_params={"lesson": str(number)})
    return number
