"""Malformed messages to every component of every page: nothing happens, and nothing of them stays in the session."""

import base64
import copy
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.component_messages import report
from tests.support.hostile.watch import harmless

PAGES = Path(__file__).parents[2] / "pages"
JUNK = (True, 10**400, math.nan, "x" * 1000, [0] * 100_000, {"panel": []})
PNG = "data:image/png;base64,"


def png(width, height):
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width), np.uint8)).save(file, "PNG")
    return PNG + base64.b64encode(file.getvalue()).decode()


# (page, its settings, key of the component, name of its value, malformed ones besides JUNK), or None for no value
COMPONENTS = [
    ("latent_space", {}, "plane_layer", "click", ([1], [1, 2, 3], ["1", "2"], [1e308, 0], [None, 0], [True, 0])),
    (
        "latent_space",
        {"atlas": "true", "density": "true"},
        "plane_layer",
        "view",
        ([0, 1, 0], [0, 1, 0, 1e308], [1, 0, 0, 1], [0, 0, 0, 1], [0, math.nan, 0, 1], ["0", "1", "0", "1"]),
    ),
    ("latent_space", {}, "live", None, None),
    (
        "latent_space",
        {"latent_tab": "Draw"},
        "square",
        "picture",
        (PNG, PNG + "!", PNG + "AAAA", png(3000, 3000), "data:text/html;base64,AAAA", "https://example.com"),
    ),
    (
        "convolution",
        {},
        "grid",
        "pick",
        (
            {"panel": "output"},
            {"panel": "output", "cell": 25},
            {"panel": "output", "cell": -1},
            {"panel": "output", "cell": 1.5},
            {"panel": "output", "cell": "1"},
            {"panel": ["output"], "cell": 1},
            {"panel": "", "cell": 0},
        ),
    ),
    ("convolution", {"tab": "Overlap"}, "overlap", None, None),
    ("segmentation", {}, "path", "part", ("photo2", ["photo"], {"photo": 1})),
    ("segmentation", {"before_after": "true"}, "divider", None, None),
]
VALID = [
    ("latent_space", {}, "plane_layer", "click", [1.5, -2], {"z1": 1.5, "z2": -2.0}),
    ("convolution", {}, "grid", "pick", {"panel": "output", "cell": 24}, {"cell": 25}),
    ("segmentation", {}, "path", "part", "photo", {"part": "photo"}),
]


@pytest.fixture(scope="module")
def opened():
    """`opened(page, settings)` gives the page, which the tests share."""
    pages = {}

    def open_page(name, settings):
        key = name, *settings
        if key not in pages:
            pages[key] = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
            pages[key].query_params.update(settings)
            pages[key].run()
            assert not pages[key].exception
        return pages[key]

    return open_page


def everything(app):
    """What a message could change: the settings that the URL copies, and what else the pages keep."""
    names = [name for name in ("latent_space", "convolution_session") if name in app.session_state]
    return copy.deepcopy((dict(app.query_params), [vars(app.session_state[name]) for name in names]))


@pytest.mark.parametrize(("page", "settings", "key", "name", "values"), COMPONENTS)
def test_a_malformed_message_changes_nothing(opened, page, settings, key, name, values):
    app = opened(page, settings)
    before = everything(app)
    for value in JUNK[-1:] if values is None else (*values, *JUNK):
        state, events = {name or "value": value}, [{"event": name or "value", "value": value}, value]
        harmless(lambda state=state, events=events: report(app, key, state=state, event=events))
        assert not app.exception, (value, app.exception[0].message)
        assert not app.session_state[key], value
        assert everything(app) == before, value


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 100_000, "{", "\0", '{"view": [' + "0," * 500_000 + "0]}"])
def test_a_message_that_is_not_json_is_ignored(opened, text):
    app = report(opened("latent_space", {}), "plane_layer", text=text)
    assert not app.exception
    assert not app.session_state["plane_layer"]


@pytest.mark.parametrize(("page", "settings", "key", "name", "value", "then"), VALID)
def test_a_valid_message_is_taken(opened, page, settings, key, name, value, then):
    app = report(opened(page, settings), key, event=[{"event": name, "value": value}])
    assert not app.exception
    assert {setting: app.session_state[setting] for setting in then} == then


def test_the_visible_part_of_the_plane_stays_in_the_session(opened):
    app = report(
        opened("latent_space", {"atlas": "true", "density": "true"}), "plane_layer", state={"view": [0, 1, 0, 2]}
    )
    assert not app.exception
    assert app.session_state["plane_layer"]["view"] == [0, 1, 0, 2]


def test_a_drawing_stays_in_the_session(opened):
    app = report(opened("latent_space", {"latent_tab": "Draw"}), "square", state={"picture": png(280, 280)})
    assert not app.exception
    assert app.session_state["latent_space"].drawing == png(280, 280)
    assert app.warning  # there is no ink
