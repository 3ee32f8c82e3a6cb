import gc
import weakref
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.common import streamlit_workarounds

ROOT = Path(__file__).parents[2]
PAGES = ["convolution", "latent_space", "segmentation"]


@pytest.fixture
def app():
    return AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=120).run()


def test_home_leads_to_every_page_with_a_picture_of_it(app):
    assert not app.exception
    assert app.title[0].value == "Segmentation Lab"
    assert [link.proto.page for link in app.get("page_link")] == PAGES
    assert len(app.get("image")) == len(PAGES)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_the_pictures_are_there_in_both_themes(name, theme):
    assert (ROOT / "docs" / f"card-{name}-{theme}.png").stat().st_size > 5_000


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_from_the_entry(app, name):
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert app.title[0].value == name.replace("_", " ").capitalize()


def test_every_page_opens_after_every_other(app):
    convolution, latent, segmentation = PAGES
    for name in (convolution, latent, segmentation, convolution, segmentation, latent, convolution):
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name


def test_garbage_goes_at_the_latest_with_the_hundredth_page():
    class Knot:
        def __init__(self):
            self.itself = self

    gone = weakref.ref(Knot())
    gc.freeze()
    gc.collect()
    assert gone()
    for _ in range(streamlit_workarounds.FULL_COLLECTION_EVERY):
        streamlit_workarounds.limit_gc()
    assert not gone()


def test_what_modules_hold_is_not_searched_for_garbage_after_every_run():
    for _ in range(2):  # what the first run imports, the second takes out
        AppTest.from_file(ROOT / "pages" / "latent_space.py", default_timeout=60).run()
    assert gc.get_freeze_count() > 5 * len(gc.get_objects())
