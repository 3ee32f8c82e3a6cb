"""Networks as the app runs them: ONNX Runtime on the graph of `core.fcn.onnx_graph`, without TensorFlow."""

import threading

import numpy as np
import onnxruntime

from core.fcn.graph import Architecture
from core.fcn.onnx_graph import SWITCHES, onnx_model
from core.fcn.segmenter import Network

onnxruntime.disable_telemetry_events()


class EngineNetwork(Network):
    """A network with fixed weights. Safe to call from many threads.

    Args:
        arrays: of `architecture.weight_shapes`, in any float type; the network computes in float32.
    """

    def __init__(self, architecture: Architecture, arrays: dict[str, np.ndarray]):
        self.architecture, self.arrays = architecture, arrays
        self._turn = threading.Lock()
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}

    def _run(self, names: tuple[str, ...], photos: np.ndarray, factors: np.ndarray) -> list[np.ndarray]:
        inputs = {self.architecture.nodes[0].name: photos} | ({SWITCHES: factors} if len(factors) else {})
        # A run uses every core: calls from several threads take turns.
        with self._turn:
            if names not in self._sessions:
                self._sessions[names] = self._session(names)
            return self._sessions[names].run(names, inputs)

    def _session(self, outputs: tuple[str, ...]) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other users need the cores
        options.enable_cpu_mem_arena = False  # memory of a large batch goes back
        graph = onnx_model(self.architecture, self.arrays, outputs)
        return onnxruntime.InferenceSession(graph.SerializeToString(), options, ["CPUExecutionProvider"])
