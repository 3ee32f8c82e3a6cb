"""The convolution page with mouse and keyboard, wide and narrow, light and dark."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect


def calculation(page):
    return page.locator(".st-key-calculation")


def panel(page, index, board="grid"):
    return page.locator(f".st-key-{board} canvas").nth(index)


def click_cell(page, canvas, row, column):
    size = None
    while size != (size := canvas.evaluate("canvas => canvas.cell")):  # the layout settles a little later
        page.wait_for_timeout(300)
    canvas.click(position={"x": (column + 0.5) * size, "y": (row + 0.5) * size})


def slider(page, name):
    return page.get_by_role("group", name=name, exact=True).get_by_role("slider")


def test_a_click_on_an_output_cell_shows_its_sum(open_page):
    page = open_page("convolution")
    expect(calculation(page)).to_contain_text("y[0, 0] = ")
    click_cell(page, panel(page, 2), 3, 1)
    expect(calculation(page)).to_contain_text("y[3, 1] = ")
    expect(slider(page, "Output cell")).to_have_value("17")


def test_a_slider_redraws_the_board(open_page):
    page = open_page("convolution")
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 5 × 5"))
    before = panel(page, 2).evaluate("canvas => canvas.toDataURL()")
    slider(page, "Stride height").focus()
    page.keyboard.press("ArrowRight")
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 3 × 5"))
    assert panel(page, 2).evaluate("canvas => canvas.toDataURL()") != before


def test_the_keyboard_is_enough(open_page):
    page = open_page("convolution")
    page.get_by_role("group", name=re.compile("Conv2D: input 5 × 5")).focus()
    page.keyboard.press("ArrowRight")
    expect(calculation(page)).to_contain_text("y[0, 1] = ")
    page.keyboard.press("ArrowDown")
    expect(calculation(page)).to_contain_text("y[1, 1] = ")
    layer = page.locator(".st-key-layer")
    options = layer.get_by_role("radio", name="Conv2DTranspose", exact=True)
    options.or_(layer.get_by_role("button", name="Conv2DTranspose", exact=True)).focus()
    page.keyboard.press("Enter")
    expect(panel(page, 0)).to_have_attribute("aria-label", re.compile("Input 5 × 5"))
    expect(page.get_by_role("group", name=re.compile("Conv2DTranspose: input"))).to_be_visible()
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(calculation(page)).to_contain_text("y[1, 2] = ")


def test_a_click_selects_an_input_cell_of_the_transposed_layer(open_page):
    page = open_page("convolution", query={"layer": "Conv2DTranspose", "padding": "VALID"})
    click_cell(page, panel(page, 0), 2, 3)
    expect(calculation(page)).to_contain_text("x[2, 3] = ")
    click_cell(page, panel(page, 2), 6, 6)
    expect(calculation(page)).to_contain_text("y[6, 6] = ")


def test_a_click_on_a_matrix_row_selects_its_cell(open_page):
    page = open_page("convolution", query={"tab": "As a matrix"}, height=1800)
    expect(panel(page, 0, "matrix")).to_be_visible()
    click_cell(page, panel(page, 0, "matrix"), 13, 2)
    expect(calculation(page)).to_contain_text("y[2, 3] = ")


def test_a_worked_example_sets_every_control(open_page):
    page = open_page("convolution", query={"stride_h": 3, "kernel_w": 2})
    page.get_by_role("button", name="Worked examples").click()
    page.get_by_text("2 × 2 to 5 × 5: its transpose").click()
    expect(panel(page, 0)).to_have_attribute("aria-label", re.compile("Input 2 × 2"))
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 5 × 5"))
    expect(slider(page, "Kernel width")).to_have_value("3")


def history_length(page):
    page.settle()
    page.wait_for_timeout(500)
    return page.evaluate("history.length")


def test_the_animation_moves_pauses_and_writes_the_url_once(open_page):
    page = open_page("convolution", query={"cell": 3})
    expect(calculation(page)).to_contain_text("y[0, 2] = ")
    before, url = history_length(page), page.url
    page.get_by_text("Play", exact=True).click()
    expect(calculation(page)).to_contain_text("y[1, 0] = ")
    assert page.url == url
    page.get_by_text("Play", exact=True).click()
    expect(page.get_by_role("switch", name="Play").or_(page.get_by_role("checkbox", name="Play"))).not_to_be_checked()
    page.settle()
    page.wait_for_timeout(1000)  # a step may still be in progress
    paused = calculation(page).inner_text()
    page.wait_for_timeout(1500)  # three steps of the animation, if it had not paused
    assert calculation(page).inner_text() == paused
    assert "cell=3" not in page.url
    assert history_length(page) <= before + 2  # the pause, and a step that was in progress


def test_the_url_has_the_settings(open_page):
    page = open_page("convolution")
    slider(page, "Kernel width").focus()
    page.keyboard.press("ArrowRight")
    expect(panel(page, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 4"))
    page.wait_for_url(re.compile(r"kernel_w=4"))
    again = open_page("convolution", query={"kernel_w": 4})
    expect(panel(again, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 4"))


def padding(page, name):
    group = page.locator(".st-key-padding")
    return group.get_by_role("radio", name=name).or_(group.get_by_role("button", name=name))


def test_back_from_another_page_gives_controls_and_board_that_agree(open_page):
    page = open_page("convolution")
    padding(page, "VALID").click()
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 3 × 3"))
    page.wait_for_url(re.compile("padding=VALID"))
    page.get_by_role("link", name="Latent space").first.click()
    page.wait_for_url(re.compile("latent_space"))
    page.settle()
    page.get_by_role("tab", name="Walk").click()
    page.wait_for_url(re.compile("latent_tab=Walk"))
    page.go_back()
    expect(page.get_by_role("tab", name="Walk")).to_have_attribute("aria-selected", "false")
    page.go_back()
    page.wait_for_url(re.compile("padding=VALID"))
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 3 × 3"))
    expect(padding(page, "VALID")).to_be_checked()
    page.go_back()
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 5 × 5"))
    expect(padding(page, "SAME")).to_be_checked()


def test_a_worked_example_is_one_history_entry_and_back_undoes_it(open_page):
    page = open_page("convolution", query={"kernel_w": 2, "padding": "VALID"})
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 3 × 4"))
    before = history_length(page)
    page.get_by_role("button", name="Worked examples").click()
    page.get_by_text("2 × 2 to 5 × 5: its transpose").click()
    expect(panel(page, 0)).to_have_attribute("aria-label", re.compile("Input 2 × 2"))
    assert history_length(page) == before + 1
    page.go_back()
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 3 × 4"))
    expect(slider(page, "Kernel width")).to_have_value("2")
    expect(padding(page, "VALID")).to_be_checked()
    expect(slider(page, "Stride height")).to_have_value("1")
    page.go_forward()
    expect(panel(page, 0)).to_have_attribute("aria-label", re.compile("Input 2 × 2"))
    expect(slider(page, "Kernel width")).to_have_value("3")


def test_an_impossible_value_in_the_url_gets_a_notice(open_page):
    page = open_page("convolution", query={"kernel_w": 400, "cell": "many"})
    expect(page.get_by_text(re.compile("kernel_w in the URL.* 1 to 16"))).to_be_visible()
    expect(panel(page, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 3"))


def test_the_calculation_is_under_the_grids_and_complete_and_nothing_moves(open_page):
    page = open_page("convolution", query={"channels": 3, "padding": "VALID", "height": 4, "width": 4})
    below = page.get_by_role("button", name="Next")
    tops = set()
    for i in range(3):
        expect(calculation(page)).to_contain_text("channel 2: ")
        page.settle()
        box = calculation(page).bounding_box()
        assert box["y"] + box["height"] <= below.bounding_box()["y"]
        assert box["y"] + box["height"] < 900
        assert calculation(page).locator("div[style]").first.evaluate("e => e.scrollHeight <= e.clientHeight")
        tops.add(below.bounding_box()["y"])
        click_cell(page, panel(page, 2), (i + 1) // 2, (i + 1) % 2)
    assert len(tops) == 1


def test_further_settings_do_not_cover_the_board(open_page):
    page = open_page("convolution")
    page.get_by_text("Channels, activation, L2").click()
    channels = slider(page, "Input channels")
    expect(channels).to_be_visible()
    channels.focus()
    page.keyboard.press("ArrowRight")
    expect(calculation(page)).to_contain_text("channel 1: ")
    canvas = panel(page, 2).bounding_box()
    expect(channels).to_be_visible()
    assert channels.bounding_box()["x"] >= canvas["x"] + canvas["width"]


def test_kernel_values_survive_a_visit_to_another_page(open_page):
    ones = "_".join(["1"] * 9)
    page = open_page("convolution", query={"tab": "On a picture", "source": "Digit", "numbers": ones})
    images = page.locator('[data-testid="stImage"]')
    expect(images).to_have_count(2)
    range_shown = page.locator('[data-testid="stCaptionContainer"]').filter(has_text="SAME").inner_text()
    page.get_by_role("link", name="Home").first.click()
    page.wait_for_url(re.compile(r"/$"))
    page.settle()
    page.go_back()
    expect(page.locator('[data-testid="stCaptionContainer"]').filter(has_text="SAME")).to_have_text(range_shown)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_narrow_window_stacks_the_panels_without_large_gaps(open_page, color_scheme):
    page = open_page("convolution", width=400, height=900, color_scheme=color_scheme)
    expect(panel(page, 2)).to_be_visible()
    page.settle()
    page.wait_for_timeout(1000)  # the panels take their places
    controls = [*page.get_by_test_id("stNumberInput").all(), *page.get_by_test_id("stSlider").all()]
    boxes_of_controls = [control.bounding_box() for control in controls if control.is_visible()]
    assert len(boxes_of_controls) >= 7
    assert all(box["x"] + box["width"] <= 400 for box in boxes_of_controls)  # none is cut off
    boxes = [panel(page, i).bounding_box() for i in range(3)]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    assert boxes[1]["y"] + boxes[1]["height"] <= boxes[2]["y"] + 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes)
    assert boxes[1]["y"] - boxes[0]["y"] - boxes[0]["height"] < 70  # a caption of 54 pixels lies between
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    click_cell(page, panel(page, 2), 1, 4)
    expect(calculation(page)).to_contain_text("y[1, 4] = ")
    ink = page.locator(".st-key-grid .board").evaluate("board => getComputedStyle(board).color")
    bright = sum(map(int, re.findall(r"\d+", ink)[:3])) > 380
    assert bright == (color_scheme == "dark")


def test_the_first_user_of_a_server_gets_the_navigation_and_no_tensorflow(open_page, fresh_server):
    url, process = fresh_server
    page = open_page("convolution", at=url, query={"kernel_w": 5})
    expect(panel(page, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 5"))
    expect(page.get_by_role("link", name="Latent space").first).to_be_visible()
    maps = Path(f"/proc/{process.pid}/maps")
    if maps.exists():  # Linux
        assert "tensorflow" not in maps.read_text()
