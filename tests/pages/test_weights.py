"""Pages whose weights are not what they should be: one sentence says what is wrong, and the next visit tries again."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import weights
from core.autoencoder import codes, network
from tests.support.hostile.watch import assert_one_clean_sentence
from ui.latent_space import state
from ui.segmentation import classifier_tab, predictions

PAGES = Path(__file__).parents[2] / "pages"
NAMES = {"segmentation.py": weights.FCN, "latent_space.py": network.WEIGHTS}
SHIPPED = weights.FOLDER
MISSING = object()


def forget():
    for cached in (
        predictions.network,
        predictions.probability_map,
        state.pretrained_plane,
        classifier_tab.classification,
    ):
        cached.clear()
    classifier_tab.network.cache_clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the shipped weights, for the pages to use; what they remember is forgotten before and after."""
    shutil.copytree(SHIPPED, tmp_path / "weights")
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "weights")
    forget()
    yield tmp_path / "weights"
    forget()


def altered(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def entry(path, change):
    manifest = path.parent / weights.MANIFEST
    entries = json.loads(manifest.read_text())
    change(entries)
    manifest.write_text(json.dumps(entries))


def figure(path, where, value):
    """Put `value` where a file's entry in the manifest has a figure, such as held_out.iou, or take it out: MISSING."""
    *folders, name = where.split(".")

    def change(entries):
        place = entries[path.name]
        for folder in folders:
            place = place[folder]
        place.pop(name) if value is MISSING else place.update({name: value})

    entry(path, change)


def another(path, data):
    """Put something else in a file's place, and its SHA-256 into the manifest."""
    with weights.replacing({path.name: weights.facts(path.name)}) as fresh:
        (fresh / path.name).write_bytes(data)


def swapped(path):
    """The other network's weights, and the manifest agrees."""
    other = next(name for name in NAMES.values() if name != path.name)
    another(path, (path.parent / other).read_bytes())


HARMS = {
    "missing": (lambda path: path.unlink(), "is missing or cannot be read"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "is missing or cannot be read"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is cut off"),
    "altered": (altered, "was altered"),
    "swapped": (swapped, "belong to another network"),
    "no weights": (lambda path: another(path, b"no weights"), "does not hold weights"),
    "no entry": (lambda path: entry(path, lambda entries: entries.pop(path.name)), "no complete entry"),
    "size a text": (lambda path: figure(path, "bytes", "9"), "no complete entry"),
    "no manifest": (lambda path: (path.parent / weights.MANIFEST).unlink(), "cannot be read"),
    "half a manifest": (lambda path: (path.parent / weights.MANIFEST).write_text('{"a":'), "cannot be read"),
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("page", NAMES)
def test_harmed_weights_are_a_sentence(folder, page, harm):
    do, words = HARMS[harm]
    do(folder / NAMES[page])
    app = AppTest.from_file(PAGES / page, default_timeout=60).run()
    assert not app.exception
    (error,) = app.error
    assert words in error.value
    assert_one_clean_sentence(error.value)


@pytest.mark.parametrize("harm", HARMS)
def test_harmed_weights_of_the_classifier_are_a_sentence_until_they_are_repaired(folder, harm):
    whole = folder.parent / "whole"
    shutil.copytree(folder, whole)
    do, words = HARMS[harm]
    do(folder / weights.LITE0)
    app = AppTest.from_file(PAGES / "segmentation.py", default_timeout=60)
    app.query_params["segmentation_tab"] = "What and where"
    assert not app.run().exception
    (error,) = app.error
    assert words in error.value
    assert_one_clean_sentence(error.value)
    shutil.rmtree(folder)
    whole.rename(folder)
    app.run()
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("page", NAMES)
def test_after_an_error_the_next_run_reads_the_weights_again(folder, page):
    path = folder / NAMES[page]
    data = path.read_bytes()
    altered(path)
    app = AppTest.from_file(PAGES / page, default_timeout=60).run()
    assert app.error
    path.write_bytes(data)
    assert not app.run().error
    assert not app.exception


@pytest.mark.parametrize("name", [network.WEIGHTS, codes.FILE])
def test_a_save_that_was_killed_before_the_last_move_is_no_harm(folder, name):
    """The manifest promises what lies there as next-NAME; under NAME lies what was there before."""
    path = folder / name
    path.replace(folder / f"next-{name}")
    path.write_bytes(b"the old ones")
    app = AppTest.from_file(PAGES / "latent_space.py", default_timeout=60).run()
    assert not app.exception
    assert not app.error


def test_a_file_without_codes_is_a_sentence(folder):
    another(folder / codes.FILE, b"no codes")
    app = AppTest.from_file(PAGES / "latent_space.py", default_timeout=60).run()
    assert not app.exception
    assert codes.FILE in app.error[0].value


FIGURES = {
    ("segmentation.py", "segmentation_tab", "About the network"): {
        "held_out": MISSING,
        "held_out.iou": "0.85",
        "held_out.wrong_pixels": MISSING,
        "held_out.mean_absolute_error": None,
        "parameters": [1],
        "photos": [],
        "photos.training": float("nan"),
        "photos.held_out": {},
    },
    ("segmentation.py", "segmentation_tab", "How sure it is"): {
        "held_out.expected_calibration_error": "0.01",
        "held_out.reliability": [[0.5, "0.5", 0.5]],
        "photos.held_out": MISSING,
    },
    ("latent_space.py", "latent_tab", "Lesson"): {
        "epochs": MISSING,
        "test_loss": "0.03",
        "loss_per_epoch": [],
        "test_loss_per_epoch": [0.1, None],
    },
}


@pytest.mark.parametrize(("page", "key", "tab"), FIGURES)
def test_figures_that_are_missing_or_none_are_a_sentence(folder, page, key, tab):
    app = AppTest.from_file(PAGES / page, default_timeout=60)
    app.query_params[key] = tab
    assert not app.run().error
    whole = (folder / weights.MANIFEST).read_bytes()
    for where, value in FIGURES[page, key, tab].items():
        figure(folder / NAMES[page], where, value)
        app.run()
        assert not app.exception
        (error,) = app.error
        assert "no complete entry" in error.value, where
        (folder / weights.MANIFEST).write_bytes(whole)


@pytest.mark.parametrize("value", [MISSING, [], {"working_size": "256", "shift": 0.5, "temperature": 2.0}])
def test_a_network_of_which_the_manifest_does_not_say_how_it_is_asked_is_a_sentence(folder, value):
    figure(folder / weights.FCN, "inference", value)
    app = AppTest.from_file(PAGES / "segmentation.py", default_timeout=60).run()
    assert not app.exception
    assert "no complete entry" in app.error[0].value


def test_a_training_that_finds_no_shipped_weights_says_what_is_wrong(folder):
    from core.data import synthetic_shapes
    from core.fcn import training_job

    altered(folder / weights.FCN)
    settings = training_job.Settings(training_job.SHIPPED, 1, 0.001, 64, 0)
    job = training_job.FcnJob(synthetic_shapes.drawn(2, side=64), settings)
    assert job.wait(60)
    assert "was altered" in job.problem
