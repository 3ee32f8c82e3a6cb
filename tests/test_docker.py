"""The app runs with the files and settings of the Docker image. These tests do not need Docker."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")

EVERY_PAGE = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
import core
assert Path(core.__file__).is_relative_to(Path.cwd())
for page in sorted(Path("pages").glob("*.py")):
    app = AppTest.from_file(Path("streamlit_app.py").resolve(), default_timeout=120).run()
    app.switch_page(str(page)).run()
    app.session_state["segmentation_tab"] = app.session_state["latent_tab"] = "Train"
    app.run()
    assert not app.exception, (page, app.exception)
    assert not app.error, (page, app.error)
    assert "Train" not in [button.label for button in app.button], page
    files = [str(field.key) for field in app.file_uploader if str(field.key).endswith("_file")]
    print(page.stem, *files, *["off" for notice in app.info if "make app" in notice.value])
"""


def command(instruction):
    """The arguments of an instruction in its JSON form."""
    (words,) = re.findall(rf"^{instruction}.*?(\[.*\])$", DOCKERFILE, re.MULTILINE)
    return eval(words)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A folder with the files that `COPY . .` copies: those that .dockerignore allows."""
    folder = tmp_path_factory.mktemp("image")
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (rule[1:] for rule in rules if rule.startswith("!")):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def environment():
    return os.environ | dict(re.findall(r"^ENV (\w+)=(\S+)$", DOCKERFILE, re.MULTILINE))


def test_every_page_runs_without_training_and_still_loads_models(image, environment):
    program = [sys.executable, "-c", EVERY_PAGE]
    run = subprocess.run(program, cwd=image, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    notices = [line for line in run.stdout.splitlines() if "_file" in line]
    assert notices == ["latent_space my_autoencoder_file off", "segmentation my_network_file off"]


def test_the_server_starts_with_the_command_of_the_image_and_passes_its_health_check(image, environment):
    with socket.create_server(("", 0)) as probe:
        port = str(probe.getsockname()[1])
    start, check = ([word.replace("8501", port) for word in command(name)] for name in ("CMD", "HEALTHCHECK"))
    assert subprocess.run([sys.executable, *check[1:]], capture_output=True, check=False).returncode != 0
    server = subprocess.Popen([sys.executable, "-m", *start], cwd=image, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while subprocess.run([sys.executable, *check[1:]], capture_output=True, check=False).returncode:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.5)
    finally:
        server.kill()
        server.wait()
