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


def test_the_list_of_exercises_imports_no_network():
    slow = ("tensorflow", "keras", "streamlit", "onnxruntime", "sklearn", "skimage")
    program = f"import sys, core.exercises; print([m for m in {slow} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_start_of_a_training_waits_for_no_import_of_tensorflow():
    """Its own thread imports TensorFlow, which takes seconds: the page can show at once that a training runs."""
    program = (
        "import sys\n"
        "from core.autoencoder import training_job\n"
        "from core.fcn import lesson_job, training_job\n"
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
