"""What a visitor takes home: pictures and numbers at the photo's own size, one photo's or all in a zip."""

import io
import time
import zipfile
from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from core import photos
from ui.common.pictures import png
from ui.segmentation import overlay_settings, predictions
from ui.segmentation.photo_input import Given

EFFORT = 1  # of packing: a visitor waits for a photo of 12 megapixels
FILES = {
    "Mask": "mask.png",
    "Overlay": "overlay.png",
    "Cut-out": "cut-out.png",
    "Probability, 16-bit": "probability.png",
    "Probability, .npy": "probability.npy",
}
"""What can be had -> how its file's name ends."""


def made(kind: str, found: overlay_settings.Found, look: overlay_settings.Look) -> bytes:
    """The bytes of one of the `FILES`; 16-bit PNG holds 65535 times the probability, .npy its float32."""
    if kind == "Probability, 16-bit":
        return png(np.round(65535 * found.probability).astype(np.uint16), EFFORT)
    if kind == "Probability, .npy":
        file = io.BytesIO()
        np.save(file, found.probability)
        return file.getvalue()
    return png(overlay_settings.drawn(kind, found, look), EFFORT)


def found_at_own_size(data: bytes, look: overlay_settings.Look) -> overlay_settings.Found:
    """What the network found in an upload, at its own size; the network runs only for what it has not seen."""
    return overlay_settings.find(predictions.decoded(data), predictions.look(data), look)


def zipped(
    uploads: list[Given], kinds: list[str], look: overlay_settings.Look, progress: Callable[[int], None]
) -> tuple[bytes, list[str]]:
    """The files of several photos as one zip, and a sentence for each photo that could not be read.

    Args:
        progress: called with the number of photos done, after each.
    """
    file, left_out = io.BytesIO(), []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG is packed already
        for i, given in enumerate(uploads, start=1):
            try:
                found = found_at_own_size(given.data, look)
            except photos.PhotoError as error:
                left_out.append(f"Photo {i} was left out. {error}")
            else:
                for kind in kinds:
                    archive.writestr(f"{i:02d}-{given.stem}-{FILES[kind]}", made(kind, found, look))
            progress(i)
    return file.getvalue(), left_out


def downloads(given: Given, look: overlay_settings.Look) -> None:
    """A button a file; it is made when its button is pressed, not before."""
    for kind, ending in FILES.items():
        st.download_button(
            kind,
            partial(_one, given.data, kind, look),
            f"{given.stem}-{ending}",
            "image/png" if ending.endswith("png") else "application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
        )


def _one(data: bytes, kind: str, look: overlay_settings.Look) -> bytes:
    return made(kind, found_at_own_size(data, look), look)


def download_all(uploads: list[Given], look: overlay_settings.Look) -> None:
    """A zip of what is wanted of every upload, made on demand with a bar and a way to stop."""
    with st.popover(f"All {len(uploads)} photos", icon=":material/folder_zip:"):
        kinds = st.pills("In the zip", list(FILES), selection_mode="multi", default=["Mask", "Cut-out"], key="kinds")
        wanted = (tuple(given.data for given in uploads), tuple(kinds), look)
        if st.button("Make the zip", icon=":material/play_arrow:", disabled=not kinds, key="make_zip"):
            st.button("Stop", icon=":material/stop:")  # any press ends the run that makes the zip
            bar, start = st.progress(0.0, "Looking at the first photo"), time.monotonic()

            def progress(done: int) -> None:
                seconds = (time.monotonic() - start) / done * (len(uploads) - done)
                bar.progress(done / len(uploads), f"{done} of {len(uploads)} photos, about {seconds:.0f} s left")

            st.session_state.zip = (wanted, *zipped(uploads, kinds, look, progress))
            st.rerun()
        ready = st.session_state.get("zip")
        if ready and ready[0] == wanted:
            st.download_button(
                "Save the zip", ready[1], "segmentation.zip", on_click="ignore", icon=":material/download:"
            )
            for sentence in ready[2]:
                st.warning(sentence, icon=":material/broken_image:")
