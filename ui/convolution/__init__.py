"""The convolution page.

state        its settings, and what else it keeps in the session
controls     its widgets, and the layer that they describe
board        grids of numbers whose cells can be selected, and boxes for calculations
figures      the boards that are shown
formulas     formulas, sums and figures of a layer as text
picture_tab  a kernel on a picture
stack_tab    a table of layers
"""
