"""Downloads: pictures and numbers at the photo's own size, of one photo or of all uploads in a zip file."""

import io
import time
import zipfile
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import streamlit as st

from core import full_size, masks, photos, png
from ui.common.page_state import escaped
from ui.segmentation import overlay_settings, predictions
from ui.segmentation.overlay_settings import OverlaySettings
from ui.segmentation.state import Photo, session

NOTICE_SECONDS = 3
NOTICE_HEIGHT = 40  # pixels, reserved
FILES = {
    "Mask": "mask.png",
    "Overlay": "overlay.png",
    "Cut-out": "cut-out.png",
    "Probability, 16-bit": "probability.png",
    "Probability, .npy": "probability.npy",
}
"""Kind of file -> the end of its name."""


def file_bytes(
    kind: str, photo: Photo, settings: OverlaySettings, waiting: Callable[[int], None] | None = None
) -> bytes:
    """One of the `FILES`; 16-bit PNG holds 65535 times the probability, .npy its float32. PhotoError as `on_screen`.

    Large photos take turns; see `core.full_size.turn` for `waiting`.
    """
    view = predictions.on_screen(photo)
    height, width = view.size
    with full_size.turn(height * width, waiting):
        if kind.startswith("Probability"):
            rows_of = partial(masks.enlarged, predictions.probability_map(view), view.size)
            if kind == "Probability, .npy":
                return _npy((rows_of(rows) for rows in full_size.strips(view.size)), view.size)
            strips = (np.round(65535 * rows_of(rows)).astype(np.uint16) for rows in full_size.strips(view.size))
            return png.encoded(strips, height)
        pixels = predictions.at_own_size(photo, view)
        prediction = overlay_settings.predict_page(view, pixels, settings)
        rows_of = overlay_settings.drawing(kind, pixels, prediction, settings)
        return png.encoded(map(rows_of, full_size.strips(view.size)), height)


def _npy(strips: Iterable[np.ndarray], size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": size})
    for strip in strips:
        file.write(strip.astype("<f4", copy=False).tobytes())
    return file.getvalue()


def zip_bytes(
    uploads: dict[str, Photo],
    kinds: list[str],
    settings: OverlaySettings,
    progress: Callable[[int], None],
    waiting: Callable[[int], None] | None = None,
) -> tuple[bytes, list[str]]:
    """The files of several photos as one zip file, and a sentence for each photo that could not be read.

    Args:
        progress: called with the number of finished photos, after each.
        waiting: as in `file_bytes`.
    """
    file, warnings = io.BytesIO(), []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        for i, (name, photo) in enumerate(uploads.items(), start=1):
            try:
                for kind in kinds:
                    data = file_bytes(kind, photo, settings, waiting)
                    archive.writestr(f"{i:02d}-{photo.stem}-{FILES[kind]}", data)
            except photos.PhotoError as error:
                warnings.append(f"{name} was left out. {error}")
            progress(i)
    return file.getvalue(), warnings


def downloads(photo: Photo, settings: OverlaySettings) -> None:
    """A button for each kind of file; a file is made when its button is pressed."""
    for kind, ending in FILES.items():
        st.download_button(
            kind,
            partial(file_bytes, kind, photo, settings),
            f"{photo.stem}-{ending}",
            "image/png" if ending.endswith("png") else "application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
        )


def queue_notice(size: tuple[int, int]) -> None:
    """Below the downloads of a large photo, (height, width): how many others have their turn first.

    No button can say so: the server makes its file outside of a run of the page.
    """
    if size[0] * size[1] > full_size.SMALL:
        with st.container(height=NOTICE_HEIGHT, border=False):
            _queue_notice()


@st.fragment(run_every=NOTICE_SECONDS)
def _queue_notice() -> None:
    if count := full_size.FULL_SIZE.length:
        st.caption(
            f":material/hourglass: Large photos take turns: {count} in work or waiting. Yours follows when its turn "
            "comes."
        )


def download_all(uploads: dict[str, Photo], settings: OverlaySettings) -> None:
    """A zip file of all uploads, made on demand with a progress bar and a way to stop."""
    with st.popover(f"All {len(uploads)} photos", icon=":material/folder_zip:"):
        kinds = st.pills(
            "In the zip file",
            list(FILES),
            selection_mode="multi",
            default=["Mask", "Cut-out"],
            key="zip_kinds",
            persist_state="session",
        )
        request = (tuple(photo.key for photo in uploads.values()), tuple(kinds), settings)
        if st.button("Make the zip file", icon=":material/play_arrow:", disabled=not kinds, key="make_zip"):
            st.button("Stop", icon=":material/stop:")  # any press ends the run that makes the file
            bar, start = st.progress(0.0, "Processing the first photo"), time.monotonic()

            def progress(done: int) -> None:
                seconds = (time.monotonic() - start) / done * (len(uploads) - done)
                bar.progress(done / len(uploads), f"{done} of {len(uploads)} photos, about {seconds:.0f} s left")

            def waiting(before: int) -> None:
                bar.progress(0.0, f"Large photos take turns: {before} before yours")

            session().archive = (request, *zip_bytes(uploads, kinds, settings, progress, waiting))
            st.rerun()
        archive = session().archive
        if archive and archive[0] == request:
            st.download_button(
                "Save the zip file",
                archive[1],
                "segmentation.zip",
                on_click="ignore",
                icon=":material/download:",
                key="save_zip",
            )
            for sentence in archive[2]:
                st.warning(escaped(sentence), icon=":material/broken_image:")
