import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_arithmetic_imports_neither_tensorflow_nor_streamlit():
    slow = ("tensorflow", "keras", "streamlit")
    program = (
        f"import sys, core.convolution.example, core.convolution.stack; print([m for m in {slow} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
