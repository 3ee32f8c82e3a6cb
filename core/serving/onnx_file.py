"""The shipped segmentation network as an ONNX file, for other tools.

    python -m core.serving.onnx_file FILE.onnx

Inputs and outputs are those of `core.fcn.onnx_graph.onnx_model`. The logits z become probabilities by
sigmoid((z - shift) / temperature), with the values of "inference" in weights/manifest.json.
"""

import argparse
from pathlib import Path

from core import weights
from core.fcn import architecture
from core.fcn.onnx_graph import onnx_model


def main(arguments: list[str] | None = None) -> None:
    """Write the file that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m core.serving.onnx_file", description="Write the segmentation network as an ONNX file."
    )
    parser.add_argument("file", type=Path)
    network = architecture.app_network()
    model = onnx_model(network, weights.arrays(weights.FCN, network.weight_shapes))
    parser.parse_args(arguments).file.write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
