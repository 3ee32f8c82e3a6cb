"""How a page answers before it has drawn all of itself."""

import time

FRAMES = 0.05
"""Seconds, about three frames of a screen."""


def breath() -> None:
    """Let the browser show what was drawn so far before it is busy with the rest of the page.

    What a script draws is sent at once, but a browser that gets all of a page together shows none of it before it
    has worked through all of it.
    """
    time.sleep(FRAMES)
