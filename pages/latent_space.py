import streamlit as st

from core import weights
from ui import latent_state, pictures, plane, theme
from ui.live_digit import live_digit
from ui.reconstruct import reconstruct

st.title("Latent space")
st.markdown(
    "An autoencoder squeezed every digit into two numbers. **Click anywhere in the plane, also where no digit is**, "
    "and the decoder draws what it imagines there."
)

try:
    latent = latent_state.current_plane()
except weights.WeightsError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
points = latent.shown.points


def clicked():
    latent_state.mark(st.session_state.layer.click)


def typed():
    latent_state.mark((st.session_state.z1, st.session_state.z2))


marked = latent_state.marked()
left, right = st.columns([3, 2], gap="medium")

with right:
    live, answer = st.columns(2)
    with live:
        st.markdown("**Under the pointer**")
        live_digit(latent.decoder, latent_state.LESSON_POINT, chart=plane.KEY, key="live")
    with answer, st.container(key="answer"):
        st.markdown("**Marked**")
        st.image(
            pictures.digit(latent_state.decoded(latent, [marked])[0]),
            width="stretch",
            output_format="PNG",
            alt=f"The digit decoded at z1 = {theme.number(marked[0])}, z2 = {theme.number(marked[1])}",
            caption=f"z1 = {marked[0]:.2f}, z2 = {marked[1]:.2f}".replace("-", "−"),
        )
    for column, axis, value in zip(st.columns(2), ("z1", "z2"), marked, strict=True):
        st.session_state.setdefault(axis, value)
        column.number_input(axis, -latent_state.FAR, latent_state.FAR, step=0.25, key=axis, on_change=typed)

with left, st.container(key=plane.KEY):
    st.plotly_chart(
        plane.scatter(points, latent.shown.labels, plane.extent(points)),
        key="scatter",
        config=plane.CONFIG,
        alt=f"The codes of {len(points)} test digits in the plane of z1 and z2, coloured by their class",
    )
    plane.layer(
        [{"at": point, "kind": "kept", "label": ""} for point in latent_state.kept()]
        + [{"at": marked, "kind": "marked", "label": ""}],
        [],
        follow=False,
        key="layer",
        on_click=clicked,
        on_view=lambda: None,
    )

(again,) = st.tabs(["Reconstruct"])
with again:
    reconstruct(latent)
