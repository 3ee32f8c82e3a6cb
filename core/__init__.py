"""What is true, without a screen.

convolution  the arithmetic of both layers, NumPy alone
autoencoder  the lesson's autoencoder
fcn          segmentation networks
data         photos with masks
training     the one fit loop and its command line
exercises    questions with drawn numbers and computed answers
serving      the network on more than one machine
glossary     the field's terms, each in two sentences
memory       how much is free, and how some is given back
full_size    work on large photos in strips, and in turns under one memory budget
png          PNG files, written in strips
photos       an upload's bytes -> one upright photo
refinement   a coarse probability map -> the photo's size, along its edges
masks        probability maps and masks: their measures, their sizes
weights      what the app starts with
"""
