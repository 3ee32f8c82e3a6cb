"""The digit images, loaded once for all sessions."""

import streamlit as st

from core.autoencoder import digits
from ui.common.page_state import escaped


@st.cache_resource(ttl="1h", max_entries=1, show_spinner="Loading the digits")
def all_digits() -> digits.Digits:
    """All ten classes: MNIST, or scikit-learn's digits where it is not available. See `digits.load` for errors.

    After an hour the app tries again: the network may be back. `digits.load` returns the same arrays for the same file.
    """
    return digits.load()


def available_digits() -> digits.Digits | None:
    """The digits, with a caption on the page if they are not MNIST; None, with an error, if MNIST_FILE is damaged."""
    try:
        source = all_digits()
    except digits.DigitsError as error:
        st.error(escaped(error), icon=":material/error:")
        return None
    if source.problem:
        st.warning(escaped(source.problem), icon=":material/warning:")
    elif not source.is_mnist:
        st.caption(
            "MNIST is not available: the app uses the 1,797 digits of scikit-learn instead. To use MNIST, set the "
            "environment variable `MNIST_FILE` to the path of `mnist.npz` and restart the app."
        )
    return source
