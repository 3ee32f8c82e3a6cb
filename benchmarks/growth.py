"""How cost grows: with the size of a photo, with the photos in a batch, with the visitors.

    python -m benchmarks.growth [--chart]

A photo is decoded from a JPEG of 0.05 to 16 megapixels and given its probability map at its own size; a batch is 1 to
64 photos of one size, given their maps at the working size; turn about. Then 1 to 20 visitors at once click in the
latent plane and upload photos, as in benchmarks/crowd.py. With --chart the curves are drawn as docs/growth-light.png
and docs/growth-dark.png.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmarks import crowd
from benchmarks.browser import ROOT, served
from benchmarks.table import Row, show
from core import fcn, photos
from core.data import sample_photos
from core.fcn.segmenter import Segmenter
from ui.common import theme

MEGAPIXELS = (0.05, 0.25, 1, 4, 16)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
ROUNDS, WARM = 3, 1
LOOKS = {"light": ("#ffffff", "#1d2028", "#dfe0e7"), "dark": ("#14161b", "#e8e9ee", "#353944")}
"""Ground, text and lines of the chart: those of .streamlit/config.toml."""


@dataclass(frozen=True)
class Panel:
    """One curve: what grows, in words; its values; what it costs; each curve's milliseconds by its name."""

    grows: str
    values: tuple[float, ...]
    costs: str
    curves: dict[str, list[float]]


def jpeg(megapixels: float) -> bytes:
    """A sample photo enlarged or shrunk to a size, 4:3."""
    size = round(1000 * (megapixels * 4 / 3) ** 0.5), round(1000 * (megapixels * 3 / 4) ** 0.5)
    file = io.BytesIO()
    Image.fromarray(photos.decode(sample_photos.sample("Coffee"))).resize(size).save(file, "JPEG", quality=88)
    return file.getvalue()


def timed(calls: list[Callable]) -> list[float]:
    """Median milliseconds of each, turn about."""
    taken = [[] for _ in calls]
    for turn in range(WARM + ROUNDS):
        for times, call in zip(taken, calls, strict=True):
            begun = time.perf_counter()
            call()
            if turn >= WARM:
                times.append(1000 * (time.perf_counter() - begun))
    return list(map(statistics.median, taken))


def by_size(segmenter: Segmenter) -> Panel:
    """Decoding and the map at the photo's own size."""
    files = [jpeg(size) for size in MEGAPIXELS]
    pixels = [photos.decode(file) for file in files]
    curves = {
        "decoded": timed([lambda file=file: photos.decode(file) for file in files]),
        "its map": timed([lambda photo=photo: segmenter.probability(photo) for photo in pixels]),
    }
    return Panel("megapixels", MEGAPIXELS, "a photo", curves)


def by_batch(segmenter: Segmenter) -> Panel:
    """The maps of several photos asked for at once."""
    photo = photos.decode(jpeg(0.2))
    curves = {"all maps": timed([lambda n=n: segmenter.coarse_maps([photo] * n) for n in BATCHES])}
    return Panel("photos in a batch", BATCHES, "a batch", curves)


def by_visitors() -> Panel:
    """A click and a new photo, median over all visitors, each as soon as the answer before is there."""
    curves = {"a click": [], "a new photo": []}
    with served() as (url, _):
        for turn, count in enumerate((1, *crowd.CROWDS)):  # the first visitor of all waits for the networks
            with crowd.gathered(url, count) as visitors:
                outcome = crowd.together(visitors, crowd.ROUNDS_ALONE if count == 1 else crowd.ROUNDS, seed=turn)
            for times, kind in zip(curves.values(), (crowd.CLICK, crowd.UPLOAD), strict=True):
                times.append(outcome.median(kind))
    return Panel("visitors at once", crowd.CROWDS, "a step", {name: times[1:] for name, times in curves.items()})


def draw(panels: list[Panel], name: str = "growth") -> None:
    """The panels side by side, light and dark, in docs/."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    for look, (ground, text, line) in LOOKS.items():
        colours = {f"{part}.{kind}": text for part in ("xtick", "ytick") for kind in ("color", "labelcolor")}
        colours |= {"text.color": text, "axes.labelcolor": text, "axes.edgecolor": line, "axes.facecolor": ground}
        spines = {f"axes.spines.{side}": False for side in ("top", "right")}
        with mpl.rc_context(colours | spines | {"grid.color": line, "font.size": 9}):
            figure = Figure((3.6 * len(panels), 2.9), dpi=160, layout="constrained", facecolor=ground)
            for axes, panel in zip(np.ravel(figure.subplots(1, len(panels))), panels, strict=True):
                for (curve, costs), colour in zip(panel.curves.items(), (theme.INPUT, theme.OUTPUT), strict=False):
                    axes.loglog(panel.values, costs, "o-", color=colour, label=curve, markersize=4)
                axes.set(xlabel=panel.grows, ylabel=f"ms {panel.costs}")
                axes.set_xticks(panel.values, [f"{value:g}" for value in panel.values])
                axes.minorticks_off()
                axes.yaxis.set_major_formatter("{x:g}")
                axes.grid(visible=True)
                axes.legend(frameon=False)
            figure.savefig(ROOT / "docs" / f"{name}-{look}.png")


def main():
    """Measure, print the ends of each curve, draw all of it where asked."""
    segmenter = fcn.load()
    panels = [by_size(segmenter), by_batch(segmenter), by_visitors()]
    rows = []
    for panel in panels:
        first, last = (f"{value:g}" for value in (panel.values[0], panel.values[-1]))
        for curve, costs in panel.curves.items():
            what = f"{curve}, ms {panel.costs}: {last} {panel.grows} against {first}"
            rows.append(Row(what, costs[-1] / costs[0], ", ".join(f"{cost:.3g}" for cost in reversed(costs)) + " ms"))
    show(rows)
    if "--chart" in sys.argv:
        draw(panels)


if __name__ == "__main__":
    main()
