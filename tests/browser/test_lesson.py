"""The lesson in a browser: a step by keyboard, clicks on a cell and in the plane, and the URLs of the steps."""

import re

from playwright.sync_api import expect

from core.exercises import EXERCISES


def check(page, name):
    page.locator(f".st-key-check_answer_{name}_0_0 button").click()


def test_a_step_by_keyboard(open_page):
    page = open_page("convolution", query={"lesson": 1})
    expect(page.get_by_role("heading", name="Convolution")).to_have_count(0)
    page.locator(".st-key-answer_output-size_0_0 input").focus()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Convolution")).to_be_visible()
    expect(page.get_by_text("Output 2 × 2")).to_be_visible()
    page.locator(".st-key-lesson_next button").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"convolution\?lesson=2$"))
    expect(page.locator(".st-key-answer_padding_0_0")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Output 2 × 2")).to_be_visible()
    page.locator(".st-key-lesson_leave button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-lesson_bar")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"convolution$"))
    expect(page.get_by_text("Output 5 × 5")).to_be_visible()


def test_a_cell_and_a_point_are_answers(open_page):
    page = open_page("convolution", width=400, color_scheme="dark", query={"lesson": 3})
    output = page.locator(".st-key-question_cells canvas").last
    box = output.bounding_box()
    output.click(position={"x": 0.75 * box["width"], "y": 0.75 * box["height"]})
    for i in (0, 1):
        expect(page.locator(f".st-key-answer_output-cell_0_{i} input")).to_have_value("1")
    check(page, "output-cell")
    expect(page.get_by_role("heading", name="Convolution")).to_be_visible()

    page.goto(page.url.split("convolution")[0] + "latent_space?lesson=10")
    page.settle()
    chart = page.locator(".st-key-plane .js-plotly-plot")
    z1, z2 = EXERCISES["landing-point"].draw(0).answer.correct
    x, y = chart.evaluate(
        """(gd, z) => {
            const {xaxis, yaxis} = gd._fullLayout
            return [xaxis._offset + xaxis.d2p(z[0]), yaxis._offset + yaxis.d2p(z[1])]
        }""",
        [z1, z2],
    )
    chart.click(position={"x": x, "y": y})
    expect(page.locator(".st-key-answer_landing-point_0_0 input")).to_have_value(re.compile(r"^1\.[789]"))
    check(page, "landing-point")
    expect(page.get_by_role("heading", name="Latent space")).to_be_visible()
