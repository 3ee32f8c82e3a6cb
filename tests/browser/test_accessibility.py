"""axe-core (https://github.com/dequelabs/axe-core) on every page, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = {
    "home": {},
    "lesson": {},
    "convolution": {"layer": "Conv2DTranspose", "channels": "8", "kernel_h": "8", "kernel_w": "8"},
    "latent_space": {"latent_tab": "Lesson"},
    "segmentation": {},
}
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 22, 27)"}
# (rule, where): what no setting of the app changes in Streamlit 1.67.
STREAMLIT = [
    ("color-contrast", ".token"),  # colours of st.code
    ("color-contrast", "[data-testid=stElementContainer]:has(:disabled, [aria-disabled=true])"),  # labels of widgets
]


def violations(page):
    """Serious and critical violations that are ours, and any of the order of headings, one sentence each."""
    problems = []
    for rule in Axe().run(page).response["violations"]:
        allowed = ",".join(where for name, where in STREAMLIT if name == rule["id"]) or "none"
        for node in rule["nodes"]:
            theirs = page.locator(node["target"][-1]).first.evaluate("(node, where) => !!node.closest(where)", allowed)
            if not theirs and (rule["impact"] in ("serious", "critical") or rule["id"] == "heading-order"):
                problems.append(f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}")
    return problems


@pytest.mark.parametrize(("name", "query"), PAGES.items(), ids=PAGES)
def test_no_serious_violation_is_ours(open_page, name, query):
    page = open_page(name, query=query)
    page.wait_for_load_state("networkidle")
    for scheme, background in BACKGROUNDS.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
        page.settle()
        assert violations(page) == []
