"""Photos with masks.

datasets          photos with masks from a folder, a zip or .npy files
archives          untrusted zip and .npy files
synthetic_shapes  generated pictures with masks, without any file
sample_photos     photos from scikit-image and their true masks
"""
