"""Networks as the app runs them: ONNX Runtime on the graph of `core.fcn.onnx_graph`, without TensorFlow."""

import threading

import numpy as np
import onnxruntime

from core.fcn.graph import Architecture
from core.fcn.onnx_graph import SWITCHES, onnx_model

onnxruntime.disable_telemetry_events()


class EngineNetwork:
    """`core.fcn.segmenter.Network` over fixed weights. Safe to call from many threads.

    Args:
        arrays: of `architecture.weight_shapes`, in any float type; the network computes in float32.
    """

    def __init__(self, architecture: Architecture, arrays: dict[str, np.ndarray]):
        self.architecture, self.arrays = architecture, arrays
        self._turn = threading.Lock()
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}

    def scores(self, photos: np.ndarray, factors: np.ndarray | None = None) -> list[np.ndarray]:
        """See `core.fcn.segmenter.Network`."""
        return self._run(self.architecture.outputs, photos, factors)

    def features(self, photos: np.ndarray, factors: np.ndarray | None = None) -> list[np.ndarray]:
        """See `core.fcn.segmenter.Network`."""
        return self._run(tuple(stage.node for stage in self.architecture.stages), photos, factors)

    def _run(self, outputs: tuple[str, ...], photos: np.ndarray, factors: np.ndarray | None) -> list[np.ndarray]:
        inputs = {self.architecture.nodes[0].name: photos}
        if self.architecture.switches:
            inputs[SWITCHES] = np.ones(self.architecture.switches, np.float32) if factors is None else factors
        # A run uses every core: calls from several threads take turns.
        with self._turn:
            if outputs not in self._sessions:
                self._sessions[outputs] = self._session(outputs)
            return self._sessions[outputs].run(outputs, inputs)

    def _session(self, outputs: tuple[str, ...]) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other users need the cores
        options.enable_cpu_mem_arena = False  # memory of a large batch goes back
        graph = onnx_model(self.architecture, self.arrays, outputs)
        return onnxruntime.InferenceSession(graph.SerializeToString(), options, ["CPUExecutionProvider"])
