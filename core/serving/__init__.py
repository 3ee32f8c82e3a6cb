"""The segmentation network on more than one machine.

ray_app     a server on Ray Serve
client      the app's client of such a server
savedmodel  the network as a SavedModel
onnx_file   the network as an ONNX file
workers     training on several machines
"""
