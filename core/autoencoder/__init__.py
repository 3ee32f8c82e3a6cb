"""The lesson's autoencoder: a digit squeezed into two numbers and drawn again from them.

network        the layers, computed by core.convolution
keras_model    the same in Keras: the reference, and what trains
training       how the shipped autoencoder was made
training_job   a visitor's own training
model_file     a visitor's own autoencoder as a file
digits         MNIST of chosen classes
codes          the digits' codes
density        where the codes lie densely
interpolation  paths and grids of points in the latent plane
"""

from core.autoencoder.network import load

__all__ = ["load"]
