"""The tab "The lesson": the tutorial's section on transfer learning, from the data to the prediction."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import ClassVar

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core import masks, photos, weights
from core.data import datasets
from core.fcn import architecture, lesson_network
from core.fcn.graph import Architecture
from core.fcn.lesson_job import LessonJob, Settings
from ui.common import theme, train_tab
from ui.common.my_model import MyModel
from ui.common.page import weights_error_shown
from ui.common.page_state import PageState
from ui.common.training_curves import curves
from ui.segmentation import network_diagram, predictions
from ui.segmentation.inside_tab import layer_table
from ui.segmentation.state import LESSON_PARTS, LESSON_STEPS, REPAIRED, STATE
from ui.segmentation.training_data import choose_photo, show_pair, training_data

DATA, MODEL, TRAIN, PREDICT = LESSON_STEPS
BLUE = theme.rgb(theme.OKABE_ITO["blue"])
"""The colour of the lesson's masks, over the photo at ALPHA."""
ALPHA = 0.5
SIZE = lesson_network.SIDE, lesson_network.SIDE
RUN_COLOURS = (theme.PADDING, theme.KERNEL, theme.OKABE_ITO["purple"], theme.OUTPUT)


@dataclass
class MyLessonNetwork(MyModel):
    """Your own training of the lesson's FCN."""

    NAME: ClassVar[str] = "my_lesson_network"
    STATE: ClassVar[PageState] = STATE
    JOB: ClassVar[str] = "lesson_job"


@st.fragment
def lesson_tab(photo: predictions.OnScreen, coarse: np.ndarray) -> None:
    """The tab; `coarse` is the map (h, w) of the app's network for the photo."""
    my = MyLessonNetwork.of_session()
    my.collect()
    st.markdown(
        "**Transfer learning.** VGG16 learned to classify the photos of ImageNet, 1.3 million of them. Its "
        "convolutions stay frozen. Only a head of transposed convolutions with skip connections is trained, and 180 "
        "photos are enough."
    )
    step = STATE.choice("lesson_step", label_visibility="collapsed")
    if step == DATA:
        _data(my)
    elif step == MODEL:
        _model()
    elif step == TRAIN:
        _train(my)
    else:
        _predict(my, photo, coarse)
    st.divider()
    _comparison()
    STATE.write_url()


def _data(my: MyLessonNetwork) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        data = training_data(busy=my.training)
        count = len(data.pairs) if data else 180
        st.markdown(
            "Photos and masks become two arrays. The numbers of a photo are divided by 255. A mask has one channel per "
            "class: in each pixel, one of them is 1 and the other 0 (one-hot).\n\n"
            f"- `images_training`: {count} × {SIZE[0]} × {SIZE[1]} × 3, from 0 to 1\n"
            f"- `seg_training`: {count} × {SIZE[0]} × {SIZE[1]} × 2, 0 or 1"
        )
    with right:
        if data:
            number = choose_photo(len(data.pairs))
            _loaded(data.pairs[number], number + 1)
        else:
            st.info("Upload photos with masks to see them as the network gets them.", icon=":material/upload_file:")


def _loaded(pair: datasets.Pair, number: int) -> None:
    """A photo and the two channels of its mask, as the lesson loads them."""
    (image,), (mask,) = lesson_network.arrays([pair])
    pictures = {
        f"Photo: {image.min():.2f} to {image.max():.2f}": photos.to_uint8(image),
        f"Channel 0: background, {100 * mask[..., 0].mean():.0f} %": 255 * mask[..., 0],
        f"Channel 1: object, {100 * mask[..., 1].mean():.0f} %": 255 * mask[..., 1],
    }
    show_pair(pictures, number)


def _model() -> None:
    network = architecture.lesson_fcn()
    left, right = st.columns([5, 4], gap="large")
    opened = STATE["lesson_part"]
    with left:
        drawing = network_diagram.diagram(network, SIZE)
        network_diagram.network_diagram(drawing, opened, "lesson_path", lambda part: STATE.update(lesson_part=part))
    with right:
        _part(network, LESSON_PARTS[opened])
        st.markdown(
            "###### What the repaired network changes\n"
            "- **Preprocessing.** VGG16 was trained on photos with the channels blue, green, red from 0 to 255, minus "
            "a mean colour. The lesson gives it red, green, blue from 0 to 1, so its features fit less well. The "
            "repaired network preprocesses its input.\n"
            "- **Linear scores.** In the lesson, a ReLU follows the scores at stride 32. Where both scores are zero, "
            "no gradient passes, and the deepest layers may stop learning. The repaired network has no ReLU there."
        )
    layer_table(network, SIZE, "the lesson's FCN")


def _part(network: Architecture, part: dict) -> None:
    """What the opened part of the diagram is."""
    stages = {stage.name: stage for stage in network.stages}
    stage = stages.get(part["id"])
    if stage is None:
        text = {
            "photo": f"**Photo.** Every photo is squashed to {SIZE[1]} × {SIZE[0]} pixels.",
            "mask": "**Mask.** A pixel belongs to the object where class 1 has a probability above 0.5.",
            "skip": f"**{part.get('label')}.** VGG16's features of this size are added, unchanged.",
        }[part["kind"]]
    else:
        nodes, _ = network_diagram.upstream(network, stage.node, {each.node for each in network.stages})
        names = ", ".join(f"`{node.name}`" for node in reversed(nodes) if node.kind != "InputLayer")
        text = f"**{network_diagram.title(network, stage)}.** Layers: {names}. A cell sees "
        text += f"{network.receptive_field(stage.node)} × {network.receptive_field(stage.node)} pixels."
    st.markdown(f"{text}\n\nClick a part of the diagram to see its layers.")


def _train(my: MyLessonNetwork) -> None:
    train_tab.train_tab(
        my,
        _settings,
        _draw,
        preview=lambda: None if my.job else _curves((), 5),
        hint="VGG16 computes the features of all photos once. Then 5 epochs train the head. Press Train to start.",
        trial=lambda: st.caption(f"Your network is ready. Try it in the step {PREDICT}."),
    )


def _settings(busy: bool) -> Callable | None:
    data = training_data(busy=busy)
    version = STATE.choice("lesson_version", disabled=busy)
    hidden = STATE.choice("lesson_head", disabled=busy)
    with st.grid(2):
        epochs = STATE.number("lesson_epochs", disabled=busy)
        seed = STATE.number("lesson_seed", disabled=busy)
    settings = Settings(int(hidden), version == REPAIRED, epochs, seed)
    return partial(LessonJob, data.pairs, settings) if data else None


def _draw(job: LessonJob) -> None:
    _curves(job.progress.history if job.progress else (), job.settings.epochs)


def _curves(history: tuple[dict[str, float], ...], epochs: int) -> None:
    """Loss and accuracy of your training so far, and the tutorial's."""
    for column, (name, (first, last)) in zip(st.columns(2, gap="small"), lesson_network.PUBLISHED.items(), strict=True):
        lines = {
            "Your training": [epoch[name] for epoch in history],
            "Tutorial, its own photos": [first, None, None, None, last],
        }
        figure = curves(lines, max(5, epochs), shares=name == "accuracy")
        figure.update_traces(connectgaps=True).update_layout(yaxis_title=name.capitalize())
        alt = f"{name.capitalize()} by epoch: your training, and the tutorial's on its own photos, {first} to {last}"
        column.plotly_chart(figure, key=f"lesson_{name}", config={"displayModeBar": False}, alt=alt)


@cache
def _shipped() -> lesson_network.LessonNetwork:
    return lesson_network.load()


@weights_error_shown()
def _predict(my: MyLessonNetwork, photo: predictions.OnScreen, coarse: np.ndarray) -> None:
    network, key = (my.model, my.key) if my.model else (_shipped(), "shipped")
    size = photo.pixels.shape[:2]
    whose = "Your FCN of the lesson" if my.model else "The lesson's FCN"
    maps = {whose: _map(key, photo, network), "The app's network": coarse}
    for column, (name, probability) in zip(st.columns(2, gap="medium"), maps.items(), strict=True):
        mask = masks.enlarged(probability, size) > 0.5
        caption = f"{name}: class 1 has a probability above 0.5 in {100 * masks.share(mask):.1f} % of the photo"
        picture = masks.overlay(photo.pixels, mask, BLUE, ALPHA)
        column.image(picture, caption, "stretch", alt=caption)
    if not my.model:
        st.caption(_about_shipped())


def _about_shipped() -> str:
    kinds = {"photos": {"training": float, "held_out": float}, "held_out": {"accuracy": float, "iou": float}}
    facts = weights.facts(weights.LESSON, kinds)
    return (
        f"The lesson's network here is the repaired one with {lesson_network.SHIPPED_HIDDEN} instead of 4096 channels "
        f"in fc6 and fc7, trained on {theme.number(facts['photos']['training'])} photos. On "
        f"{facts['photos']['held_out']} held-out photos: accuracy {facts['held_out']['accuracy']:.3f}, IoU "
        f"{facts['held_out']['iou']:.3f}."
    )


@st.cache_data(max_entries=50, show_spinner=False, hash_funcs=predictions.BY_KEY)
def _map(key: str, photo: predictions.OnScreen, _network: lesson_network.LessonNetwork) -> np.ndarray:  # noqa: ARG001 - `key` is for the cache
    return _network.probability(photo.pixels)


@weights_error_shown()
def _comparison() -> None:
    """What transfer learning is worth: the shipped runs, epoch by epoch."""
    results = lesson_network.comparison()
    training, test = results["photos"]["training"], results["photos"]["test"]
    st.markdown(
        f"## What transfer learning is worth\nThe same head, trained for five epochs on {training} photos and "
        f"measured on {test} others after each. Only the encoder and its input differ. A mask without object has an "
        f"accuracy of {results['background']:.2f} and an IoU of 0."
    )
    charts = {"test_accuracy": "Accuracy", "test_iou": "IoU"}
    for column, (name, title) in zip(st.columns(2, gap="medium"), charts.items(), strict=True):
        alt = f"{title} on {test} test photos by epoch: " + ", ".join(
            f"{run} {results['runs'][run]['history'][-1][name]:.2f} at the end" for run in results["runs"]
        )
        figure = comparison_figure(results, name, title)
        column.plotly_chart(figure, key=f"lesson_{name}", config={"displayModeBar": False}, alt=alt)
    st.dataframe(_table(results), hide_index=True, alt="Loss, accuracy and IoU of each run")


def comparison_figure(results: dict, name: str, title: str) -> go.Figure:
    """One figure of all runs by epoch, on the range that they use; for the accuracy also that of an empty mask."""
    figure = go.Figure()
    for (run, values), colour in zip(results["runs"].items(), RUN_COLOURS, strict=True):
        figures = [epoch[name] for epoch in values["history"]]
        figure.add_scatter(
            x=list(range(1, len(figures) + 1)), y=figures, name=run, mode="lines+markers", line={"color": colour}
        )
    if name == "test_accuracy":
        figure.add_hline(
            results["background"],
            line={"dash": "dot", "color": theme.PADDING},
            annotation_text="Always background",
            annotation_position="bottom right",
        )
    figure.update_traces(hovertemplate="%{y:.3f}")
    return figure.update_layout(
        theme.layout(
            height=340,
            hovermode="x unified",
            showlegend=True,
            legend={"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0},
            xaxis={"title": "Epoch", "dtick": 1, "fixedrange": True},
            yaxis={"title": title, "tickformat": ".2f", "fixedrange": True, "automargin": True},
        )
    )


def _table(results: dict) -> list[dict]:
    ends = {name: (run["history"][0], run["history"][-1]) for name, run in results["runs"].items()}
    return [
        {
            "Encoder": name,
            "Loss, epoch 1": f"{first['loss']:.3f}",
            "Loss, at the end": f"{last['loss']:.3f}",
            "Training accuracy": f"{last['accuracy']:.3f}",
            "Test accuracy": f"{last['test_accuracy']:.3f}",
            "Test IoU": f"{last['test_iou']:.3f}",
        }
        for name, (first, last) in ends.items()
    ]
