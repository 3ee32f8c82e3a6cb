"""What keeps a server with many visitors quick and small."""

import ctypes
import gc
import sys
from itertools import count

RUNS = 100
"""Of pages in this process, for one full round of the garbage collector."""
_run = count()


def spare() -> None:
    """Let the garbage collector look at what is new alone, and at everything once in `RUNS`.

    Streamlit collects all garbage after every run, and again through Keras' `clear_session`: over all that the modules
    and the visitors of a crowd hold, that is most of a server's time.
    """
    if next(_run) % RUNS == 0:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


def _share_memory() -> None:
    """Let all threads share two pools of free memory, where glibc would make sixteen on two cores.

    Streamlit runs every page in a thread of its own; what one of them frees in its pool helps no other. With 20
    visitors that is 200 MB.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):  # musl has none
        libc.mallopt(-8, 2)  # M_ARENA_MAX of malloc.h


_share_memory()
