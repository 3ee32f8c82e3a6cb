import streamlit as st

from core import masks, photos, weights
from ui import segmentation, theme

st.title("Segmentation")
st.markdown(
    "A network decides for every pixel whether the object in the photo covers it. "
    "**Upload a photo of your own, then move the threshold.**"
)
controls, main, side = st.columns([1.3, 2.1, 0.9], gap="medium")

with controls:
    upload = st.file_uploader("Your photo", ["jpg", "jpeg", "png", "webp"], key="upload")
    problem = st.container()
    sample = st.segmented_control("Or a sample", list(photos.SAMPLES), default="Astronaut", required=True, key="sample")
    threshold = st.slider("Threshold on the probability", 0.01, 0.99, 0.5, 0.01, key="threshold")
    opacity = st.slider("Opacity of the mask", 0, 100, 55, 5, format="%d %%", key="opacity") / 100
    colour = st.segmented_control("Colour", list(theme.MASKS), default="Green", required=True, key="colour")

data, name = photos.sample(sample), f"the sample photo {sample.lower()}"
try:
    photo = segmentation.on_screen(data)
    if upload:
        photo = segmentation.on_screen(upload.getvalue())
        data, name = upload.getvalue(), "your photo"
except photos.PhotoError as error:
    problem.error(str(error), icon=":material/broken_image:")

frame = picture = main.container(width=photo.width(tallest=520))
side_frame = mask_picture = side.container(width=photo.width(tallest=220))
side_frame.image(photo.pixels, "Photo", "stretch", output_format="JPEG", alt=name)
sure, card = st.tabs(["How sure it is", "About the network"])
try:
    if st.session_state.get("looked_at") != photo.key:  # the photo stands there at once, its mask when it is found
        picture = frame.image(photo.pixels, "Looking for the object", "stretch", output_format="JPEG", alt=name)
        mask_picture = side_frame.image(photo.pixels // 8, "Mask", "stretch", alt="The mask is on its way")
    coarse = segmentation.look(data)
    with card:
        segmentation.about()
except weights.WeightsError as error:
    frame.error(str(error), icon=":material/error:")
    st.stop()
st.session_state.looked_at = photo.key

# From here on nothing touches the network: the sliders redraw what it saw.
mask = masks.enlarged(coarse, photo.pixels.shape[:2]) > threshold
covered = f"{100 * masks.share(mask):.1f} %"
picture.image(
    masks.overlay(photo.pixels, mask, theme.rgb(theme.MASKS[colour]), opacity),
    caption=f"The object covers {covered} of {photo.size[1]} × {photo.size[0]} pixels.",
    width="stretch",
    output_format="JPEG",
    alt=f"{name}, the object under a mask that covers {covered} of it",
)
mask_picture.image(segmentation.white(mask), "Mask", "stretch", alt=f"Mask of {name}, white where the object is")
with frame.container(horizontal=True):
    segmentation.downloads(data, coarse, threshold, theme.MASKS[colour], opacity)

with sure:
    st.plotly_chart(
        segmentation.certainty(coarse, threshold),
        config={"displayModeBar": False},
        key="certainty",
        alt=f"Histogram of the probabilities; {covered} of the pixels lie above the threshold {threshold:.2f}.",
    )
    st.markdown(
        "Most pixels lie at one of the ends, where the network is sure and the threshold changes nothing; those in "
        "between are edges and doubts."
    )
