"""Take the screenshots of the README and the home page from the running app.

    python docs/pictures.py        (needs Chromium)

`page-NAME.png` is a whole page, `card-NAME-THEME.png` a part of one. Run it without an MNIST file, because no image of
that data set may be in the repository.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))
from benchmarks.browser import launched, served, settle  # noqa: E402

WIDTH, HEIGHT = 1280, 900
# left, top, width and height of the part for a card of the home page; all have the same aspect ratio
CARDS = {
    "convolution": (76, 268, 790, 395),
    "latent_space": (162, 262, 570, 285),
    "segmentation": (222, 358, 500, 250),
}


def prepare(name: str, page: Page) -> None:
    """Bring a page into the state that its card shows."""
    if name == "convolution":
        page.get_by_role("button", name="Next").click()
    if name == "latent_space":
        page.get_by_text("Atlas", exact=True).click()
    settle(page)


def main() -> None:
    """Write all screenshots."""
    with served() as (url, _), sync_playwright() as playwright:
        browser = launched(playwright)
        for theme in ("light", "dark"):
            for name, (x, y, width, height) in CARDS.items():
                page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme)
                page.goto(f"{url}/{name}")
                settle(page)
                if theme == "light":
                    page.wait_for_timeout(2000)  # charts fade in
                    page.screenshot(path=DOCS / f"page-{name}.png")
                prepare(name, page)
                page.wait_for_timeout(2000)
                clip = {"x": x, "y": y, "width": width, "height": height}
                page.screenshot(path=DOCS / f"card-{name}-{theme}.png", clip=clip)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
