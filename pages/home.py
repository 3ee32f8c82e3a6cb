from pathlib import Path

import streamlit as st

PICTURES = Path(__file__).parents[1] / "docs"  # made by docs/pictures.py from the pages themselves
PAGES = {
    "convolution": (
        ":material/grid_on:",
        "Slide a kernel over numbers, forwards and backwards. See where every output cell comes from.",
        "The numbers under a kernel's window, and the output cell that they sum up to",
    ),
    "latent_space": (
        ":material/scatter_plot:",
        "Every handwritten digit is two numbers, a point. Touch the plane and see which digit lives there.",
        "Points of handwritten digits in a plane, and between them the digits that live there",
    ),
    "segmentation": (
        ":material/content_cut:",
        "Upload a photo, upright or not. A network covers the object in it, pixel by pixel, with a mask.",
        "A photo of an astronaut, the astronaut under a green mask",
    ),
}

st.title("Segmentation Lab")
st.markdown(
    "Learn, by touching, how an image becomes a map of its pixels. Start with the sums of a single convolution, "
    "squeeze digits into two numbers, and end with a network that finds the object in your own photo. All of it is "
    "computed as you watch, by networks that this project trained itself; nothing you upload is written to disk."
)

for column, (name, (icon, sentence, alt)) in zip(st.columns(3, gap="medium"), PAGES.items(), strict=True):
    with column.container(border=True, height="stretch"):
        title = name.replace("_", " ").capitalize()
        st.image(PICTURES / f"card-{name}-{st.context.theme.type or 'light'}.png", width="stretch", alt=alt)
        st.page_link(f"pages/{name}.py", label=f"**{title}**", icon=icon)
        st.markdown(sentence)
