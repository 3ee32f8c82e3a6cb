"""The lesson's autoencoder: it encodes a digit as two numbers and decodes them to a digit.

network        the layers, computed by core.convolution
keras_model    the same layers in Keras, for training and as the reference of the tests
training       trains the pre-trained model and users' models
training_job   a user's training in the background
model_file     a user's autoencoder as a file
digits         MNIST or scikit-learn's digits, by class
codes          the digits' codes
density        density and neighbours of codes
interpolation  grids and paths of points in the latent plane
"""

from core.autoencoder.network import load

__all__ = ["load"]
