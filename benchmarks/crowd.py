"""Many visitors at once against the real server: how long each kind of step takes, what they get, what memory it needs.

    python -m benchmarks.crowd

Visitors without a browser (benchmarks/visitor.py) click in the latent plane, upload photos of their own, move the
threshold and change the convolution's layer, each as soon as the answer before is there: 1, 5, 10 and 20 of them, then
5 beside one who trains. Afterwards every answer is checked against what `core` makes of that visitor's own input. The
exit status is 1 where an answer was wrong or missing, a step took longer than its share of the processor allows, or the
memory is more than a small hosted machine has or goes on growing.
"""

import base64
import io
import json
import os
import re
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.browser import served
from benchmarks.table import Row, show
from benchmarks.visitor import Visitor, VisitorError
from core import autoencoder, fcn, masks, photos
from core.autoencoder import network
from core.convolution.example import LayerExample
from core.convolution.layer import Layer
from core.data import sample_photos
from core.fcn.segmenter import Segmenter
from ui.common import theme
from ui.convolution.board import cell_text
from ui.segmentation.overlay_settings import OverlaySettings
from ui.segmentation.predictions import LONGEST

CROWDS = (1, 5, 10, 20)
ROUNDS, ROUNDS_ALONE = 1, 4  # of ten steps a visitor
FILLING = 2000  # steps of the largest crowd that fill every cache: the largest keeps the maps of 200 photos
FURTHER = 500  # steps after these, over which the memory may not grow
BESIDE = 5  # visitors beside the one who trains
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
MEMORY = 2700  # MB of a small hosted machine
GROWTH = 50  # MB by which the memory of a process that does not grow still varies
PHOTO = (1600, 1200)
OPEN, CLICK, UPLOAD, SLIDE, LAYER = KINDS = (
    "open a page",
    "click in the plane",
    "upload a photo",
    "move the threshold",
    "change the layer",
)
Step = tuple[str, Callable[[], Callable[[], str]]]
"""What kind it is, and what makes it; that gives a check of its answer, whose text is empty where it is right."""


@dataclass
class Outcome:
    """What a crowd met: seconds of each step by kind, all seconds, checks still to be made, problems in sentences."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    whole: float = 0.0
    checks: list[Callable[[], str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """How many were answered."""
        return sum(map(len, self.seconds.values()))

    def median(self, kind: str) -> float:
        """Milliseconds of a step of this kind."""
        return 1000 * statistics.median(self.seconds[kind] or [np.nan])

    def check(self) -> "Outcome":
        """Look at all answers and note the wrong ones."""
        self.problems += filter(None, (look() for look in self.checks))
        self.checks.clear()
        return self


def photo(random: np.random.Generator) -> bytes:
    """A JPEG that nobody else has: a part of a sample photo, mirrored or not, in a light of its own, enlarged."""
    sample = Image.fromarray(photos.decode(sample_photos.sample(str(random.choice(list(sample_photos.SAMPLES))))))
    width, height = (round(random.uniform(0.6, 0.95) * side) for side in sample.size)
    left, top = random.integers(0, sample.width - width), random.integers(0, sample.height - height)
    part = np.asarray(sample.crop((left, top, left + width, top + height)))[:, :: random.choice([-1, 1])]
    lit = np.clip(part * random.uniform(0.7, 1.2, 3), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(lit).resize(PHOTO).save(file, "JPEG", quality=88)
    return file.getvalue()


def in_the_plane(visitor: Visitor, random: np.random.Generator) -> Iterator[Step]:
    """Clicks, each at a point of its own."""

    def click() -> Callable[[], str]:
        point = random.uniform(-4, 4, 2)
        visitor.report("plane_layer", "click", point.tolist())
        return partial(wrong_digit, point, visitor.elements("html")[0].body)

    yield OPEN, partial(opened, visitor, "latent_space", "Latent space")
    yield CLICK, click
    yield CLICK, click


def on_a_photo(visitor: Visitor, random: np.random.Generator) -> Iterator[Step]:
    """A photo of one's own under thresholds of one's own."""
    data = photo(random)

    def answer(threshold: float) -> Callable[[], str]:
        shown = visitor.elements("imgs")[0].imgs[0]
        return partial(wrong_mask, data, threshold, shown.caption, visitor.fetch(shown.url))

    def upload() -> Callable[[], str]:
        visitor.upload("uploads", "photo.jpg", data)
        return answer(OverlaySettings.threshold)

    def slide() -> Callable[[], str]:
        threshold = round(random.uniform(0.05, 0.95), 2)
        visitor.give("threshold", [threshold])
        return answer(threshold)

    yield OPEN, partial(opened, visitor, "segmentation", "Segmentation")
    yield UPLOAD, upload
    yield SLIDE, slide
    yield SLIDE, slide


def at_the_layer(visitor: Visitor, random: np.random.Generator) -> Iterator[Step]:
    """A layer of one's own, with numbers of one's own."""
    chosen = {"seed": 1, "kernel_h": 3, "kernel_w": 3, "stride_h": 1}

    def change(key: str, highest: int) -> Callable[[], str]:
        chosen[key] = int(random.choice([n for n in range(1, highest + 1) if n != chosen[key]]))
        visitor.give(key, [float(chosen[key])])
        return partial(wrong_output, dict(chosen), visitor.elements("bidi_component")[0].json)

    yield OPEN, partial(opened, visitor, "convolution", "Convolution")
    yield LAYER, partial(change, "seed", 99)
    yield LAYER, partial(change, str(random.choice(["kernel_h", "kernel_w", "stride_h"])), 5)


STAYS = (in_the_plane, on_a_photo, at_the_layer)


def opened(visitor: Visitor, name: str, title: str) -> Callable[[], str]:
    """Go to a page; the check is that it has its title and the navigation at the top."""
    visitor.open(name)
    got = visitor.elements("heading")[0].body
    framed = visitor.navigation.position == visitor.navigation.TOP
    return lambda: "" if got == title and framed else f"{name} came as {got}, top navigation {framed}"


@cache
def decoder() -> network.Autoencoder:
    """This process' own."""
    return autoencoder.load()


@cache
def segmenter() -> Segmenter:
    """This process' own."""
    return fcn.load()


@lru_cache(2 * CROWDS[-1])
def seen(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The photo as it is shown, (h, w, 3), and its probabilities, (h, w)."""
    pixels, _ = photos.preview(data, LONGEST)
    return pixels, masks.enlarged(segmenter().coarse_map(pixels), pixels.shape[:2])


def wrong_digit(point: np.ndarray, html: str) -> str:
    """Whether the picture in `html` is another than that of the digit at `point`: a sentence, or ""."""
    sent = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    picture = np.asarray(Image.open(io.BytesIO(sent)), int)
    off = np.abs(picture - photos.to_uint8(decoder().decode(point[np.newaxis])[0])).max()
    return f"The digit at {point.round(3)} is off by up to {off} of 255" if off > 1 else ""


def wrong_mask(data: bytes, threshold: float, caption: str, picture: bytes) -> str:
    """Whether caption and overlay are others than those of this photo at this threshold: a sentence, or ""."""
    pixels, probability = seen(data)
    mask, _ = masks.regions(probability > threshold, OverlaySettings.min_region)
    share, told = 100 * masks.share(mask), float(re.search(r"([\d.]+) %", caption)[1])
    overlay = masks.overlay(pixels, mask, theme.rgb(OverlaySettings.colour), OverlaySettings.opacity)
    shown = np.asarray(Image.open(io.BytesIO(picture)), int)
    off = np.abs(shown - overlay).mean() if shown.shape == overlay.shape else 255
    if abs(share - told) < 0.15 and off < 3:  # a JPEG's own losses are 1 to 2
        return ""
    return f"A mask of {share:.1f} % at {threshold} came as {told} %, its overlay off by {off:.1f} of 255"


def wrong_output(chosen: dict[str, int], board: str) -> str:
    """Whether the numbers on the board are others than those of the chosen layer's output: a sentence, or ""."""
    kernel, strides = (chosen["kernel_h"], chosen["kernel_w"]), (chosen["stride_h"], 1)
    layer = Layer(kind="Conv2D", filters=1, kernel=kernel, strides=strides, padding="SAME")
    output = LayerExample(layer, (5, 5, 1), chosen["seed"]).y[..., 0]
    shown = json.loads(board)["panels"][-1]["text"]
    return "" if shown == [cell_text(y) for y in output.ravel()] else f"The output of {chosen} came as {shown}"


def together(visitors: list[Visitor], rounds: int, seed: int) -> Outcome:
    """All visitors at once, each on every page in every round, starting on different ones."""
    outcome, ready = Outcome(), threading.Barrier(len(visitors) + 1)

    def visit(number: int, visitor: Visitor) -> None:
        random = np.random.default_rng([seed, number])
        stays = [STAYS[(number + i) % len(STAYS)] for i in range(rounds * len(STAYS))]
        steps = [list(stay(visitor, random)) for stay in stays]  # the photos are made before time is taken
        ready.wait()
        for i, (kind, act) in ((i, step) for i, stay in enumerate(steps) for step in stay):
            if i % len(STAYS) == 0 and kind == OPEN:
                visitor.start_over()  # what somebody set before would still be set
            begun = time.perf_counter()
            try:
                check = act()
            except (VisitorError, OSError, LookupError) as error:
                outcome.problems.append(f"{kind}: {type(error).__name__}: {error}")
            else:
                outcome.seconds[kind].append(time.perf_counter() - begun)
                outcome.checks.append(check)

    threads = [threading.Thread(target=visit, args=each) for each in enumerate(visitors)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    outcome.whole = time.perf_counter() - begun
    return outcome


@contextmanager
def gathered(url: str, count: int) -> Iterator[list[Visitor]]:
    """That many visitors, connected."""
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(url)) for _ in range(count)]


@contextmanager
def training(url: str) -> Iterator[list[str]]:
    """Somebody who trains an autoencoder all the while; gives the sentence that the page ends with."""
    over, said = threading.Event(), []

    def train() -> None:
        with Visitor(url) as visitor:
            visitor.open("latent_space")
            visitor.give("latent_tab", "Train")
            visitor.give("train_epochs", 60)
            while not over.is_set():
                visitor.press("Train")
                visitor.watch(lambda: over.is_set() or visitor.has("Train"))
            if visitor.has("Stop"):
                visitor.press("Stop")
                visitor.watch(lambda: visitor.has("Train"))
            said.append(visitor.elements("alert")[-1].body)

    thread = threading.Thread(target=train)
    thread.start()
    time.sleep(3)  # until the first steps are made
    try:
        yield said
    finally:
        over.set()
        thread.join()


def memory(process) -> tuple[float, float]:
    """MB of a process in memory, and of these its own; NaN where there is no /proc to read them from."""
    file = Path(f"/proc/{process.pid}/smaps_rollup")
    if not file.exists():
        return np.nan, np.nan
    kilobytes = {name: int(number) for name, number in re.findall(r"(\w+): +(\d+) kB", file.read_text())}
    return kilobytes["Rss"] / 1000, (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) / 1000


def row(name: str, cells: list[str]) -> None:
    """Print a line of the table."""
    print(f"{name:16}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


def told(name: str, outcome: Outcome, held: tuple[float, float]) -> None:
    """Print a crowd's line: medians, steps a second, memory."""
    times = [f"{outcome.median(kind):.0f} ms" for kind in KINDS]
    row(name, [*times, f"{outcome.steps / outcome.whole:.1f}", f"{held[0]:.0f} MB, {held[1]:.0f} MB"])


def rows(first: Outcome, last: Outcome, beside: Outcome) -> list[Row]:
    """One visitor against the largest crowd, step by step, and against some beside one who trains."""
    found = []
    for outcome, crowd in ((last, f"{CROWDS[-1]} visitors at once"), (beside, f"{BESIDE} and one who trains")):
        for kind in KINDS:
            alone, together = first.median(kind), outcome.median(kind)
            measured = f"{together:.0f} ms, {alone:.0f} ms"
            found.append(Row(f"{kind}, {crowd}, against one visitor", together / alone, measured))
    return found


def main() -> None:
    """Measure, check, print; exit status 1 where something is wrong."""
    outcomes, held = [], []
    row("visitors", [*KINDS, "steps a second", "memory, its own"])
    with served() as (url, process):
        with gathered(url, 1) as visitors:
            warm = together(visitors, 1, seed=1)  # the first visitor waits for the networks

        def measure(name: str, visitors: list[Visitor], rounds: int) -> None:
            outcomes.append(together(visitors, rounds, seed=len(outcomes) + 2))
            held.append(memory(process))
            told(name, outcomes[-1], held[-1])

        for count in CROWDS:
            with gathered(url, count) as visitors:
                measure(str(count), visitors, ROUNDS_ALONE if count == 1 else ROUNDS)
                if count == CROWDS[-1]:
                    first, last = outcomes[0], outcomes[-1]
                    for name, steps in (("filling", FILLING), ("further", FURTHER)):
                        measure(f"{count}, {name}", visitors, -(-steps // (10 * count)))
                    grown = held[-1][0] - held[-2][0]
        with training(url) as said, gathered(url, BESIDE) as visitors:
            measure(f"{BESIDE} + training", visitors, ROUNDS)
    limits = {kind: CROWDS[-1] / CORES * first.median(kind) for kind in KINDS}
    row(f"limit at {CROWDS[-1]}", [f"{limit:.0f} ms" for limit in limits.values()])

    problems = [problem for outcome in (warm, *outcomes) for problem in outcome.check().problems]
    problems += [f"{kind}: {last.median(kind):.0f} ms" for kind in KINDS if last.median(kind) > limits[kind]]
    if "model" not in "".join(said):
        problems.append(f"the training ended with {said}")
    if max(megabytes for megabytes, _ in held) > MEMORY:
        problems.append(f"more than {MEMORY} MB of memory")
    if grown > GROWTH:
        problems.append(f"{grown:.0f} MB more memory after {outcomes[-2].steps} further steps")
    show(rows(first, last, outcomes[-1]))
    print(f"{sum(outcome.steps for outcome in outcomes)} steps, {len(problems)} problems", *problems, sep="\n  ")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
