import streamlit as st

from ui.common.page import flush_to_browser, set_up_page
from ui.common.settings import Choice, tell_corrections
from ui.convolution import controls, figures, formulas, picture_tab, stack_tab
from ui.convolution.board import show
from ui.convolution.stepper import stepper

set_up_page("Convolution")
st.title("Convolution")
st.markdown("Click any cell of the output: the window that it is made of lights up, and its sum stands below.")
tab = {"tab": Choice("Tab", controls.TABS, controls.TABS[0])}
tell_corrections(tab | controls.SETTINGS | picture_tab.SETTINGS | stack_tab.SETTINGS)


# Another cell runs the picture alone, another setting the lab.
@st.fragment(key="picture")
def picture():
    chosen = controls.chosen()
    mode, experiment, shown = chosen.mode, chosen.experiment, (chosen.channel, chosen.filter)
    if chosen.refusal or not experiment.drawable:
        with st.container(height=figures.HEIGHT + 170, border=False):
            if chosen.refusal:
                st.warning(chosen.refusal, title="No such layer", icon=":material/block:")
            else:
                st.info("Inputs up to 16 × 16 are drawn cell by cell, larger ones counted: see below.")
        return

    board, ways = st.container(), st.container(horizontal=True)
    view, follow = controls.STAMPS, "output"
    if mode == controls.TRANSPOSED:
        with ways:
            view = controls.choice("view", on_change=controls.moved)
            follow = controls.choice("side", disabled=view == controls.ZEROS, on_change=controls.moved)
            follow = "output" if view == controls.ZEROS else follow
    rows, columns = (experiment.shape if follow == "input" else experiment.output_shape)[:2]
    place, play = stepper(rows * columns, on_move=controls.moved)
    cell = divmod(place, columns)

    if mode == controls.BOTH:
        figure = figures.round_trip(chosen.trip, cell, *shown, play)
    elif mode == controls.CONV:
        figure = figures.conv(experiment, cell, *shown, play)
    elif view == controls.ZEROS:
        figure = figures.stretched(experiment, cell, *shown, play)
    else:
        figure = figures.transposed(experiment, follow, cell, *shown, play)
    with board:
        show(figure, "grid", on_pick=controls.pick)

    if follow == "input":
        written = formulas.stamp_of_cell(experiment, cell, *shown)
    else:
        written = formulas.sum_of_step(experiment, cell, chosen.filter)
    st.code(written, language=None, wrap_lines=True, height=96)
    if mode == controls.BOTH:
        st.markdown(formulas.differences(chosen.trip))
    way_back = chosen.trip.way_back if mode == controls.BOTH else None
    st.code(formulas.keras_lines(experiment, way_back), wrap_lines=True, height=76)


@st.fragment(key="lab")
def lab():
    layer = st.container()
    beside_controls, beside_picture = st.columns([5, 2], gap="large")
    with beside_controls:
        picture()
    flush_to_browser()
    with layer:
        controls.choose_layer()
    with beside_picture:
        controls.controls()
    details()


@st.fragment(key="details")
def details():
    chosen = controls.chosen()
    experiment = chosen.experiment
    why, overlap, matrix, photo, stack = st.tabs(controls.TABS, key="tab", bind="query-params")
    if photo.open:
        with photo:
            picture_tab.picture_tab(experiment.layer)
    if stack.open:
        with stack:
            stack_tab.stack_tab()
    if chosen.refusal:
        return

    if why.open:
        with why:
            sizes, costs = st.columns([3, 2], gap="large")
            sizes.markdown(formulas.sizes_table(experiment))
            sizes.caption("n input cells, k kernel, s stride, d dilation, e = d (k − 1) + 1, o output padding")
            costs.markdown(formulas.costs(experiment))
            costs.markdown("Sizes that meet in one, and the output padding that tells them apart on the way back:")
            costs.markdown(formulas.other_sizes(experiment))

    if overlap.open and experiment.drawable:
        with overlap:
            paid = chosen.trip.return_leg if chosen.mode == controls.BOTH else experiment
            show(figures.overlap(paid), "overlap")
            st.markdown(formulas.overlap_told(paid.layer))

    if matrix.open and experiment.drawable:
        with matrix:
            side, cell = controls.selected(chosen)
            figure = figures.matrices(experiment, cell, side)
            if figure is None:
                st.info("The matrix is drawn up to 65,536 numbers: make the input smaller.")
            else:
                show(figure, "matrix", on_pick=controls.pick)
                st.markdown(formulas.MATRIX_TOLD)


lab()
