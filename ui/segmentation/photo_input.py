"""The photo: an upload, a picture from the camera, or a sample. Uploads stay in the session, never on disk."""

from collections.abc import Callable
from functools import cache

import streamlit as st

from core.data import sample_photos
from ui.common import streamlit_workarounds, upload_budget
from ui.common.glossary_help import glossary_help
from ui.common.page_state import escaped
from ui.common.streamlit_workarounds import UploadedFile
from ui.segmentation.state import CAMERA, FIRST, STATE, Photo, add_upload, remove_upload, report_expired, session

FILE_MEGABYTES = 32  # a photo from a phone has 2 to 15


def photo_input() -> Photo:
    """The widgets; returns the selected photo."""
    left, right = st.columns([3, 4], gap="medium")
    with left:
        upload_field("Your photos", "uploads", add_upload, multiple=True)
        uploads = session().uploads
        with st.container(height=150 if len(uploads) > 3 else "content", border=False, gap="xxsmall"):
            for name, photo in uploads.items():
                listed_file(photo, f"Remove {name}", remove_upload, name)
    with right:
        options = [*uploads, *sample_photos.SAMPLES, CAMERA]
        selected = STATE.choice("photo", options=options, on_change=session().messages.clear)
    if selected == CAMERA:
        with left:  # only now, so that the browser does not ask for the camera before
            st.camera_input("Take a photo", key="camera", on_change=_take, args=("uploads", "camera", add_upload))
    return uploads.get(selected) or sample(FIRST if selected == CAMERA else selected)


@cache
def sample(name: str) -> Photo:
    """One of the sample photos."""
    return Photo(sample_photos.sample(name), f"the sample photo {name.lower()}", f"{name.lower()}.png")


def upload_field(label: str, name: str, add: Callable[[UploadedFile], None], *, multiple: bool = False) -> None:
    """A file uploader for pictures, empty after each upload because the session keeps the files.

    Args:
        name: its key, and with a number added the key of the empty uploader that replaces it.
        add: receives each new file; it stays in memory until `forget_upload` is called.
    """
    ours = session()
    key = f"{name}_{ours.emptied[name]}" if ours.emptied[name] else name

    def take() -> None:
        ours.emptied[name] += 1
        _take(name, key, add)

    st.file_uploader(
        label,
        ["jpg", "jpeg", "png", "webp"],
        accept_multiple_files=multiple,
        key=key,
        on_change=take,
        max_upload_size=FILE_MEGABYTES,
        help=glossary_help(label),
    )
    st.caption(f"All your files together may have {upload_budget.session_megabytes()} MB.")
    _, expired = streamlit_workarounds.uploaded_files(key)
    if expired:
        ours.emptied[name] += 1
        report_expired(name, STATE["photo"])
    if name in ours.messages:
        st.warning(escaped(ours.messages[name]), icon=":material/warning:")


def listed_file(file: Photo, label: str, remove: Callable[[str], object], name: str) -> None:
    """The name of an uploaded file with a button that removes it by calling `remove(name)`."""
    short = file.file_name if len(file.file_name) <= 22 else f"{file.file_name[:12]}…{file.file_name[-9:]}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(short, width="stretch")
        st.button(label, key=label, type="tertiary", icon=":material/delete:", on_click=remove, args=(name,))


def _take(name: str, key: str, add: Callable[[UploadedFile], None]) -> None:
    """Hand over the files of a widget for which the session has room; `name` gets the message if one has none."""
    ours = session()
    ours.messages.clear()
    files, _ = streamlit_workarounds.uploaded_files(key)
    for file in files:
        room = min(FILE_MEGABYTES * 2**20, upload_budget.session_megabytes() * 2**20 - ours.upload_bytes)
        if file.size > room:
            ours.messages[name] = (
                f"A file was not added: a file may have {FILE_MEGABYTES} MB, all of yours together "
                f"{upload_budget.session_megabytes()} MB. Remove some files or upload smaller ones."
            )
            streamlit_workarounds.forget_upload(file.file_id)
        else:
            add(file)
