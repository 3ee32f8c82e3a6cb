"""Addresses in which every setting of every page is out of range: a start value and a word, never a traceback."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.hostile.watch import harmless
from ui.common.page_state import IntSetting, escaped
from ui.convolution.state import SETTINGS
from ui.convolution.state import TABS as CONVOLUTION_TABS
from ui.latent_space import state
from ui.segmentation import overlay_settings, photo_input

PAGES = Path(__file__).parents[2] / "pages"
BAD = ("", "-1", "3.5", "9" * 5000, "1e999", "nan", "²", "<script>alert(1)</script>", "x" * 4000, "\0")


def page(name, **address):
    def first_run():
        app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    app = harmless(first_run)
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize(("number", "bad"), list(enumerate(BAD)), ids=range(len(BAD)))
def test_impossible_settings_of_the_convolution_page_are_defaults_with_a_notice_each(number, bad):
    tab = CONVOLUTION_TABS[number % len(CONVOLUTION_TABS)]
    app = page("convolution", **dict.fromkeys(SETTINGS, bad) | {"tab": tab})
    for key, setting in SETTINGS.items():
        assert app.session_state[key] == (tab if key == "tab" else setting.default), key
    notices = [toast.value for toast in app.toast]
    # An empty text is a valid stack without layers, and the default.
    expected = [key for key in SETTINGS if key != "tab" and (key, bad) != ("stack", "")]
    assert sorted(notice.split(" in ")[0] for notice in notices) == sorted(escaped(key) for key in expected)
    assert max(map(len, notices)) < 400


@pytest.mark.parametrize("above", [False, True])
def test_settings_just_out_of_range_are_named_with_their_range(above):
    bad = {
        key: str(setting.high + 1 if above else setting.low - 1)
        if isinstance(setting, IntSetting)
        else f"{setting.format(setting.default)} "
        for key, setting in SETTINGS.items()
    }
    notices = [toast.value for toast in page("convolution", **bad).toast]
    assert len(notices) == len(bad)
    for key, notice in zip(bad, notices, strict=True):
        assert notice.startswith(escaped(f"{key} in the URL must be {SETTINGS[key]}; using "))


STACKS = {
    "Dense,1,1,1,SAME,1,,relu": "Layer 1: layer must be",
    ";".join(["Conv2D,4,3,1,SAME,1,,relu"] * 41): "40 layers, not 41",
    ";".join(["Conv2DTranspose,4,65536,65536,VALID,1,,relu"] * 40): "more than",
}


@pytest.mark.parametrize(("stack", "words"), STACKS.items(), ids=range(len(STACKS)))
def test_impossible_stacks_give_one_sentence(stack, words):
    app = page("convolution", tab="A stack", stack=stack)
    assert words in " ".join(each.value.replace("\\", "") for each in (*app.toast, *app.warning))


@pytest.mark.parametrize("number", ["nan", "1e999", "1e308"])
def test_infinite_kernel_values_raise_nothing(number):
    app = page("convolution", tab="On a picture", source="Digit", numbers="_".join([number] * 9))
    assert bool(app.toast) == (number != "1e308")


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_impossible_settings_of_the_latent_space_are_named_and_the_defaults_used(bad):
    app = page("latent_space", **dict.fromkeys(state.STATE.settings, bad))
    possible = {"z1", "z2"} if bad in ("-1", "3.5") else set()
    for key, setting in state.STATE.settings.items():
        assert key in possible or app.session_state[key] == setting.default, key
    notices = [toast.value for toast in app.toast]
    named = [escaped(key) for key in state.STATE.settings if key not in possible]
    assert [notice.split()[0] for notice in notices] == named
    assert max(map(len, notices)) < 300


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_segmentation_that_cannot_be_is_a_picture_and_a_word(bad):
    choices = photo_input.SETTINGS | overlay_settings.SETTINGS | {"topic": None}
    others = ("threshold", "smallest", "opacity", "uploads")
    app = page("segmentation", **dict.fromkeys([*choices, *others], bad))
    start = page("segmentation").session_state
    assert {key: app.session_state[key] for key in choices} == {key: start[key] for key in choices}
    words = [toast.value for toast in app.toast]
    assert [word.split("=")[0] for word in words] == list(choices)
    assert len(app.get("image")) == 1


TABS = {
    ("segmentation", "topic"): ("How sure it is", "The idea"),
}


@pytest.mark.parametrize(("name", "key"), TABS)
def test_the_tab_of_an_address_is_open_and_one_that_is_none_is_named(name, key):
    tab, first = TABS[name, key]
    app = page(name, **{key: tab})
    assert app.session_state[key] == tab
    assert not app.toast
    app = page(name, **{key: "Nonsense"})
    assert app.session_state[key] == first
    (toast,) = app.toast
    assert re.match(rf"{key}=Nonsense in the address is not one of .*{tab}.*; {first} stands in for it", toast.value)


def test_the_tab_of_the_latent_space_in_the_url_is_open_and_an_unknown_one_is_named():
    app = page("latent_space", latent_tab="Walk")
    assert app.slider(key="walk_steps")
    assert not app.toast
    app = page("latent_space", latent_tab="Nonsense")
    assert app.session_state["latent_tab"] == state.TABS[0]
    (toast,) = app.toast
    assert toast.value.startswith(escaped("latent_tab"))


def test_before_and_after_may_stand_in_the_address():
    app = page("segmentation", divided="true", outline="true")
    assert app.session_state.divided
    assert app.session_state.outline
    assert not app.get("image")
    assert not app.toast


def test_an_upload_that_is_gone_is_asked_for_again():
    app = page("segmentation", picked="Photo 2")
    (word,) = [toast.value for toast in app.toast]
    assert word == "Photo 2 was an upload and is not kept: choose its file again. Astronaut stands in for it."
    assert app.session_state.picked == "Astronaut"
    assert not harmless(app.run).toast


def test_the_tab_of_the_convolution_page_comes_from_the_url():
    app = page("convolution", tab="A stack")
    assert app.session_state["tab"] == "A stack"
    assert not app.toast
    app = page("convolution", tab="Nonsense")
    assert app.session_state["tab"] == CONVOLUTION_TABS[0]
    (notice,) = app.toast
    assert escaped("A stack") in notice.value
