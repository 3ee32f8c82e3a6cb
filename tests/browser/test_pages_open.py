import re

import pytest
from playwright.sync_api import expect

PAGES = ["convolution", "latent_space", "segmentation"]


@pytest.mark.parametrize("name", ["home", *PAGES])
def test_page_opens_with_a_heading_and_no_error(open_page, name):
    page = open_page(name)
    assert page.locator("h1").first.inner_text().strip()


def test_every_page_has_its_own_title_in_the_browser(open_page):
    page = open_page("home")
    expect(page).to_have_title("Segmentation Lab")
    for name in PAGES:
        page.locator(f'[data-testid="stTopNavLink"][href$="/{name}"]').click()
        expect(page).to_have_title(f"{name.replace('_', ' ').capitalize()} · Segmentation Lab")


def test_a_url_with_markdown_is_quoted_literally(open_page):
    text = "![](//h)http://h.org"  # a notice quotes 20 characters
    page = open_page("convolution", query={"stack": f"Conv2D,8,3,1,{text},1,,relu"})
    toast = page.get_by_test_id("stToast")
    expect(toast).to_contain_text("not ![](//h)http:")
    assert toast.locator("a, img").count() == 0


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", PAGES)
def test_the_picture_of_a_card_opens_its_page_in_the_same_session(open_page, name, width):
    page = open_page("home", width=width)
    tabs, sockets = len(page.context.pages), []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    picture = page.locator(f".st-key-card_{name} img")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(f"/{name}"))
    page.settle()
    assert page.locator("h1").first.inner_text() == name.replace("_", " ").capitalize()
    assert len(page.context.pages) == tabs
    assert sockets == []  # the page was not loaded again
