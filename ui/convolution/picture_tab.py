"""The convolution page's tab "On a picture": a kernel editor and the feature map that its values give."""

import numpy as np
import streamlit as st

from core import photos
from core.convolution import kernels
from core.convolution.layer import Layer
from core.data import sample_photos
from ui.common.page_state import escaped
from ui.common.theme import number
from ui.convolution.state import DIGIT, STATE, UPLOAD, session, table

LONGEST = 320  # pixels of the picture's longer side


def _grey(data: bytes) -> np.ndarray:
    """A photo file as grey levels, (H, W) float32 in 0 .. 1; PhotoError if it cannot be decoded."""
    return photos.luma(photos.shrunk(photos.decode(data), LONGEST)) / 255


@st.cache_data(max_entries=8, show_spinner=False)
def _sample(source: str) -> np.ndarray:
    if source == DIGIT:
        from core.autoencoder.digits import scikit_learn_digits, unit

        return unit(scikit_learn_digits().test_images[0])
    return _grey(sample_photos.sample(source))


def _keep_upload() -> None:
    """Decode a new upload once and keep it in the session, where it survives a visit to another page."""
    file, page_session = st.session_state.filtered_upload, session()
    page_session.upload, page_session.upload_error = None, ""
    if file is not None:
        try:
            page_session.upload = _grey(file.getvalue())
        except photos.PhotoError as error:
            page_session.upload_error = str(error)


def _picture(source: str) -> np.ndarray | None:
    """The selected picture, (H, W) in 0 .. 1, or None if there is no upload."""
    if source != UPLOAD:
        return _sample(source)
    types = ["jpg", "jpeg", "png", "webp"]
    st.file_uploader("Upload a JPEG, PNG or WebP", types, key="filtered_upload", on_change=_keep_upload)
    if session().upload_error:
        st.warning(escaped(session().upload_error), icon=":material/broken_image:")
    return session().upload


def _kernel() -> np.ndarray | None:
    """The kernel in the editor, (size, size), or None with a warning if a value is missing."""
    forget_edits = {"on_change": STATE.update, "kwargs": {"numbers": None}}
    name = STATE.select("kernel", **forget_edits)
    size = int(STATE.choice("kernel_size", **forget_edits))
    seed = STATE.number("kernel_seed", **forget_edits) if name == "Random" else 1
    original = tuple(kernels.named(name, size, seed).ravel())
    entry, key = table("numbers", STATE["numbers"] or original)
    edited = st.data_editor(
        np.reshape(entry.start, (size, size)),
        key=key,
        hide_index=True,
        column_config={str(i): st.column_config.NumberColumn(str(i + 1), format="%.4g") for i in range(size)},
        alt=f"The {size} × {size} values of the kernel, editable",
    )
    kernel = np.asarray(edited, float)
    if not np.isfinite(kernel).all():
        st.warning("A kernel value is missing: fill every cell.", icon=":material/grid_off:")
        return None
    entry.value = tuple(kernel.ravel())
    STATE.update(numbers=None if entry.value == original else entry.value)
    return kernel


def picture_tab(layer: Layer) -> None:
    """The editor and the pictures, for the kind, stride, padding and dilation of `layer`."""
    editor, before, after = st.columns([1, 1, 1], gap="large")
    with editor:
        source = STATE.select("source")
        picture = _picture(source)
        kernel = _kernel()
    with before:
        if picture is not None:
            st.image(_enlarged(picture), width="stretch", alt=f"{source}, grey, the layer's input")
            st.caption(f"Input {picture.shape[0]} × {picture.shape[1]}, 0 to 1")
    with after:
        if kernel is None or picture is None:
            st.info("Choose a picture and fill the kernel to see the feature map.", icon=":material/image:")
            return
        try:
            feature = kernels.feature_map(picture, kernel, layer)
        except ValueError as error:
            st.warning(escaped(error), title="This layer is impossible", icon=":material/block:")
            return
        st.image(_enlarged(kernels.visible(feature)), width="stretch", alt=f"Feature map of {source}")
        low, high = number(float(feature.min())), number(float(feature.max()))
        zero = "mid-grey is 0" if feature.min() < 0 else "black is 0"
        settings = f"{layer.kind}, stride {layer.strides[0]} × {layer.strides[1]}, {layer.padding}"
        st.caption(f"Output {feature.shape[0]} × {feature.shape[1]} of {settings}: {low} to {high}, {zero}")


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """A small picture with repeated pixels, so that the browser does not smooth it."""
    times = max(1, 400 // max(picture.shape))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
