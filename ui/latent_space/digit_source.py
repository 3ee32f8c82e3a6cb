"""The digits' pictures, looked for once for all visitors."""

import streamlit as st

from core.autoencoder import digits


@st.cache_resource(ttl="1h", max_entries=1, show_spinner="Looking for MNIST's pictures")
def pictures_of_digits() -> digits.Digits:
    """All ten classes: MNIST, or what stands in for it. `digits.DigitsError` for a named file that is broken.

    An hour later it is tried again: the network may be back.
    """
    return digits.load()


def digits_or_sentence() -> digits.Digits | None:
    """The digits, after a sentence on the page where they are not MNIST's; None, after another, for a broken file."""
    try:
        found = pictures_of_digits()
    except digits.DigitsError as error:
        st.error(str(error), icon=":material/error:")
        return None
    if not found.is_mnist:
        st.info(
            "MNIST's pictures are not to be had here, so these are the handwritten digits that scikit-learn carries, "
            "brought to 28×28; name MNIST's `mnist.npz` in the environment variable `MNIST_FILE` to see its own.",
            icon=":material/info:",
        )
    return found
