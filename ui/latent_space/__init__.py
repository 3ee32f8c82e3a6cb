"""The latent space page.

state             what it remembers of a visitor
plane             the latent plane
live_digit        the digit under the pointer
digit_source      the digits' pictures
stills            pictures to take away
draw_tab          a digit drawn or uploaded
lesson_tab        the lesson's own last step
neighbours_tab    where a point is
reconstruct_tab   a digit beside what is made of its code
saved_points_tab  the strip of kept points
train_tab         an autoencoder of one's own
walk_tab          a walk through the plane
"""
