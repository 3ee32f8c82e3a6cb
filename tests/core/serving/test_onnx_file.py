"""The network as an ONNX file."""

import numpy as np
import onnxruntime

from core import fcn
from core.serving import onnx_file


def test_the_file_is_the_shipped_network(tmp_path):
    onnx_file.main([str(tmp_path / "network.onnx")])
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    photos = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    inputs = {"photo": photos, "switches": np.ones(5, np.float32)}
    np.testing.assert_allclose(session.run(["score1"], inputs)[0], fcn.load().network.scores(photos)[-1], atol=1e-4)
