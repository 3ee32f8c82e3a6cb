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


def test_home_has_a_link_and_a_picture_for_every_page(app):
    assert not app.exception
    assert app.title[0].value == "Segmentation Lab"
    assert [link.proto.page for link in app.get("page_link")] == PAGES
    assert len(app.get("image")) == len(PAGES)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_card_has_a_picture_in_both_themes(name, theme):
    assert (ROOT / "docs" / f"card-{name}-{theme}.png").stat().st_size > 5_000


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_from_streamlit_app(app, name):
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert app.title[0].value == name.replace("_", " ").capitalize()


def test_every_page_opens_after_every_other(app):
    convolution, latent, segmentation = PAGES
    for name in (convolution, latent, segmentation, convolution, segmentation, latent, convolution):
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name


def test_the_hundredth_run_collects_all_garbage():
    class Cycle:
        def __init__(self):
            self.itself = self

    cycle = weakref.ref(Cycle())
    gc.freeze()
    gc.collect()
    assert cycle()
    for _ in range(streamlit_workarounds.FULL_COLLECTION_EVERY):
        streamlit_workarounds.limit_gc()
    assert not cycle()


def test_the_objects_of_modules_are_frozen_after_a_run():
    for _ in range(2):  # the first run imports the modules, the second freezes them
        AppTest.from_file(ROOT / "pages" / "latent_space.py", default_timeout=60).run()
    assert gc.get_freeze_count() > 5 * len(gc.get_objects())
