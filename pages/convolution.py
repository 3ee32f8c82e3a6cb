import streamlit as st

from core.experiment import RoundTrip
from ui import convolution_figures as figures
from ui import explorer, formulas
from ui.board import show
from ui.stepper import stepper

st.title("Convolution")
st.markdown("Click any cell of the output: the window that it is made of lights up, and its sum stands below.")
explorer.tell_corrections()

mode = explorer.choose_layer()
picture, beside = st.columns([5, 2], gap="large")
with beside:
    chosen = explorer.controls(mode)
experiment, layer = chosen.experiment, chosen.experiment.layer
trip = RoundTrip(experiment, chosen.output_padding)
shown = chosen.channel, chosen.filter

try:
    height, width, _ = experiment.output_shape
    if mode == explorer.BOTH:
        trip.way_back.output_shape(experiment.output_shape)
    refusal = ""
except ValueError as error:
    refusal = str(error)

follow, cell = "output", (0, 0)
with picture:
    if refusal or not experiment.drawable:
        with st.container(height=figures.HEIGHT + 170, border=False):
            if refusal:
                st.warning(refusal, title="No such layer", icon=":material/block:")
            else:
                st.info(
                    "Inputs up to 16 × 16 are drawn cell by cell, larger ones counted: see below.",
                    icon=":material/123:",
                )
    else:
        board = st.container()
        view = explorer.STAMPS
        if mode == explorer.TRANSPOSED:
            with st.container(horizontal=True):
                view = explorer.choice("view")
                follow = explorer.choice("side", disabled=view == explorer.ZEROS)
                follow = "output" if view == explorer.ZEROS else follow
        rows, columns = experiment.shape[:2] if follow == "input" else (height, width)
        place, play = stepper(rows * columns)
        cell = divmod(place, columns)

        if mode == explorer.BOTH:
            figure = figures.round_trip(trip, cell, *shown, play)
        elif mode == explorer.CONV:
            figure = figures.conv(experiment, cell, *shown, play)
        elif view == explorer.ZEROS:
            figure = figures.stretched(experiment, cell, *shown, play)
        else:
            figure = figures.transposed(experiment, follow, cell, *shown, play)
        with board:
            show(figure, "grid", on_pick=explorer.pick)

        if follow == "input":
            st.code(formulas.stamp_of_cell(experiment, cell, *shown), language=None, wrap_lines=True, height=96)
        else:
            st.code(formulas.sum_of_step(experiment, cell, chosen.filter), language=None, wrap_lines=True, height=96)
        if mode == explorer.BOTH:
            st.markdown(formulas.differences(trip))
    keras_lines = [layer.keras()] + [trip.way_back.keras()] * (mode == explorer.BOTH)
    st.code("\n".join(keras_lines), wrap_lines=True, height=76)

names = ["Why this size", "Overlap", "As a matrix"]
why, overlap, matrix = st.tabs(names, key="tab", bind="query-params")
if refusal:
    st.stop()

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
        paid = trip.return_leg if mode == explorer.BOTH else experiment
        show(figures.overlap(paid), "overlap")
        st.markdown(formulas.overlap_told(paid.layer))

if matrix.open and experiment.drawable:
    with matrix:
        if (figure := figures.matrices(experiment, cell, follow)) is None:
            st.info("The matrix is drawn up to 65,536 numbers: make the input smaller.", icon=":material/grid_off:")
        else:
            show(figure, "matrix", on_pick=explorer.pick)
            st.markdown(formulas.MATRIX_TOLD)
