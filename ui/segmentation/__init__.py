"""The segmentation page.

photo_input       where the photo comes from
predictions       the network looked at once a photo
overlay_settings  how a photo is looked at
divider           before and after
network_diagram   the path to the network as a drawing
downloads         what a visitor takes home
idea_tab          the drawn path, part by part
inside_tab        feature maps and layers
levels_tab        the six score maps
measure_tab       the found mask against the true one
train_tab         a network of one's own
"""
