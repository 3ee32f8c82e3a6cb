"""The ONNX file and the SavedModel compute the same as the app's engine, without any code of the project."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from core import fcn, photos
from core.data import sample_photos
from core.fcn.segmenter import Segmenter
from core.serving import export

# A new process in a folder where the project is not found.
READER = """
import sys
import numpy as np
import tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
(inputs,), outputs = serve.structured_input_signature[1].items(), serve.structured_outputs
assert (inputs[0], inputs[1].dtype, inputs[1].shape.as_list()) == ("photos", tf.uint8, [None, None, None, 3])
assert {n: (o.dtype, o.shape.rank) for n, o in outputs.items()} == {"probability": (tf.float32, 4)}
for photo in sys.argv[2:]:
    np.save(photo, serve(photos=tf.constant(np.load(photo)))["probability"].numpy())
assert "core" not in sys.modules
"""


def test_the_onnx_file_is_the_shipped_network(tmp_path):
    export.main([str(tmp_path / "network.onnx")])
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    photos = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    inputs = {"photo": photos, "switches": np.ones(5, np.float32)}
    np.testing.assert_allclose(session.run(["score1"], inputs)[0], fcn.load().network.scores(photos)[-1], atol=1e-4)


@pytest.mark.ci
def test_a_saved_model_computes_what_the_app_computes(tmp_path):
    shipped = fcn.load()
    calibrated = replace(shipped.inference, shift=0.4, temperature=1.3)
    segmenter = Segmenter(shipped.network, calibrated)
    export.write_savedmodel(tmp_path / "model", calibrated)
    files, expected = [], []
    for sample in ("Coffee", "Rocket"):
        photo = photos.decode(sample_photos.sample(sample))
        x = segmenter.prepared(photo)
        assert np.array_equal(x, x.astype(np.uint8))
        files.append(tmp_path / f"{sample}.npy")
        np.save(files[-1], np.stack([x, x[:, ::-1]]).astype(np.uint8))
        expected.append([segmenter.coarse_map(photo), segmenter.forward(x[None, :, ::-1])[0, ..., 0]])
    subprocess.run([sys.executable, "-c", READER, tmp_path / "model", *files], cwd=tmp_path, check=True)
    for file, maps in zip(files, expected, strict=True):
        np.testing.assert_allclose(np.load(file)[..., 0], maps, atol=1e-4)
