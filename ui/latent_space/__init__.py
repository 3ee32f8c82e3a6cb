"""The latent space page.

state             settings, session state, the active plane
plane             the chart of the latent plane
live_digit        the digit at the pointer, decoded in the browser
digit_source      the digit images
stills            pictures to download
saved_points_tab  saved points
neighbours_tab    the training digits near the marked point
reconstruct_tab   test digits and their reconstructions
draw_tab          a digit that the user draws or uploads
walk_tab          the digits between two points
train_tab         train, download and load a model
lesson_tab        the lesson's last step
"""
