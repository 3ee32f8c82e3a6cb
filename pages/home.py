from pathlib import Path

import streamlit as st

from ui.common.page import link_button, set_up_page
from ui.common.streamlit_workarounds import link_whole_containers
from ui.lesson import course

PICTURES = Path(__file__).parents[1] / "docs"  # docs/pictures.py makes them from the pages
PAGES = {
    "convolution": (
        ":material/grid_on:",
        "Move a kernel over numbers. See which input cells each output cell is computed from, and the reverse.",
        "A grid of numbers with a highlighted input window, and the output cell that is its sum of products",
    ),
    "latent_space": (
        ":material/scatter_plot:",
        "An autoencoder encodes each handwritten digit as two numbers, a point. Click any point to decode a digit.",
        "The latent plane: points of handwritten digits, and the digits decoded between them",
    ),
    "segmentation": (
        ":material/content_cut:",
        "Upload a photo of any size. A network computes the mask of the object in it, pixel by pixel.",
        "A photo of an astronaut with a green mask over the astronaut",
    ),
}
set_up_page("")
course.open_requested("home")
st.title("Segmentation Lab")
st.markdown(
    "See how a network turns an image into a mask. Start with the sums of a single convolution, encode digits as two "
    "numbers, and segment the object in your own photo. The app computes everything while you watch and does not "
    "store your uploads."
)
link_button("Start the lesson", "lesson", "home", {}, "start_lesson", icon=":material/school:", type="primary")

for column, (name, (icon, sentence, alt)) in zip(st.columns(3, gap="medium"), PAGES.items(), strict=True):
    with column.container(border=True, height="stretch", key=f"card_{name}"):
        title = name.replace("_", " ").capitalize()
        st.image(PICTURES / f"card-{name}-{st.context.theme.type or 'light'}.png", width="stretch", alt=alt)
        st.page_link(f"pages/{name}.py", label=f"**{title}**", icon=icon)
        st.markdown(sentence)
link_whole_containers("card_")
