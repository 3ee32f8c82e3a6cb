"""Pictures to download: digits on one sheet as PNG, a walk as GIF; and how a point is written."""

import io

import numpy as np
from PIL import Image

from ui.common import pictures


def coordinates(point) -> str:
    """A point of the plane as text: "z1 = 2.00, z2 = −4.00"."""
    return f"z1 = {point[0]:.2f}, z2 = {point[1]:.2f}".replace("-", "−")


def numbers(point) -> str:
    """A point of the plane as short text: "2.00, −4.00"."""
    return f"{point[0]:.2f}, {point[1]:.2f}".replace("-", "−")


def sheet(images: np.ndarray, points, columns: int = 6) -> bytes:
    """Draw digits (n, 28, 28) with their points (n, 2), `columns` digits a row, and return one PNG file."""
    from matplotlib.figure import Figure  # the import takes 0.3 s, for which the page's first digit need not wait

    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    # Figure without pyplot: all sessions share pyplot's list of open figures.
    figure = Figure(figsize=(1.6 * columns, 1.9 * rows), layout="constrained")
    for axes, image, point in zip(figure.subplots(rows, columns, squeeze=False).flat, images, points, strict=False):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(numbers(point), fontsize=9)
    for axes in figure.axes:
        axes.set_axis_off()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()


def gif(images: np.ndarray, milliseconds: int = 80) -> bytes:
    """Draw digits (n, 28, 28) forwards and backwards, and return an endless GIF file."""
    frames = [Image.fromarray(pictures.digit(image, 8)) for image in (*images, *images[-2:0:-1])]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0)
    return file.getvalue()
