"""The segmentation network on more than one machine.

ray_app     the network on Ray Serve
client      the app's side of a network that runs elsewhere
savedmodel  the network as a SavedModel
workers     training on several machines
"""
