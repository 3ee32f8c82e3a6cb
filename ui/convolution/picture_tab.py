"""The convolution page's tab "On a picture": a kernel editor and the feature map that its numbers make."""

import numpy as np
import streamlit as st

from core import photos
from core.convolution import kernels
from core.convolution.layer import Layer
from core.data import sample_photos
from ui.common.settings import Choice, Whole, choice_widget, whole_widget
from ui.common.theme import number

LONGEST = 320  # pixels a side of the picture that goes in
DIGIT, UPLOAD = "Digit", "Your own"
SETTINGS = {
    "source": Choice("Picture to filter", (DIGIT, *sample_photos.SAMPLES, UPLOAD), "Cat"),
    "kernel": Choice("Start from", kernels.NAMES, "Sobel, vertical edges"),
    "kernel_size": Choice("Size", tuple(map(str, kernels.SIZES)), "3"),
    "kernel_seed": Whole("Random kernel", 1, 99, 1),
}


@st.cache_data(max_entries=8, show_spinner=False)
def _grey(source: str) -> np.ndarray:
    if source == DIGIT:
        from core.autoencoder.digits import scikit_learn_digits

        return kernels.grey(scikit_learn_digits().test_images[0])
    return kernels.grey(photos.shrunk(photos.decode(sample_photos.sample(source)), LONGEST))


def _picture(source: str) -> np.ndarray | None:
    """(H, W) in 0 .. 1 of the chosen source, or None with a word where there is none yet."""
    if source != UPLOAD:
        return _grey(source)
    upload = st.file_uploader("A JPEG, PNG or WebP", type=["jpg", "jpeg", "png", "webp"], key="filtered_upload")
    if upload is None:
        return None
    try:
        return kernels.grey(photos.shrunk(photos.decode(upload.getvalue()), LONGEST))
    except photos.PhotoError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return None


def _from_address(size: int) -> np.ndarray | None:
    """Own numbers that the address brought when it was opened, (size, size), else None with a word."""
    if "numbers_opened" not in st.session_state:
        text = st.query_params.get("numbers", "")
        opened = None
        try:
            opened = [float(n) for n in text.split("_")] if text else None
        except ValueError:
            opened = []
        if opened is not None and (len(opened) != size**2 or not np.isfinite(opened).all()):
            st.toast(f"numbers in the address are not the {size**2} numbers of a kernel; the named one stands in.")
            opened = None
        st.session_state.numbers_opened = opened
    opened = st.session_state.numbers_opened
    return None if opened is None or len(opened) != size**2 else np.reshape(opened, (size, size))


def _forget_numbers() -> None:
    """Another kernel to start from: own numbers are gone; a callback."""
    st.session_state.numbers_opened = None
    st.query_params.pop("numbers", None)


def _kernel() -> np.ndarray | None:
    """The numbers in the editor, (size, size), or None with a word where one is missing."""
    name = choice_widget("kernel", SETTINGS["kernel"], listed=True, on_change=_forget_numbers)
    size = int(choice_widget("kernel_size", SETTINGS["kernel_size"], on_change=_forget_numbers))
    seed = whole_widget("kernel_seed", SETTINGS["kernel_seed"], field=True) if name == "Random" else 1
    start = _from_address(size)
    if start is None:
        start = kernels.named(name, size, seed)
    edited = st.data_editor(
        start,
        key=f"numbers_{name}_{size}_{seed}",
        hide_index=True,
        column_config={str(i): st.column_config.NumberColumn(str(i + 1), format="%.4g") for i in range(size)},
        alt=f"The {size} × {size} numbers of the kernel, to edit",
    )
    edited = np.asarray(edited, float)
    if not np.isfinite(edited).all():
        st.warning("A kernel number is missing: fill every cell.", icon=":material/grid_off:")
        return None
    if (edited != start).any():
        st.query_params["numbers"] = "_".join(f"{n:g}" for n in edited.ravel())
    return edited


def picture_tab(layer: Layer) -> None:
    """Editor and pictures, for the kind, stride, padding and dilation of `layer`."""
    editor, before, after = st.columns([1, 1, 1], gap="large")
    with editor:
        source = choice_widget("source", SETTINGS["source"], listed=True)
        picture = _picture(source)
        kernel = _kernel()
    with before:
        if picture is not None:
            st.image(_enlarged(picture), width="stretch", alt=f"{source}, grey, the layer's input")
            st.caption(f"Input {picture.shape[0]} × {picture.shape[1]}, 0 to 1")
    with after:
        if kernel is None or picture is None:
            st.info("Choose a picture and fill the kernel: the feature map stands here.", icon=":material/image:")
            return
        try:
            feature = kernels.feature_map(picture, kernel, layer)
        except ValueError as error:
            st.warning(str(error), title="No such layer", icon=":material/block:")
            return
        st.image(_enlarged(kernels.visible(feature)), width="stretch", alt=f"Feature map of {source}")
        low, high = number(float(feature.min())), number(float(feature.max()))
        zero = "mid-grey is 0" if feature.min() < 0 else "black is 0"
        made_by = f"{layer.kind}, stride {layer.strides[0]} × {layer.strides[1]}, {layer.padding}"
        st.caption(f"Output {feature.shape[0]} × {feature.shape[1]} of {made_by}: {low} to {high}, {zero}")


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """Pixels of small pictures repeated, so that they stay squares on screen instead of being smoothed."""
    times = max(1, 400 // max(picture.shape))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
