"""URLs in which every setting of every page is out of range: the default and a notice, never a traceback."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.hostile.watch import harmless
from ui.common.page_state import escaped
from ui.common.settings import IntSetting
from ui.convolution.state import SETTINGS
from ui.convolution.state import TABS as CONVOLUTION_TABS
from ui.latent_space import state
from ui.segmentation.state import STATE as SEGMENTATION

PAGES = Path(__file__).parents[2] / "pages"
BAD = ("", "-1", "3.5", "9" * 5000, "1e999", "nan", "²", "<script>alert(1)</script>", "x" * 4000, "\0")


def page(name, **query):
    def first_run():
        app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
        for key, value in query.items():
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
def test_impossible_settings_of_the_segmentation_page_are_named_and_the_defaults_used(bad):
    app = page("segmentation", **dict.fromkeys([*SEGMENTATION.settings, "uploads"], bad))
    possible = {"min_region"} if bad == "3.5" else set()
    for key, setting in SEGMENTATION.settings.items():
        assert key in possible or app.session_state[key] == setting.default, key
    notices = [toast.value for toast in app.toast]
    assert [notice.split()[0] for notice in notices] == [escaped(k) for k in SEGMENTATION.settings if k not in possible]
    assert max(map(len, notices)) < 300
    assert len(app.get("image")) == 1


def test_the_tab_of_the_latent_space_in_the_url_is_open_and_an_unknown_one_is_named():
    app = page("latent_space", latent_tab="Walk")
    assert app.slider(key="walk_steps")
    assert not app.toast
    app = page("latent_space", latent_tab="Nonsense")
    assert app.session_state["latent_tab"] == state.TABS[0]
    (toast,) = app.toast
    assert toast.value.startswith(escaped("latent_tab"))


def test_the_settings_of_the_segmentation_page_come_from_the_url():
    url = {"before_after": "true", "outline": "true", "threshold": "0.62", "skips": "16,1"}
    url["segmentation_tab"] = "Levels"
    app = page("segmentation", **url)
    assert [app.session_state[key] for key in url] == [True, True, 0.62, [16, 1], "Levels"]
    assert app.get("image")[0].captions[0].startswith("1/32")  # before and after is a component
    assert not app.toast
    assert {key: app.query_params[key] for key in url} == url


def test_an_expired_upload_gives_a_message_and_the_sample():
    app = page("segmentation", photo="Photo 2")
    (message,) = [warning.value for warning in app.warning]
    assert "expired" in message
    assert "Astronaut" in message
    assert app.session_state.photo == "Astronaut"
    assert harmless(app.run).warning  # until another photo is selected
    app.segmented_control(key="photo").set_value("Cat")
    assert not harmless(app.run).warning


def test_the_tab_of_the_convolution_page_comes_from_the_url():
    app = page("convolution", tab="A stack")
    assert app.session_state["tab"] == "A stack"
    assert not app.toast
    app = page("convolution", tab="Nonsense")
    assert app.session_state["tab"] == CONVOLUTION_TABS[0]
    (notice,) = app.toast
    assert escaped("A stack") in notice.value
