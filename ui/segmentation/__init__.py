"""The segmentation page.

state             settings that the URL copies, and what the session keeps besides
photo_input       uploads, camera, sample photos
predictions       what the network computes, once per photo
overlay_settings  from a probability map to the mask and the picture
divider           before and after
downloads         pictures and numbers as files
network_diagram   a network as a diagram whose parts can be opened
idea_tab          the diagram, and a text for each part
classifier_tab    an ImageNet classifier: what, and a heat map of where
inside_tab        feature maps, table of layers
levels_tab        the six score maps, skip connections
measure_tab       the predicted mask compared with the true one
certainty_tab     histogram of the probabilities, reliability diagram
training_data     photos with masks to train on
train_tab         your own network
lesson_tab        the lesson's FCN: data, model, training, prediction, what transfer learning is worth
about_tab         figures of the network
"""
