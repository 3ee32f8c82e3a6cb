"""Networks as the app runs them: ONNX Runtime on the graph of `core.fcn.onnx_graph`, without TensorFlow."""

import threading
import weakref

import numpy as np
import onnxruntime

from core.fcn.graph import Architecture
from core.fcn.onnx_graph import SWITCHES, onnx_model
from core.fcn.segmenter import Network

OWN_READY = 3
"""Networks of users that are ready to run: each needs 50 MB more than its arrays, and half a second to build again."""

onnxruntime.disable_telemetry_events()
_own: list[weakref.ref] = []  # networks of users with a session, the last one that ran at the end
_own_lock = threading.Lock()


class EngineNetwork(Network):
    """A network with fixed weights. Safe to call from many threads.

    Args:
        arrays: of `architecture.weight_shapes`, in any float type; the network computes in float32.
        shared: whether all users share it. Of the others only the last OWN_READY stay ready to run; an earlier one
            builds its graph again when it is asked.
    """

    def __init__(self, architecture: Architecture, arrays: dict[str, np.ndarray], *, shared: bool = False):
        self.architecture, self.arrays, self.shared = architecture, arrays, shared
        self._turn = threading.Lock()
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}

    def _run(self, names: tuple[str, ...], photos: np.ndarray, factors: np.ndarray) -> list[np.ndarray]:
        inputs = {self.architecture.nodes[0].name: photos} | ({SWITCHES: factors} if len(factors) else {})
        # A run uses every core: calls from several threads take turns.
        with self._turn:
            sessions = self._sessions
            if names not in sessions:
                sessions[names] = self._session(names)
            if not self.shared:
                self._make_room()
            return sessions[names].run(names, inputs)

    def _make_room(self) -> None:
        with _own_lock:
            others = [each for each in _own if each() not in (None, self)]
            cut = max(0, len(others) - OWN_READY + 1)
            _own[:] = [*others[cut:], weakref.ref(self)]
            for each in others[:cut]:
                if network := each():
                    network._sessions = {}  # noqa: SLF001 - a run that uses the old ones keeps them until its end

    def _session(self, outputs: tuple[str, ...]) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other users need the cores
        options.enable_cpu_mem_arena = False  # memory of a large batch goes back
        graph = onnx_model(self.architecture, self.arrays, outputs)
        return onnxruntime.InferenceSession(graph.SerializeToString(), options, ["CPUExecutionProvider"])
