"""What is drawn.

common        what every page shares
convolution   the convolution page's components and tabs
latent_space  the latent space page's
segmentation  the segmentation page's
lesson        the lesson: its page, and its steps on the other pages
"""
