"""How fast the convolution page answers in Chromium, compared with the counter of an empty page.

    python -m benchmarks.convolution_page

One run starts both apps. In each of 20 rounds it clicks the counter and then uses each control of the convolution page.
The time is from the input event to the first frame with the new text or picture.
"""

from benchmarks.counter import NAME, beside_counter, measure, rows
from benchmarks.table import show

ROUNDS, WARM = 20, 3
PICTURE = """() => [...document.querySelectorAll(".st-key-grid *")].map((e) => e.shadowRoot).filter(Boolean)
  .flatMap((root) => [...root.querySelectorAll(".board, canvas")]).map((e) => e.ariaLabel).join()"""


def controls(page):
    """Name -> (action, preparation) for one control of each kind. Every action changes the picture."""

    def alternate(*actions):
        turn = 0

        def act():
            nonlocal turn
            actions[turn % len(actions)]()
            turn += 1

        return act

    def key(name):
        def act():
            page.keyboard.press(name)

        return act

    slider = page.get_by_role("group", name="Kernel height", exact=True).get_by_role("slider")
    height = page.locator(".st-key-height")
    up, down = height.get_by_test_id("stNumberInputStepUp"), height.get_by_test_id("stNumberInputStepDown")
    padding = page.locator(".st-key-padding")
    right, left = key("ArrowRight"), key("ArrowLeft")
    return {
        "convolution page, padding": (
            alternate(padding.get_by_text("VALID").click, padding.get_by_text("SAME").click),
            None,
        ),
        "convolution page, input height": (alternate(up.click, down.click), None),
        "convolution page, kernel height": (alternate(right, left), slider.focus),
        "convolution page, next cell": (page.get_by_role("button", name="Next").click, None),
    }


def main():
    """Measure, and print one row per control."""
    with beside_counter("convolution") as (lab, count):
        lab.wait_for_selector(".st-key-grid canvas")
        lab.wait_for_timeout(1500)
        acts = controls(lab)
        milliseconds = {name: [] for name in (NAME, *acts)}
        for turn in range(WARM + ROUNDS):
            times = {NAME: count()}
            for name, (act, prepare) in acts.items():
                if prepare:
                    lab.bring_to_front()
                    prepare()
                times[name] = measure(lab, PICTURE, act)
            if turn >= WARM:
                for name, each in times.items():
                    milliseconds[name].append(each)
    show(rows(milliseconds))


if __name__ == "__main__":
    main()
