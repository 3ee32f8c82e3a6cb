"""The segmentation network on more than one machine.

ray_app     a server on Ray Serve
client      the app's client of such a server
export      the network as an ONNX file or a SavedModel
workers     training on several machines
"""
