"""Where the photo comes from: uploads, the camera, samples. Nothing of it is written to disk."""

import re
from dataclasses import dataclass

import streamlit as st

from core.data import sample_photos
from ui.common import streamlit_workarounds
from ui.common.settings import Choice

MEGABYTES = 32  # of a file: a phone's photo has 2 to 15
CAMERA = "Camera"
FIRST = next(iter(sample_photos.SAMPLES))


class Picked(Choice):
    """What an address may pick: an upload is gone when a page is opened again, or its server was started again."""

    def refusal(self, key: str, text: str) -> str:
        """One that says so where the address picks an upload."""
        if not re.fullmatch(r"Photo \d{1,9}", text):
            return super().refusal(key, text)
        return f"{text} was an upload and is not kept: choose its file again. {self.start} stands in for it."


SETTINGS = {"picked": Picked("Photo", (*sample_photos.SAMPLES, CAMERA), FIRST)}


@dataclass(frozen=True)
class Given:
    """A picture's file: its bytes, what a sentence calls it, a safe start for the names of files made of it."""

    data: bytes
    name: str
    stem: str


def photo_in() -> tuple[Given, list[Given]]:
    """The widgets; gives the chosen picture and all uploaded ones."""
    left, right = st.columns([3, 4], gap="medium")
    left.file_uploader(
        "Your photos",
        ["jpg", "jpeg", "png", "webp"],
        accept_multiple_files=True,
        key="uploads",
        on_change=_uploaded,
        max_upload_size=MEGABYTES,
    )
    if len(_files()) < len(st.session_state.uploads):
        left.caption(
            ":material/link_off: Not all of these are here any more: the server was started again, or you were away "
            "for long. Choose them again."
        )
    uploads = _uploads()
    with right:
        picked = st.segmented_control(
            "Photo", _choices(uploads), default=FIRST, required=True, key="picked", wrap=True, bind="query-params"
        )
    if picked == CAMERA:
        # Only here, so that the browser asks for the camera when it was asked for and not before.
        with left:
            taken = st.camera_input("Take a photo", key="camera")
        if taken:
            return Given(taken.getvalue(), "your photo", "camera"), uploads
        picked = FIRST
    if picked in sample_photos.SAMPLES:
        return sample(picked), uploads
    return uploads[int(picked.split()[-1]) - 1], uploads


def sample(name: str) -> Given:
    """One of the photos that come with the app."""
    return Given(sample_photos.sample(name), f"the sample photo {name.lower()}", name.lower())


def _uploads() -> list[Given]:
    return [
        Given(file.getvalue(), f"your photo {i}", re.sub(r"[^\w-]+", "_", file.name.rsplit(".", 1)[0])[:60])
        for i, file in enumerate(_files(), start=1)
    ]


def _files() -> list:
    """The uploads that are still here: a server that was started again knows the names of earlier ones alone."""
    return streamlit_workarounds.present_files(st.session_state.uploads)


def _choices(uploads: list[Given]) -> list[str]:
    # Numbers, not file names: a label is Markdown, and a name is whatever a stranger wrote.
    return [*(f"Photo {i}" for i in range(1, len(uploads) + 1)), *sample_photos.SAMPLES, CAMERA]


def _uploaded() -> None:
    """Files came or went: show the newest; a callback."""
    files = _files()
    st.session_state.picked = f"Photo {len(files)}" if files else FIRST
