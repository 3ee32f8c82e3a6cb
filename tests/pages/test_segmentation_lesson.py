"""The tab "The lesson": each step, a training, and what transfer learning is worth."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import memory, weights
from core.data import synthetic_shapes
from core.fcn import lesson_network
from ui.common.my_model import Status
from ui.segmentation import lesson_tab, state, training_data

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"
FEW = synthetic_shapes.drawn(6, side=64)
DATA, MODEL, TRAIN, PREDICT = state.LESSON_STEPS


def opened(step=DATA, **parameters):
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.query_params.update({"segmentation_tab": "The lesson", "lesson_step": step} | parameters)
    app.run()
    assert not app.exception
    return app


def pictures(app):
    return [image.captions[0] for image in app.get("image")][1:]  # the first one is the page's


def lines(app, key):
    """The lines of a chart: their values by name."""
    (chart,) = (chart for chart in app.get("plotly_chart") if chart.proto.id.endswith(key))
    return {line["name"]: line["y"] for line in json.loads(chart.proto.spec)["data"]}


def test_the_data_step_shows_a_photo_and_the_two_channels_as_loaded():
    app = opened()
    assert [caption.split(":")[0] for caption in pictures(app)] == ["Photo", "Channel 0", "Channel 1"]
    shares = [int(caption.split()[-2]) for caption in pictures(app)[1:]]
    assert sum(shares) == 100


def test_the_comparison_is_there_at_first_sight_and_where_training_is_off(monkeypatch):
    monkeypatch.setenv("LAB_TRAINING", "off")
    results = lesson_network.comparison()
    for step in (DATA, TRAIN):
        app = opened(step)
        for name in ("test_accuracy", "test_iou"):
            assert lines(app, f"lesson_{name}") == {
                run: [epoch[name] for epoch in values["history"]] for run, values in results["runs"].items()
            }
        assert list(app.dataframe[-1].value["Test IoU"]) == [
            f"{run['history'][-1]['test_iou']:.3f}" for run in results["runs"].values()
        ]


def test_the_shipped_comparison_is_what_the_lesson_claims():
    """Frozen ImageNet features beat random ones, and the repaired network beats the lesson's."""
    runs = lesson_network.comparison()["runs"]
    ends = {name: run["history"][-1] for name, run in runs.items()}
    random, lesson, large, repaired = ends.values()
    assert random["test_iou"] < min(lesson["test_iou"], large["test_iou"]) < repaired["test_iou"]
    first = [run["history"][0]["loss"] for run in runs.values()]
    assert first[1] < 2 < first[2]  # photos in 0..1 and in 0..255


def test_predict_works_before_anyone_trains():
    app = opened(PREDICT)
    ours, apps = pictures(app)
    assert all("0.5" in caption for caption in (ours, apps))
    assert not app.error


def test_weights_that_are_missing_are_one_sentence(monkeypatch):
    lesson_tab._shipped.cache_clear()
    monkeypatch.setattr(weights, "LESSON", "no.npz")
    app = opened(PREDICT)
    assert [error.value.count("no.npz") for error in app.error] == [1]
    monkeypatch.setattr(weights, "LESSON_COMPARISON", "no.json")
    assert len(opened(DATA).error) == 1


def test_a_part_of_the_diagram_is_described():
    app = opened(MODEL, lesson_part="block3")
    assert any("block3_conv1" in text.value for text in app.markdown)
    table = app.dataframe[0].value
    assert table["Parameters"].sum() == 136_514_116
    assert table["Trained"].sum() == 121_799_428


def test_a_part_of_another_diagram_is_not_opened():
    app = opened(MODEL, lesson_part="autoencoder")
    assert len(app.toast) == 1
    assert any("block1_conv1" in text.value for text in app.markdown)


@pytest.mark.slow
def test_a_training_is_drawn_beside_the_published_one_and_predicts(monkeypatch):
    monkeypatch.setattr(training_data, "_shapes", lambda _seed: FEW)
    app = opened(TRAIN, lesson_epochs="2", lesson_version=state.REPAIRED)
    app.button(key="my_lesson_network_start").click().run()
    mine = app.session_state["my_lesson_network"]
    assert mine.status is Status.TRAINING
    assert mine.job.wait(300)
    app.run()
    assert not app.exception
    assert mine.status is Status.TRAINED
    for name, published in lesson_network.PUBLISHED.items():
        ours, theirs = lines(app, f"lesson_{name}").values()
        assert ours == [epoch[name] for epoch in mine.job.progress.history]
        assert (theirs[0], theirs[4]) == published
    app.segmented_control(key="lesson_step").set_value(PREDICT).run()
    assert not app.exception
    assert len(pictures(app)) == 2
    assert np.isfinite(mine.model.probability(FEW[0].photo)).all()


def test_a_head_that_is_too_large_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1e9)
    app = opened(TRAIN, lesson_head="4096")
    app.button(key="my_lesson_network_start").click().run()
    mine = app.session_state["my_lesson_network"]
    assert mine.job.wait(60)
    app.run()
    assert not app.exception
    assert mine.status is Status.FAILED
    assert "GB" in app.warning[0].value
