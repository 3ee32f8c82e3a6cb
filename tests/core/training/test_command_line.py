"""The command line: a small dataset trains, and expected errors end it with one sentence and an exit status."""

import io
import os
import signal
import time

import numpy as np
import pytest
from PIL import Image

from core import weights
from core.fcn import architecture, encoders, keras_model, lesson, training
from core.training import __main__ as command_line
from tests.support.hostile.watch import assert_one_clean_sentence
from tests.support.networks import SHALLOW, discs, eager


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of ten photos with masks beside an empty cache and empty weights; a round is one pass of small crops."""
    for name in ("weights", "data/images", "data/masks"):
        (tmp_path / name).mkdir(parents=True)
    for pair in discs(10):
        (tmp_path / "data/images" / f"{pair.name}.png").write_bytes(png(pair.photo))
        (tmp_path / "data/masks" / f"{pair.name}.png").write_bytes(png(np.uint8(255) * pair.mask))
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "weights")
    monkeypatch.setattr(command_line, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(training, "WORKING_SIZES", (32,))
    monkeypatch.setattr(training, "ROUNDS", (training.Round(1, 1e-3, ((1.0, 32),)),))
    return tmp_path


def refused(*arguments):
    """That the command ends with one sentence, for which Python prints it and exits with status 1."""
    with pytest.raises(SystemExit) as caught:
        command_line.main([*map(str, arguments)])
    assert_one_clean_sentence(caught.value.code)
    return caught.value.code


@pytest.mark.slow
def test_ten_photos_train_two_rounds(folder, monkeypatch):
    monkeypatch.setattr(encoders, "LITE0_BLOCKS", SHALLOW)
    network = architecture.app_network()
    encoder = keras_model.arrays(keras_model.build(network), network)
    monkeypatch.setattr(encoders, "load_lite0", lambda _path: encoder)
    command = ["fcn", "--data", str(folder / "data")]
    with eager():
        command_line.main([*command, "--encoder", "lite0.npz"])
        assert weights.facts(weights.FCN)["photos"] == {"training": 8, "validation": 1, "held_out": 1}
        command_line.main([*command, "--epochs", "2"])
    assert [len(each["history"]) for each in weights.facts(weights.FCN)["rounds"]] == [1, 2]
    assert not list((folder / "cache").iterdir())


def test_unusable_data_and_weights_are_refused(folder):
    assert "nowhere" in refused("fcn", "--data", folder / "nowhere")
    assert weights.MANIFEST in refused("fcn", "--data", folder / "data")  # no weights to start the next round from
    assert "lite0.npz" in refused("fcn", "--data", folder / "data", "--encoder", folder / "lite0.npz")
    next((folder / "data/images").iterdir()).unlink()
    assert "9" in refused("fcn", "--data", folder / "data")


@pytest.mark.parametrize(
    ("arguments", "encoder"), [([], None), (["--encoder", "none"], None), (["--encoder", "imagenet"], "imagenet")]
)
def test_the_lessons_encoder_is_passed_on(folder, monkeypatch, arguments, encoder):
    calls = []
    monkeypatch.setattr(lesson, "train_and_save", lambda *_paths, **options: calls.append(options) or [])
    command_line.main(["lesson", "--data", "x", *arguments])
    assert [call["encoder_weights"] for call in calls] == [encoder]


def test_an_unexpected_error_is_not_hidden(monkeypatch):
    def broken(*_paths, **_options):
        raise KeyError("unexpected")

    monkeypatch.setattr(lesson, "train_and_save", broken)
    with pytest.raises(KeyError):
        command_line.main(["lesson", "--data", "x"])


def test_ctrl_c_ends_a_training_with_one_sentence_and_its_own_exit_status(monkeypatch, capsys):
    def interrupted(*_paths, **_options):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

    # A shell starts background processes with the signal ignored, and Python then installs no handler for it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(lesson, "train_and_save", interrupted)
    try:
        with pytest.raises(SystemExit) as caught:
            command_line.main(["lesson", "--data", "x"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught.value.code == 130
    assert_one_clean_sentence(capsys.readouterr().err.strip())
