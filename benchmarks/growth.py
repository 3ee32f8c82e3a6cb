"""How cost grows with the size of a photo, the photos in a batch and the users at once.

    python -m benchmarks.growth [--chart]

Photos are JPEGs of 0.05 to 16 megapixels: decoding and the probability map at the photo's size are measured. Batches
are 1 to 64 photos of one size with their maps at the working size. Then 1 to 20 users at once click in the latent plane
and upload photos, as in benchmarks/crowd.py. With --chart the curves go to docs/growth-light.png and -dark.png.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmarks import crowd, crowd_steps
from benchmarks.browser import ROOT, served
from benchmarks.table import Row, show
from core import fcn, photos
from core.data import sample_photos
from core.fcn.segmenter import Segmenter
from ui.common import theme

MEGAPIXELS = (0.05, 0.25, 1, 4, 16)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
ROUNDS, WARM = 3, 1
COLOURS = {"light": ("#ffffff", "#1d2028", "#dfe0e7"), "dark": ("#14161b", "#e8e9ee", "#353944")}
"""Background, text and lines of the chart, as in .streamlit/config.toml."""


@dataclass(frozen=True)
class Panel:
    """One chart: the values of a quantity, and the milliseconds of each curve at these values."""

    quantity: str  # label of the x axis
    values: tuple[float, ...]
    unit: str  # "photo" for ms per photo
    curves: dict[str, list[float]]


def jpeg(megapixels: float) -> bytes:
    """A sample photo, resized to 4:3 with this many megapixels."""
    size = round(1000 * (megapixels * 4 / 3) ** 0.5), round(1000 * (megapixels * 3 / 4) ** 0.5)
    file = io.BytesIO()
    Image.fromarray(photos.decode(sample_photos.sample("Coffee"))).resize(size).save(file, "JPEG", quality=88)
    return file.getvalue()


def timed(calls: list[Callable]) -> list[float]:
    """Median milliseconds of each call; the calls alternate."""
    times = [[] for _ in calls]
    for turn in range(WARM + ROUNDS):
        for each, call in zip(times, calls, strict=True):
            start = time.perf_counter()
            call()
            if turn >= WARM:
                each.append(1000 * (time.perf_counter() - start))
    return list(map(statistics.median, times))


def by_size(segmenter: Segmenter) -> Panel:
    """Decoding, and the probability map at the photo's size."""
    files = [jpeg(size) for size in MEGAPIXELS]
    pixels = [photos.decode(file) for file in files]
    curves = {
        "decoding": timed([lambda file=file: photos.decode(file) for file in files]),
        "probability map": timed([lambda photo=photo: segmenter.probability(photo) for photo in pixels]),
    }
    return Panel("megapixels", MEGAPIXELS, "photo", curves)


def by_batch(segmenter: Segmenter) -> Panel:
    """The probability maps of several photos in one call."""
    photo = photos.decode(jpeg(0.2))
    curves = {"all maps": timed([lambda n=n: segmenter.coarse_maps([photo] * n) for n in BATCHES])}
    return Panel("photos in a batch", BATCHES, "batch", curves)


def by_users() -> Panel:
    """A click and a new photo: the median over all users."""
    curves = {"click": [], "new photo": []}
    with served() as (url, _):
        for turn, count in enumerate((1, *crowd.CROWDS)):  # the first user loads the networks
            with crowd.connected(url, count) as users:
                outcome = crowd.run_crowd(users, crowd.ROUNDS_ALONE if count == 1 else crowd.ROUNDS, seed=turn)
            for times, kind in zip(curves.values(), (crowd_steps.CLICK, crowd_steps.UPLOAD), strict=True):
                times.append(outcome.median(kind))
    return Panel("users at once", crowd.CROWDS, "step", {name: times[1:] for name, times in curves.items()})


def draw(panels: list[Panel], name: str = "growth") -> None:
    """Draw the panels side by side, in light and dark colours, into docs/."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    for mode, (background, text, line) in COLOURS.items():
        colours = {f"{part}.{kind}": text for part in ("xtick", "ytick") for kind in ("color", "labelcolor")}
        colours |= {"text.color": text, "axes.labelcolor": text, "axes.edgecolor": line, "axes.facecolor": background}
        spines = {f"axes.spines.{side}": False for side in ("top", "right")}
        with mpl.rc_context(colours | spines | {"grid.color": line, "font.size": 9}):
            figure = Figure((3.6 * len(panels), 2.9), dpi=160, layout="constrained", facecolor=background)
            for axes, panel in zip(np.ravel(figure.subplots(1, len(panels))), panels, strict=True):
                for (curve, costs), colour in zip(panel.curves.items(), (theme.INPUT, theme.OUTPUT), strict=False):
                    axes.loglog(panel.values, costs, "o-", color=colour, label=curve, markersize=4)
                axes.set(xlabel=panel.quantity, ylabel=f"ms per {panel.unit}")
                axes.set_xticks(panel.values, [f"{value:g}" for value in panel.values])
                axes.minorticks_off()
                axes.yaxis.set_major_formatter("{x:g}")
                axes.grid(visible=True)
                axes.legend(frameon=False)
            figure.savefig(ROOT / "docs" / f"{name}-{mode}.png")


def main():
    """Measure, print the ends of each curve, and draw the curves with --chart."""
    segmenter = fcn.load()
    panels = [by_size(segmenter), by_batch(segmenter), by_users()]
    rows = []
    for panel in panels:
        first, last = (f"{value:g}" for value in (panel.values[0], panel.values[-1]))
        for curve, costs in panel.curves.items():
            what = f"{curve}, ms per {panel.unit}: {last} {panel.quantity} against {first}"
            rows.append(Row(what, costs[-1] / costs[0], ", ".join(f"{cost:.3g}" for cost in reversed(costs)) + " ms"))
    show(rows)
    if "--chart" in sys.argv:
        draw(panels)


if __name__ == "__main__":
    main()
