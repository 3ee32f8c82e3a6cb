"""The tab "What and where": classes, heat maps, and the equality that it shows."""

import json
import re
import types
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data import sample_photos
from core.fcn import classifier
from ui.segmentation import classifier_tab, state

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"


def opened(**parameters):
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.query_params.update({"segmentation_tab": "What and where"} | parameters)
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_the_five_most_probable_classes_are_the_classifiers(name):
    app = opened(photo=name)
    photo = next(pair.photo for pair in sample_photos.pairs() if pair.name == name)
    result = classifier.load().classify(photo)
    (chart,) = (json.loads(chart.proto.spec)["data"][0] for chart in app.get("plotly_chart"))
    assert chart["y"] == [classifier.names()[each] for each in result.best()]
    probabilities = [float(share.removesuffix(" %")) / 100 for share in chart["text"]]
    np.testing.assert_allclose(probabilities, result.probabilities[result.best()], atol=0.011)


def test_another_class_has_another_map_with_the_mean_of_its_own_score():
    scores = set()
    for rank in state.CLASS_RANKS[:2]:
        app = opened(photo="Cat", class_rank=rank)
        text = next(each.value for each in app.markdown if "1×1" in each.value)
        mean, own = re.findall(r"\*\*([\d.]+)\*\*", text)
        assert float(mean) == pytest.approx(float(own), abs=1e-4)
        scores.add(mean)
    assert len(scores) == 2


def test_the_classifier_is_loaded_when_its_tab_opens_and_classifies_a_photo_once(monkeypatch):
    events = []

    def load():
        events.append("load")
        return types.SimpleNamespace(classify=lambda photo: events.append("classify") or shipped.classify(photo))

    shipped = classifier.load()
    monkeypatch.setattr(classifier, "load", load)
    classifier_tab.network.cache_clear()
    classifier_tab.classification.clear()
    app = opened(segmentation_tab="The idea")
    assert events == []
    app.session_state["segmentation_tab"] = "What and where"
    app.run()
    assert events == ["load", "classify"]
    app.segmented_control(key="class_rank").set_value("3").run()
    assert app.query_params["class_rank"] == "3"
    app.session_state["photo"] = "Coffee"
    app.run()
    assert not app.exception
    assert events == ["load", "classify", "classify"]
    classifier_tab.network.cache_clear()


def test_a_map_without_differences_is_a_picture():
    pixels = np.full((40, 60, 3), 200, np.uint8)
    picture = classifier_tab.heat_map(pixels, np.zeros((2, 3), np.float32))
    assert (picture.shape, picture.dtype) == (pixels.shape, np.uint8)
    assert (picture == picture[0, 0]).all()
