from functools import partial

import streamlit as st

from core import weights
from core.autoencoder import interpolation
from ui.common import pictures
from ui.common.page import flush_to_browser, set_up_page, weights_error
from ui.latent_space import plane, state, stills
from ui.latent_space.draw_tab import draw_tab
from ui.latent_space.lesson_tab import lesson_tab
from ui.latent_space.live_digit import live_digit
from ui.latent_space.neighbours_tab import density_badge, neighbours_tab
from ui.latent_space.reconstruct_tab import reconstruct_tab
from ui.latent_space.saved_points_tab import saved_points_tab
from ui.latent_space.state import STATE
from ui.latent_space.train_tab import train
from ui.latent_space.walk_tab import walk_tab
from ui.lesson.step import lesson_step

CONTENTS = (  # of state.TABS; each returns its marks in the plane, if it has any
    saved_points_tab,
    lambda plane: neighbours_tab(plane, state.marked_point()),
    reconstruct_tab,
    draw_tab,
    walk_tab,
    lambda _: train(),
    lambda _: lesson_tab(),
)

set_up_page("Latent space")
if not lesson_step(STATE, STATE.read_url):
    st.stop()
st.title("Latent space")
st.markdown(
    "An autoencoder compresses every digit to two numbers, z1 and z2. **Click anywhere in the plane, also where no "
    "digit is**, and the decoder draws the digit of that point."
)

try:
    active = state.active_plane()
except weights.WeightsError as error:
    weights_error(error)
    st.stop()
axes = state.axes(active)


def mark_typed():
    state.mark(state.marked_point())


# Not copied for each session: nobody changes a figure after it is drawn, and a copy would be the slowest part of a run.
@st.cache_resource(max_entries=32, show_spinner=False)
def plane_figure(key, axes, view, columns, density, _plane):
    figure = plane.scatter(_plane.test_codes.points, _plane.test_codes.labels, axes, f"{key} {axes}")
    if density:
        plane.add_density(figure, _plane.density, view)
    if columns:
        plane.add_atlas(figure, *interpolation.atlas(_plane.autoencoder, view, columns))
    return figure


@st.fragment(key="chart")
def chart():
    # Atlas and density fill the visible part of the plane, which the layer reports once the axes are drawn.
    view = (plane.visible_part() or axes) if atlas or density else None
    st.plotly_chart(
        plane_figure(active.key, axes, view, atlas and columns, density, active),
        key="scatter",
        config=plane.CONFIG,
        alt=f"The codes of {len(active.test_codes.labels)} test digits in the plane of z1 and z2, coloured by class",
    )


# Everything that depends on the marked point. A click runs only this: the digit comes first, the chart stays as it is.
@st.fragment
def marked_point():
    point = state.marked_point()
    if state.axes(active) != axes:  # the point was typed and is outside the chart
        st.rerun(scope="app")
    with digit_cell:
        words = stills.coordinates(point)
        st.html(pictures.inline(state.decoded(active, [point])[0], f"The digit decoded at {words}", words))
    flush_to_browser()
    with numbers:
        with st.grid(2, min_column_width=120):
            for axis in ("z1", "z2"):
                STATE.number(axis, step=0.25, on_change=mark_typed)
        density_badge(active, point)

    marks = []
    for tab, content in zip(STATE.tabs("latent_tab"), CONTENTS, strict=True):
        if tab.open:
            with tab:
                marks += content(active) or []
    marks += [{"at": each, "kind": "saved"} for each in state.session().saved if each != point]
    with layer_place:
        plane.layer(
            [*marks, {"at": point, "kind": "marked"}],
            follow=atlas or density,
            on_click=partial(state.mark, clicked=True),
            on_view=lambda _: st.rerun("chart"),
        )
    STATE.write_url()


left, right = st.columns([3, 2], gap="medium")
with right:
    with st.grid(2, min_column_width=120) as cells:  # side by side on a phone too
        with cells.cell():
            st.markdown("**At the pointer**")
            live_digit(active.decoder, state.LESSON_POINT, chart=plane.KEY, key="live")
        with cells.cell():
            st.markdown("**Marked point**")
            digit_cell = st.container(key="answer")
    numbers = st.container()
    with st.container(horizontal=True):
        density = STATE.toggle("density", help="Darker where there are more training digits")
        atlas = STATE.toggle("atlas", help="The visible plane as a mosaic of decoded digits")
        STATE.toggle(
            "use_own",
            help="The model that you trained or loaded below, instead of the pre-trained model",
            disabled=state.MyAutoencoder.of_session().model is None,
        )
    columns = STATE.slider("columns", step=4, disabled=not atlas)
with left, st.container(key=plane.KEY):
    chart()
    layer_place = st.container()
marked_point()
