import streamlit as st

from core import masks, photos, weights
from ui.common.page import flush_to_browser, set_up_page, weights_error
from ui.common.page_state import escaped
from ui.lesson.step import lesson_step
from ui.segmentation import overlay_settings, photo_input, predictions
from ui.segmentation.about_tab import about_tab
from ui.segmentation.certainty_tab import certainty_tab
from ui.segmentation.classifier_tab import classifier_tab
from ui.segmentation.divider import before_after
from ui.segmentation.downloads import download_all, downloads, queue_notice
from ui.segmentation.idea_tab import idea_tab
from ui.segmentation.inside_tab import inside_tab
from ui.segmentation.lesson_tab import MyLessonNetwork, lesson_tab
from ui.segmentation.levels_tab import levels_tab
from ui.segmentation.measure_tab import measure_tab
from ui.segmentation.state import FIRST, STATE, session
from ui.segmentation.train_tab import MyNetwork, train_own

set_up_page("Segmentation")
if not lesson_step(STATE, STATE.read_url):
    st.stop()
for mine in (MyNetwork, MyLessonNetwork):
    mine.of_session()  # a training goes on while its page is open, whatever the tab
st.title("Segmentation")
st.markdown(
    "A network classifies each pixel of a photo as object or background. "
    "**Upload your own photo, then move the threshold.**"
)
file = photo_input.photo_input()
STATE.write_url()  # before the photo is decoded: a server that is killed meanwhile leaves the name in the URL
problem = st.container()
try:
    photo = predictions.on_screen(file)
except photos.PhotoError as error:
    which = f"{file.name.capitalize()} cannot be shown. " if len(session().uploads) > 1 else ""
    problem.error(escaped(f"{which}{error}"), icon=":material/broken_image:")
    file = photo_input.sample(FIRST)
    photo = predictions.on_screen(file)

main, side = st.columns([5, 2], gap="medium")
with side:
    settings = overlay_settings.controls()
    figures = st.grid(2, min_column_width=120)  # side by side on a phone too
with main:
    with st.container(horizontal=True, vertical_alignment="center"):
        view = STATE.choice("photo_view", label_visibility="collapsed")
        divided = STATE.toggle("before_after", disabled=view == "Photo")
    with st.container(horizontal_alignment="center"):
        frame = picture = st.container(width=photo.width(tallest=500))
download_row = st.container(horizontal=True)

try:
    if not session().network_ready:  # the network may have to be loaded first: show the photo at once
        picture = frame.image(photo.pixels, "Finding the object", "stretch", alt=file.name)
    coarse = predictions.probability_map(photo)
except weights.WeightsError as error:
    with frame:
        weights_error(error)
    st.stop()
session().network_ready = True
predictions.server_notice()

# From here on nothing runs the network: the controls redraw its map.
prediction = overlay_settings.predict_page(photo, photo.pixels, settings)
covered = f"{100 * masks.share(prediction.mask):.1f} %"
pixels = overlay_settings.draw(view, photo.pixels, prediction, settings)
if view == "Cut-out":
    pixels = overlay_settings.on_squares(pixels)
name = file.name.capitalize()
alt = {
    "Photo": name,
    "Overlay": f"{name}, the object under a mask that covers {covered} of it",
    "Mask": f"Mask of {file.name}, white where the object is, {covered} of it",
    "Probability": f"Probability of object in {file.name}, from black, 0, to white, 1",
    "Cut-out": f"The object of {file.name} alone, {covered} of it",
}
caption = f"The object covers {covered} of {photo.size[1]} × {photo.size[0]} pixels."
if divided and view != "Photo":
    with picture.container():
        before_after(photo.pixels, pixels, (alt["Photo"], alt[view]), key="divider")
        st.caption(caption, text_alignment="center")
else:
    picture.image(pixels, caption, "stretch", alt=alt[view])
flush_to_browser()
figures.metric("Share", covered)
figures.metric("Regions", prediction.regions)
with download_row:
    downloads(file, settings)
    if len(session().uploads) > 1:
        download_all(session().uploads, settings)
queue_notice(photo.size)

contents = (
    lambda: idea_tab(photo, coarse, settings),
    lambda: classifier_tab(photo, coarse, settings),
    lambda: levels_tab(file, photo, settings),
    lambda: inside_tab(photo, coarse.shape),
    lambda: measure_tab(file, photo, settings),
    lambda: certainty_tab(coarse, settings.threshold, covered),
    lambda: train_own(photo),
    lambda: lesson_tab(photo, coarse),
    about_tab,
)
for tab, content in zip(STATE.tabs("segmentation_tab"), contents, strict=True):
    if tab.open:
        with tab:
            content()
STATE.write_url()
