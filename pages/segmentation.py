import streamlit as st

from core import masks, photos, weights
from ui import segmentation, theme

st.title("Segmentation")
st.markdown(
    "A network decides for every pixel whether the object in the photo covers it. "
    "**Upload a photo of your own, then move the threshold.**"
)
controls, main, side = st.columns([1.1, 2, 0.9], gap="medium")

with controls:
    upload = st.file_uploader("Your photo", ["jpg", "jpeg", "png", "webp"], key="upload")
    problem = st.container()
    sample = st.segmented_control("Or a sample", list(photos.SAMPLES), default="Cat", required=True, key="sample")
    threshold = st.slider("Threshold on the probability", 0.01, 0.99, 0.5, 0.01, key="threshold")
    opacity = st.slider("Opacity of the mask", 0, 100, 55, 5, format="%d %%", key="opacity") / 100
    colour = st.segmented_control("Colour", list(theme.MASKS), default="Orange", required=True, key="colour")

tabs = st.tabs(["How sure it is", "About the network"])
with tabs[1]:
    try:
        segmentation.about()
    except weights.WeightsError as error:
        st.error(str(error), icon=":material/error:")

data = upload.getvalue() if upload else photos.sample(sample)
name = "your photo" if upload else f"the sample photo {sample.lower()}"
with main:
    try:
        seen = segmentation.look(data)
    except photos.PhotoError as error:
        problem.error(str(error), icon=":material/broken_image:")
        data, name = photos.sample(sample), f"the sample photo {sample.lower()}"
        seen = segmentation.look(data)
    except weights.WeightsError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()

# From here on nothing touches the network: the sliders redraw what it saw.
mask = masks.enlarged(seen.coarse, seen.photo.shape[:2]) > threshold
rgb = theme.rgb(theme.MASKS[colour])
height, width = seen.size
covered = f"{100 * masks.share(mask):.1f} %"

with main:
    st.image(
        masks.overlay(seen.photo, mask, rgb, opacity),
        caption=f"The object covers {covered} of {width} × {height} pixels.",
        width=segmentation.width_on_screen(seen.size),
        output_format="JPEG",
        alt=f"{name}, the object under a mask that covers {covered} of it",
    )
    segmentation.downloads(data, seen, threshold, theme.MASKS[colour], opacity)

with side:
    small = segmentation.width_on_screen(seen.size, segmentation.TALLEST // 2 - 40)
    st.image(seen.photo, "Photo", small, output_format="JPEG", alt=name)
    st.image(mask.astype("uint8") * 255, "Mask: white where the object is", small, alt=f"Mask of {name}")

with tabs[0]:
    st.plotly_chart(
        segmentation.certainty(seen, threshold),
        config={"displayModeBar": False},
        key="certainty",
        alt=f"Histogram of the probabilities; {covered} of the pixels lie above the threshold {threshold:.2f}.",
    )
    st.markdown(
        "Most pixels lie at one of the ends, where the network is sure and the threshold changes nothing; those in "
        "between are edges and doubts."
    )
