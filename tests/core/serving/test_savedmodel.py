"""The SavedModel answers like the network that it was made of, without any code of it."""

import subprocess
import sys

import numpy as np
import pytest

from core import photos
from core.data import sample_photos
from core.fcn import keras_model
from core.serving import savedmodel

# A fresh process that knows TensorFlow alone, in a folder where the project is not found.
STRANGER = """
import sys
import numpy as np
import tensorflow as tf
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
(inputs,), outputs = answer.structured_input_signature[1].items(), answer.structured_outputs
assert (inputs[0], inputs[1].dtype, inputs[1].shape.as_list()) == ("photos", tf.uint8, [None, None, None, 3])
assert {n: (o.dtype, o.shape.rank) for n, o in outputs.items()} == {"probability": (tf.float32, 4)}
for photo in sys.argv[2:]:
    np.save(photo, answer(photos=tf.constant(np.load(photo)))["probability"].numpy())
assert "core" not in sys.modules
"""


@pytest.mark.slow
def test_a_saved_model_answers_like_the_network(tmp_path):
    segmenter = keras_model.load()
    savedmodel.export(segmenter.model, segmenter.inference, tmp_path / "model")
    names, expected = [], []
    for sample in ("Coffee", "Rocket"):
        photo = photos.decode(sample_photos.sample(sample))
        x, (h, w) = segmenter.prepared(photo)
        assert np.array_equal(x, x.astype(np.uint8))
        names.append(tmp_path / f"{sample}.npy")
        np.save(names[-1], np.stack([x, x[:, ::-1]]).astype(np.uint8))
        expected.append((segmenter.coarse_map(photo), h, w))
    subprocess.run([sys.executable, "-c", STRANGER, tmp_path / "model", *names], cwd=tmp_path, check=True)
    for name, (coarse, h, w) in zip(names, expected, strict=True):
        straight, mirrored = np.load(name)[..., 0]
        np.testing.assert_allclose(straight[:h, :w], coarse, atol=1e-5)
        np.testing.assert_allclose(mirrored[:, ::-1], straight, atol=1e-5)
