"""Addresses in which every setting of every page is out of range: a start value and a word, never a traceback."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.hostile.watch import harmless
from ui.common.page_state import escaped
from ui.common.settings import Whole
from ui.convolution import controls, picture_tab, stack_tab
from ui.latent_space import state
from ui.segmentation.state import STATE as SEGMENTATION

PAGES = Path(__file__).parents[2] / "pages"
SETTINGS = controls.SETTINGS | picture_tab.SETTINGS | stack_tab.SETTINGS
BAD = ("", "-1", "3.5", "9" * 5000, "1e999", "nan", "²", "<script>alert(1)</script>", "x" * 4000, "\0")


def page(name, **address):
    app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    app = harmless(app.run)
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize(("number", "bad"), list(enumerate(BAD)), ids=range(len(BAD)))
def test_an_address_of_which_nothing_can_be_is_the_page_as_it_starts(number, bad):
    tab = controls.TABS[number % len(controls.TABS)]
    app = page("convolution", tab=tab, cell=bad, numbers=bad, stack=bad, **dict.fromkeys(SETTINGS, bad))
    for key, setting in SETTINGS.items():
        assert key not in app.session_state or app.session_state[key] == setting.start, key
    words = [toast.value for toast in app.toast]
    assert all(any(word.startswith(f"{key}=") for word in words) for key in (*SETTINGS, "cell"))
    assert max(map(len, words)) < 300


@pytest.mark.parametrize("above", [False, True])
def test_settings_just_out_of_range_are_named_with_their_range(above):
    bad = {
        key: str(setting.high + 1 if above else setting.low - 1) if isinstance(setting, Whole) else f"{setting.start} "
        for key, setting in SETTINGS.items()
    }
    words = [toast.value for toast in page("convolution", **bad).toast]
    assert len(words) == len(bad)
    for (key, text), word in zip(bad.items(), words, strict=True):
        setting = SETTINGS[key]
        assert word == f"{key}={text[:20]} in the address is not {setting}; {setting.start} stands in for it."


STACKS = {
    "Dense,1,1,1,SAME,1,,relu": "Layer 1: layer must be one of",
    ";".join(["Conv2D,4,3,1,SAME,1,,relu"] * 41): "41 layers; 40 are the most",
    ";".join(["Conv2DTranspose,4,65536,65536,VALID,1,,relu"] * 40): "more than",
}


@pytest.mark.parametrize(("stack", "words"), STACKS.items(), ids=range(len(STACKS)))
def test_stacks_that_cannot_be_are_a_sentence(stack, words):
    app = page("convolution", tab="A stack", stack=stack)
    assert words in " ".join(each.value for each in (*app.toast, *app.warning))


@pytest.mark.parametrize("number", ["nan", "1e999", "1e308"])
def test_kernels_that_cannot_be_are_no_traceback(number):
    app = page("convolution", tab="On a picture", source="Digit", numbers="_".join([number] * 9))
    assert bool(app.toast) == (number != "1e308")


@pytest.mark.parametrize("address", [{"z1": "1" * 5000, "z2": "0"}, {"z2": ""}, {"z1": "<b>", "z2": "²"}])
def test_points_that_are_none(address):
    app = page("latent_space", **address)
    assert app.session_state["marked"] == state.LESSON_POINT
    assert "The address asks for a point that is none" in app.warning[0].value


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_impossible_settings_of_the_segmentation_page_are_named_and_the_defaults_used(bad):
    app = page("segmentation", **dict.fromkeys([*SEGMENTATION.settings, "uploads"], bad))
    possible = {"min_region"} if bad == "3.5" else set()
    for key, setting in SEGMENTATION.settings.items():
        assert key in possible or app.session_state[key] == setting.default, key
    notices = [toast.value for toast in app.toast]
    assert [notice.split()[0] for notice in notices] == [escaped(k) for k in SEGMENTATION.settings if k not in possible]
    assert max(map(len, notices)) < 300
    assert len(app.get("image")) == 1


TABS = {
    ("convolution", "tab"): ("A stack", "Why this size"),
    ("latent_space", "latent_tab"): ("Walk", "Kept"),
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


def test_the_settings_of_the_segmentation_page_come_from_the_url():
    url = {"before_after": "true", "outline": "true", "threshold": "0.62", "skips": "16,1"}
    url["segmentation_tab"] = "Levels"
    app = page("segmentation", **url)
    assert [app.session_state[key] for key in url] == [True, True, 0.62, [16, 1], "Levels"]
    assert app.get("image")[0].captions[0].startswith("1/32")  # before and after is a component
    assert not app.toast
    assert {key: app.query_params[key] for key in url} == url


def test_an_expired_upload_gives_one_notice_and_the_sample():
    app = page("segmentation", photo="Photo 2")
    (notice,) = [toast.value for toast in app.toast]
    assert "expired" in notice
    assert "Astronaut" in notice
    assert app.session_state.photo == "Astronaut"
    assert not harmless(app.run).toast
