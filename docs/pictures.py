"""Take the pictures of the README and the home page from the running app.

    python docs/pictures.py        (needs Chromium)

`page-NAME.png` shows a page as it opens, `card-NAME-THEME.png` a piece of it. Run without MNIST's file, so that no
picture of that data set gets into them.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))
from benchmarks.browser import launched, served, settle  # noqa: E402

WIDTH, HEIGHT = 1280, 900
# left, top, width, height of the piece on a home page's card, all of one shape
CARDS = {
    "convolution": (76, 268, 790, 395),
    "latent_space": (162, 262, 570, 285),
    "segmentation": (222, 358, 500, 250),
}


def prepare(name: str, page: Page) -> None:
    """Bring out on a page what its card is to show."""
    if name == "convolution":
        page.get_by_role("button", name="Next").click()
    if name == "latent_space":
        page.get_by_text("Atlas", exact=True).click()
    settle(page)


def main() -> None:
    """Write every picture."""
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
