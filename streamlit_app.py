import streamlit as st

st.set_page_config(page_icon="ui/common/icon.png", layout="wide")

st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/lesson.py", title="Lesson", icon=":material/school:"),
        st.Page("pages/convolution.py", title="Convolution", icon=":material/grid_on:"),
        st.Page("pages/latent_space.py", title="Latent space", icon=":material/scatter_plot:"),
        st.Page("pages/segmentation.py", title="Segmentation", icon=":material/content_cut:"),
    ],
    position="top",
).run()
