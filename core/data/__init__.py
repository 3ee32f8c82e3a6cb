"""Photos with masks.

datasets          pairs of photo and mask from a folder, a zip or .npy files
archives          zip and .npy files of strangers
synthetic_shapes  drawn pairs that need no file
sample_photos     the photos that scikit-image carries, and their true masks
"""
