"""Work on photos at their own size: in strips of rows, and in turns under one memory budget."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from core import memory

BYTES_PER_PIXEL = 10
"""Of a photo at its own size, while it is decoded, segmented and written: measured 7.5 at most."""
MEGABYTES = 300
"""For all threads together: two photos of 12 megapixels, or one larger one alone."""

SMALL = 1_000_000
"""Pixels of a photo that takes no turn: no small photo waits for a large one."""
STRIP = 2**20
"""Pixels of a strip."""


def strips(size: tuple[int, int], pixels: int = STRIP) -> Iterator[slice]:
    """The rows of a picture of `size` (height, width) from top to bottom, about so many pixels at a time."""
    height, width = size
    rows = max(1, pixels // max(1, width))
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))


class Turns:
    """A budget of memory, and a queue of those that wait for a part of it. Safe to use from many threads."""

    def __init__(self, total: int):
        """`total` is in bytes."""
        self._free = self.total = total
        self._queue: deque[object] = deque()
        self._busy = 0
        self._changed = threading.Condition()
        self._mine = threading.local()

    @property
    def length(self) -> int:
        """How many have a turn or wait for one."""
        return self._busy + len(self._queue)

    @contextmanager
    def turn(self, size: int, waiting: Callable[[int], None] | None = None) -> Iterator[None]:
        """Wait until `size` bytes are free, hold them in the block, then return them.

        A thread that holds a part already gets no second one, so that a function may take its turn whether or not its
        caller has. A thread that needs more than the total waits until no other holds anything.

        Args:
            size: bytes.
            waiting: called about once a second, only while it waits, with the number of turns that come before; an
                exception that it raises leaves the queue.
        """
        if getattr(self._mine, "held", False):
            yield
            return
        size, place = min(size, self.total), object()
        with self._changed:
            self._queue.append(place)
            try:
                while self._queue[0] is not place or self._free < size:
                    if waiting:
                        waiting(max(1, self._queue.index(place)))
                    self._changed.wait(1)
                self._free -= size
                self._busy += 1
            finally:
                self._queue.remove(place)
                self._changed.notify_all()
        self._mine.held = True
        try:
            yield
        finally:
            self._mine.held = False
            memory.return_free()
            with self._changed:
                self._free += size
                self._busy -= 1
                self._changed.notify_all()


FULL_SIZE = Turns(MEGABYTES * 1_000_000)
"""The turns of this process."""


def turn(pixels: int, waiting: Callable[[int], None] | None = None) -> AbstractContextManager:
    """A turn of FULL_SIZE for a photo of so many pixels, see `Turns.turn`; at once for a small photo."""
    return nullcontext() if pixels <= SMALL else FULL_SIZE.turn(pixels * BYTES_PER_PIXEL, waiting)
