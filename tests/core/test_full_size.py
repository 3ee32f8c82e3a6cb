"""Strips, turns under the memory budget, and the peak memory of work on a large photo."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import full_size

ROOT = Path(__file__).parents[2]
SIDES = 2400, 2000
MAX_MEGABYTES = 90
"""Measured 52 to 67 for a cut-out, and 127 to 160 before it was made in strips; strips do not grow with the photo."""

PEAK = """
import io, json
from pathlib import Path
import numpy as np
from PIL import Image
from ui.segmentation import downloads, state
from ui.segmentation.overlay_settings import OverlaySettings

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(name))

def photo(width, height, kind):
    file, noise = io.BytesIO(), np.random.default_rng(0).integers(90, 130, (height, width, 3), np.uint8)
    noise[height // 4 : height // 2, width // 4 : width // 2] //= 2
    Image.fromarray(noise).save(file, kind)
    return state.Photo(file.getvalue(), "a photo", "photo")

settings, peaks = OverlaySettings(outline=True, threshold=0.01), {}
for each in KINDS:
    downloads.file_bytes(each, photo(1200, 900, "JPEG"), settings)
for each in KINDS:
    for kind in ("JPEG", "PNG"):
        large = photo(*SIDES, kind)
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
        before = status("VmRSS")
        file = downloads.file_bytes(each, large, settings)
        peaks[f"{each} of a {kind}"] = status("VmHWM") - before - len(file) / 1e6
print(json.dumps(peaks))
"""


def test_strips_are_all_rows_in_order():
    for size, pixels in (((10, 7), 21), ((1, 1), 1), ((3, 999), 5), ((0, 4), 8), ((5, 0), 2)):
        rows = [row for strip in full_size.strips(size, pixels) for row in range(*strip.indices(size[0]))]
        assert rows == list(range(size[0]))


def test_ten_large_photos_never_hold_more_than_the_budget_and_come_in_order():
    turns, held, peak, order, heard = full_size.Turns(500), [], [], [], []
    first_has_its_turn, go = threading.Event(), threading.Event()

    def work(number, size):
        with turns.turn(size, lambda before: heard.append((number, before))):
            held.append(size)
            peak.append(sum(held))
            order.append(number)
            first_has_its_turn.set()
            go.wait(10)
            held.remove(size)

    threads = []
    for number, size in enumerate([490, 120, 120, 490, 120, 900, 5]):
        threads.append(threading.Thread(target=work, args=(number, size)))
        threads[-1].start()
        first_has_its_turn.wait(10)
        while turns.length <= number:  # until it is in the queue
            threading.Event().wait(0.001)
    assert order == [0]
    assert {each for each, _ in heard} == set(range(1, 7))
    go.set()
    for thread in threads:
        thread.join(10)
    assert sorted(order) == list(range(7))
    assert order.index(3) < order.index(4) < order.index(5) < order.index(6)
    assert max(peak) <= 900  # the one that is larger than the budget, alone
    assert max(size for size in peak if size != 900) <= 500
    assert turns.length == 0


def test_a_turn_inside_a_turn_does_not_wait_and_an_error_gives_it_back():
    turns = full_size.Turns(10)
    with pytest.raises(KeyError), turns.turn(8), turns.turn(8):
        raise KeyError
    with turns.turn(10):
        assert turns.length == 1

    def leaves(_before):
        raise InterruptedError

    left = []

    def leave():
        try:
            with turns.turn(8, leaves):
                left.append("had its turn")
        except InterruptedError:
            left.append("left the queue")

    with turns.turn(8):
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join(10)
    assert left == ["left the queue"]
    assert turns.length == 0


def test_small_photos_take_no_turn():
    with full_size.FULL_SIZE.turn(full_size.FULL_SIZE.total):
        done = threading.Event()
        threading.Thread(target=lambda: full_size.turn(full_size.SMALL).__enter__() or done.set()).start()
        assert done.wait(10)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak memory of a process")
def test_a_file_of_a_large_photo_takes_ten_bytes_a_pixel_at_most():
    """In a process of its own, for a photo of 5 megapixels; the file itself does not count."""
    program = PEAK.replace("KINDS", "('Cut-out', 'Overlay')").replace("SIDES", repr(SIDES))
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    peaks = json.loads(run.stdout)
    assert len(peaks) == 4
    assert not {name: peak for name, peak in peaks.items() if peak > MAX_MEGABYTES}, peaks
