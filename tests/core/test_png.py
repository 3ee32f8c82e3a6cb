"""PNG files against Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from core import png


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (40, 33, 3), (1, 9, 3), (9, 1, 4), (23, 31, 4)])
@pytest.mark.parametrize("rows", [1, 4, 99])
def test_pillow_reads_what_was_written_in_strips(shape, rows):
    rng = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16)[: 1 if len(shape) == 3 else 2]:
        most = np.iinfo(dtype).max
        for pixels in (rng.integers(0, most + 1, shape, dtype), np.full(shape, most, dtype)):
            file = png.encoded((pixels[top : top + rows] for top in range(0, shape[0], rows)), shape[0])
            with Image.open(io.BytesIO(file)) as image:
                image.verify()  # every checksum
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file))), pixels)
