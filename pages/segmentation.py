import streamlit as st

from core import masks, photos, weights
from ui.common.page import flush_to_browser, set_up_page
from ui.common.settings import Choice, choice_widget, tell_corrections
from ui.segmentation import overlay_settings, photo_input, predictions
from ui.segmentation.divider import before_after
from ui.segmentation.downloads import download_all, downloads
from ui.segmentation.idea_tab import idea
from ui.segmentation.inside_tab import inside
from ui.segmentation.levels_tab import levels
from ui.segmentation.measure_tab import given_truth, measure
from ui.segmentation.train_tab import train_own

TABS = ("The idea", "Levels", "Inside", "Measure", "How sure it is", "Train", "About the network")

set_up_page("Segmentation")
tell_corrections(photo_input.SETTINGS | overlay_settings.SETTINGS | {"topic": Choice("Tab", TABS, TABS[0])})
st.title("Segmentation")
st.markdown(
    "A network decides for every pixel whether the object in the photo covers it. "
    "**Upload a photo of your own, then move the threshold.**"
)
given, uploads = photo_input.photo_in()
problem = st.container()
try:
    photo = predictions.on_screen(given.data)
except photos.PhotoError as error:
    which = f"{given.name.capitalize()} cannot be shown. " if len(uploads) > 1 else ""
    problem.error(f"{which}{error}", icon=":material/broken_image:")
    given = photo_input.sample(photo_input.FIRST)
    photo = predictions.on_screen(given.data)

main, side = st.columns([5, 2], gap="medium")
with side:
    look = overlay_settings.controls()
    figures = st.grid(2, min_column_width=120)  # side by side on a phone too
with main:
    with st.container(horizontal=True, vertical_alignment="center"):
        view = choice_widget("seen_as", overlay_settings.SETTINGS["seen_as"], label_visibility="collapsed")
        divided = st.toggle("Before / after", key="divided", disabled=view == "Photo", bind="query-params")
    with st.container(horizontal_alignment="center"):
        frame = picture = st.container(width=photo.width(tallest=500))
away = st.container(horizontal=True)

try:
    if "looked" not in st.session_state:  # the first visitor's network has to be loaded: the photo stands there at once
        picture = frame.image(photo.pixels, "Looking for the object", "stretch", output_format="JPEG", alt=given.name)
    coarse = predictions.look(given.data)
except weights.WeightsError as error:
    frame.error(str(error), icon=":material/error:")
    st.stop()
st.session_state.looked = True
predictions.from_here()

# From here on nothing touches the network: the controls redraw what it saw.
found = overlay_settings.find(photo.pixels, coarse, look)
covered = f"{100 * masks.share(found.mask):.1f} %"
seen = overlay_settings.drawn(view, found, look)
told = {
    "Photo": f"{given.name.capitalize()}",
    "Overlay": f"{given.name.capitalize()}, the object under a mask that covers {covered} of it",
    "Mask": f"Mask of {given.name}, white where the object is, {covered} of it",
    "Probability": f"Probability of object in {given.name}, from black, 0, to white, 1",
    "Cut-out": f"The object of {given.name} alone, {covered} of it",
}
if view == "Cut-out":
    seen = overlay_settings.on_squares(seen)
caption = f"The object covers {covered} of {photo.size[1]} × {photo.size[0]} pixels."
if divided and view != "Photo":
    with picture.container():
        before_after(photo.pixels, seen, (told["Photo"], told[view]), key="divider")
        st.caption(caption, text_alignment="center")
else:
    picture.image(seen, caption, "stretch", output_format="JPEG", alt=told[view])
flush_to_browser()
figures.metric("Share", covered)
figures.metric("Objects", found.objects)
with away:
    downloads(given, look)
    if len(uploads) > 1:
        download_all(uploads, look)

idea_tab, levels_tab, inside_tab, measure_tab, sure_tab, train_own_tab, about_tab = st.tabs(
    TABS, key="topic", bind="query-params"
)
if idea_tab.open:
    with idea_tab:
        idea(given.data, photo, coarse)
if levels_tab.open:
    with levels_tab:
        levels(given.data, photo.pixels, given_truth(photo), look)
if inside_tab.open:
    with inside_tab:
        inside(given.data, coarse.shape)
if measure_tab.open:
    with measure_tab:
        measure(given.data, photo, look)
if sure_tab.open:
    with sure_tab:
        predictions.how_sure(coarse, look.threshold, covered)
if train_own_tab.open:
    with train_own_tab:
        train_own(photo, given.data)
if about_tab.open:
    with about_tab:
        predictions.about()
