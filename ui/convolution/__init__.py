"""The convolution page.

controls     its settings and their widgets
board        grids of numbers whose cells answer
figures      the boards that are shown
formulas     numbers of a layer in words
stepper      one cell out of many
picture_tab  a kernel on a picture
stack_tab    a table of layers
"""
