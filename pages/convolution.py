import streamlit as st

from ui.common.page import flush_to_browser, set_up_page
from ui.common.page_state import escaped
from ui.convolution import controls, figures, formulas, picture_tab, stack_tab
from ui.convolution.board import HEIGHT, show, show_text
from ui.convolution.state import BOTH, CONV, STATE, TRANSPOSED, ZEROS
from ui.lesson.step import lesson_step

set_up_page("Convolution")
if not lesson_step(STATE, controls.read_url):
    st.stop()
st.title("Convolution")
st.markdown("Click any cell of the output. Its input window is highlighted and the sum is written out below.")


# The three fragments run alone: for another cell the picture, for another tab the details, for other settings the lab.
@st.fragment(key="picture")
def picture():
    now = controls.selection()
    mode, example, planes = now.mode, now.example, (now.channel, now.filter)
    if now.error or not example.drawable:
        with st.container(height=HEIGHT + 290, border=False):
            if now.error:
                st.warning(escaped(now.error), title="This layer is impossible", icon=":material/block:")
            else:
                st.info("Too large to draw. See “Why this size”.")
        controls.write_url()
        return

    board, calculation, method = st.container(), st.container(), st.container(horizontal=True)
    if mode == TRANSPOSED:
        with method:
            STATE.choice("view", on_change=controls.rerun_matrix)
            STATE.choice("side", disabled=STATE["view"] == ZEROS, on_change=controls.rerun_matrix)
        now = controls.selection()
    play = controls.stepper(now.cells, "Input cell" if now.side == "input" else "Output cell")
    cell = now.cell

    if mode == BOTH:
        figure = figures.conv_then_transpose(now.pair, cell, *planes)
    elif mode == CONV:
        figure = figures.conv(example, cell, *planes)
    elif STATE["view"] == ZEROS:
        figure = figures.stretched(example, cell, *planes)
    else:
        figure = figures.transposed(example, now.side, cell, *planes)
    with board:
        show(figure, "grid", controls.pick, play=play)
    with calculation:
        if now.side == "input":
            text = formulas.copy_of_cell(example, cell, *planes)
        else:
            text = formulas.sum_of_step(example, cell, now.filter)
        show_text(text, formulas.longest_text(example, now.side), "calculation")
    if mode == BOTH:
        st.markdown(formulas.differences(now.pair))
    st.code(formulas.keras_lines(example, now.transposed_layer), wrap_lines=True, height=76)
    controls.write_url()


@st.fragment(key="lab")
def lab():
    layer = st.container()
    beside_controls, beside_picture = st.columns([5, 2], gap="large")
    with beside_controls:
        picture()
    flush_to_browser()
    with layer:
        controls.layer_controls()
    with beside_picture:
        controls.setting_controls()
    details()


@st.fragment(key="details")
def details():
    now = controls.selection()
    example, drawn = now.example, now.cells > 0
    why, overlap, matrix, photo, stack = STATE.tabs("tab")
    if photo.open:
        with photo:
            picture_tab.picture_tab(example.layer)
    if stack.open:
        with stack:
            stack_tab.stack_tab()
    if why.open and not now.error:
        with why:
            sizes, costs = st.columns([3, 2], gap="large")
            sizes.markdown(formulas.sizes_table(example))
            sizes.caption("n input cells, k kernel, s stride, d dilation, e = d (k − 1) + 1, o output padding")
            costs.markdown(formulas.costs(example))
            costs.markdown("Input sizes that give this output size, with the output padding each one needs:")
            costs.markdown(formulas.other_sizes(example))
    if overlap.open and drawn:
        with overlap:
            layer_example = now.pair.transposed_example if now.mode == BOTH else example
            show(figures.overlap(layer_example, now.channel if now.mode == BOTH else now.filter), "overlap")
            st.markdown(formulas.overlap_text(layer_example.layer))
    if matrix.open and drawn:
        with matrix:
            figure = figures.matrices(example, now.cell, now.side)
            if figure is None:
                st.info("The matrix has more than 65,536 elements. Make the input smaller to see it.")
            else:
                show(figure, "matrix", on_pick=controls.pick)
                st.markdown(formulas.MATRIX_TEXT)
    controls.write_url()


lab()
