import streamlit as st

from core import weights
from core.autoencoder import interpolation
from ui.common import pictures
from ui.common.page import flush_to_browser, set_up_page
from ui.common.settings import Choice, tell_corrections
from ui.latent_space import plane, state, stills
from ui.latent_space.draw_tab import draw
from ui.latent_space.lesson_tab import lesson
from ui.latent_space.live_digit import live_digit
from ui.latent_space.neighbours_tab import verdict_badge, where_am_i
from ui.latent_space.reconstruct_tab import reconstruct
from ui.latent_space.saved_points_tab import kept_strip
from ui.latent_space.train_tab import train
from ui.latent_space.walk_tab import walk

TABS = ("Kept", "Where am I?", "Reconstruct", "Draw", "Walk", "Train", "Lesson")

set_up_page("Latent space")
tell_corrections({"latent_tab": Choice("Tab", TABS, TABS[0])})
st.title("Latent space")
st.markdown(
    "An autoencoder squeezed every digit into two numbers. **Click anywhere in the plane, also where no digit is**, "
    "and the decoder draws what it imagines there."
)

try:
    current = state.current_plane()
except weights.WeightsError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()


def clicked():
    state.mark(st.session_state.plane_layer.click)


def typed():
    state.mark((st.session_state.z1, st.session_state.z2))


# Shared as it is: nobody changes a figure after it is drawn, and a copy would cost more than the rest of a rerun.
@st.cache_resource(max_entries=32, show_spinner=False)
def drawn_plane(key, view, columns, shaded, _current):
    figure = plane.scatter(_current.shown.points, _current.shown.labels, key)
    if shaded:
        plane.shade(figure, _current.density, view)
    if columns:
        plane.tile(figure, *interpolation.atlas(_current.autoencoder, view, columns))
    return figure


@st.fragment(key="chart")
def chart():
    # The atlas and the shade fill what is visible: the layer reports it once it has drawn the axes.
    seen = st.session_state.get("plane_layer", {}).get("view") or plane.extent(current.shown.points)
    st.plotly_chart(
        drawn_plane(current.key, tuple(seen) if tiled or shaded else None, tiled and columns, shaded, current),
        key="scatter",
        config=plane.CONFIG,
        alt=f"The codes of {len(current.shown.labels)} test digits in the plane of z1 and z2, coloured by class",
    )


# What follows the marked point. A click runs this alone: the answer first, the chart stays as it is.
@st.fragment
def touched():
    marked = state.marked()
    with at_mark:
        words = stills.coordinates(marked)
        st.html(pictures.inline(state.decoded(current, [marked])[0], f"The digit decoded at {words}", words))
    flush_to_browser()
    with in_numbers:
        with st.grid(2, min_column_width=120) as two:
            for axis, value in zip(("z1", "z2"), marked, strict=True):
                st.session_state.setdefault(axis, value)
                with two.cell():
                    st.number_input(axis, -state.FAR, state.FAR, step=0.25, key=axis, on_change=typed)
        verdict_badge(current, marked)

    marks, paths = [], []
    kept_tab, where_tab, reconstruct_tab, draw_tab, walk_tab, train_tab, lesson_tab = st.tabs(
        TABS, key="latent_tab", bind="query-params"
    )
    if kept_tab.open:
        with kept_tab:
            kept_strip(current)
    if where_tab.open:
        with where_tab:
            where_am_i(current, marked)
    if reconstruct_tab.open:
        with reconstruct_tab:
            marks += reconstruct(current)
    if draw_tab.open:
        with draw_tab:
            marks += draw(current)
    if walk_tab.open:
        with walk_tab:
            steps, paths = walk(current)
            marks += steps
    if train_tab.open:
        with train_tab:
            train()
    if lesson_tab.open:
        with lesson_tab:
            lesson()

    marks += [{"at": point, "kind": "kept", "label": ""} for point in state.kept() if point != marked]
    with over_the_plane:
        plane.layer(
            [*marks, {"at": marked, "kind": "marked", "label": ""}],
            paths,
            follow=tiled or shaded,
            key="plane_layer",
            on_click=clicked,
            on_view=lambda: st.rerun("chart"),
        )


left, right = st.columns([3, 2], gap="medium")
with right:
    with st.grid(2, min_column_width=120) as two:  # side by side on a phone too
        with two.cell():
            st.markdown("**Under the pointer**")
            live_digit(current.decoder, state.LESSON_POINT, chart=plane.KEY, key="live")
        with two.cell():
            st.markdown("**Marked**")
            at_mark = st.container(key="answer")
    in_numbers = st.container()
    with st.container(horizontal=True):
        shaded = st.toggle(
            "Density", key="shaded", help="The darker, the more training digits", persist_state="session"
        )
        tiled = st.toggle(
            "Atlas", key="tiled", help="The whole plane as a mosaic of decoded digits", persist_state="session"
        )
        st.toggle(
            "My model",
            True,
            key="use_own",
            help="The one you trained or loaded below, instead of the shipped one",
            disabled="own_plane" not in st.session_state,
            persist_state="session",
        )
    columns = st.slider(
        "Digits across the atlas", 8, 40, 16, step=4, key="columns", disabled=not tiled, persist_state="session"
    )
with left, st.container(key=plane.KEY):
    chart()
    over_the_plane = st.container()
touched()
