"""The convolution page with mouse and keyboard, wide and narrow, light and dark."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect


def sum_shown(page):
    return page.locator('[data-testid="stCode"]').first


def panel(page, index, board="grid"):
    return page.locator(f".st-key-{board} canvas").nth(index)


def click_cell(page, canvas, row, column):
    size = None
    while size != (size := canvas.evaluate("canvas => canvas.cell")):  # it takes its final width a little later
        page.wait_for_timeout(300)
    canvas.click(position={"x": (column + 0.5) * size, "y": (row + 0.5) * size})


def slider(page, name):
    return page.get_by_role("group", name=name, exact=True).get_by_role("slider")


def test_a_click_on_an_output_cell_writes_its_sum(open_page):
    page = open_page("convolution")
    expect(sum_shown(page)).to_contain_text("y[0, 0] = ")
    click_cell(page, panel(page, 2), 3, 1)
    expect(sum_shown(page)).to_contain_text("y[3, 1] = ")
    expect(slider(page, "Cell in reading order")).to_have_value("17")


def test_a_moved_slider_redraws_the_picture(open_page):
    page = open_page("convolution")
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 5 × 5"))
    before = panel(page, 2).evaluate("canvas => canvas.toDataURL()")
    slider(page, "Stride height").focus()
    page.keyboard.press("ArrowRight")
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 3 × 5"))
    assert panel(page, 2).evaluate("canvas => canvas.toDataURL()") != before


def test_keyboard_alone(open_page):
    page = open_page("convolution")
    page.get_by_role("group", name=re.compile("Conv2D: input 5 × 5")).focus()
    page.keyboard.press("ArrowRight")
    expect(sum_shown(page)).to_contain_text("y[0, 1] = ")
    page.keyboard.press("ArrowDown")
    expect(sum_shown(page)).to_contain_text("y[1, 1] = ")
    page.get_by_role("radio", name="Conv2DTranspose").or_(page.get_by_role("button", name="Conv2DTranspose")).focus()
    page.keyboard.press("Enter")
    expect(panel(page, 0)).to_have_attribute("aria-label", re.compile("Input 5 × 5"))
    expect(page.get_by_role("group", name=re.compile("Conv2DTranspose: input"))).to_be_visible()
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(sum_shown(page)).to_contain_text("y[1, 2] = ")


def test_an_input_cell_of_the_transposed_layer_by_click(open_page):
    page = open_page("convolution", query={"layer": "Conv2DTranspose", "padding": "VALID"})
    click_cell(page, panel(page, 0), 2, 3)
    expect(sum_shown(page)).to_contain_text("x[2, 3] = ")
    click_cell(page, panel(page, 2), 6, 6)
    expect(sum_shown(page)).to_contain_text("y[6, 6] = ")


def test_a_click_on_a_matrix_row_moves_the_cell(open_page):
    page = open_page("convolution", query={"tab": "As a matrix"}, height=1800)
    expect(panel(page, 0, "matrix")).to_be_visible()
    click_cell(page, panel(page, 0, "matrix"), 13, 2)
    expect(sum_shown(page)).to_contain_text("y[2, 3] = ")


def test_a_worked_example_sets_every_control(open_page):
    page = open_page("convolution", query={"stride_h": 3, "kernel_w": 2})
    page.get_by_role("button", name="Worked examples").click()
    page.get_by_text("2 × 2 to 5 × 5: its transpose").click()
    expect(panel(page, 0)).to_have_attribute("aria-label", re.compile("Input 2 × 2"))
    expect(panel(page, 2)).to_have_attribute("aria-label", re.compile("Output 5 × 5"))
    expect(slider(page, "Kernel width")).to_have_value("3")


def test_the_animation_moves_and_pauses(open_page):
    page = open_page("convolution", query={"cell": 3})
    expect(sum_shown(page)).to_contain_text("y[0, 2] = ")
    page.get_by_text("Play", exact=True).click()
    expect(sum_shown(page)).to_contain_text("y[1, 0] = ")
    page.get_by_text("Play", exact=True).click()
    expect(page.get_by_role("switch", name="Play").or_(page.get_by_role("checkbox", name="Play"))).not_to_be_checked()
    page.settle()
    page.wait_for_timeout(1000)  # a step that was under way may still arrive
    resting = sum_shown(page).inner_text()
    page.wait_for_timeout(1500)  # three steps of the animation, had it gone on
    assert sum_shown(page).inner_text() == resting


def test_the_address_carries_the_settings(open_page):
    page = open_page("convolution")
    slider(page, "Kernel width").focus()
    page.keyboard.press("ArrowRight")
    expect(panel(page, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 4"))
    page.wait_for_url(re.compile(r"kernel_w=4"))
    again = open_page("convolution", query={"kernel_w": 4})
    expect(panel(again, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 4"))


def test_an_address_out_of_range_gets_a_word(open_page):
    page = open_page("convolution", query={"kernel_w": 400, "cell": "many"})
    expect(page.get_by_text("kernel_w=400 in the address is not a whole number from 1 to 16")).to_be_visible()
    expect(panel(page, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 3"))


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_narrow_window_stacks_the_panels_and_scrolls_nowhere_sideways(open_page, color_scheme):
    page = open_page("convolution", width=400, height=900, color_scheme=color_scheme)
    expect(panel(page, 2)).to_be_visible()
    boxes = [panel(page, i).bounding_box() for i in range(3)]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    assert boxes[1]["y"] + boxes[1]["height"] <= boxes[2]["y"] + 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    click_cell(page, panel(page, 2), 1, 4)
    expect(sum_shown(page)).to_contain_text("y[1, 4] = ")
    ink = page.locator(".st-key-grid .board").evaluate("board => getComputedStyle(board).color")
    bright = sum(map(int, re.findall(r"\d+", ink)[:3])) > 380
    assert bright == (color_scheme == "dark")


def test_the_first_visitor_of_a_fresh_server_gets_the_frame_and_no_tensorflow(open_page, fresh_server):
    url, process = fresh_server
    page = open_page("convolution", at=url, query={"kernel_w": 5})
    expect(panel(page, 1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 5"))
    expect(page.get_by_role("link", name="Latent space").first).to_be_visible()
    maps = Path(f"/proc/{process.pid}/maps")
    if maps.exists():  # Linux
        assert "tensorflow" not in maps.read_text()
