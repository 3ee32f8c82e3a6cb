"""The convolution page without a browser: every control, every tab, URLs, impossible layers."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.common.settings import ChoiceSetting
from ui.convolution import controls, state

ROOT = Path(__file__).parents[2]


def page(**parameters):
    test = AppTest.from_file(str(ROOT / "pages" / "convolution.py"), default_timeout=60)
    for key, value in parameters.items():
        test.query_params[key] = str(value)
    test.run()
    assert not test.exception
    return test


def text(test):
    return "\n".join(part.value for kind in (test.markdown, test.code, test.warning, test.info) for part in kind)


def calculation(test):
    """The visible text of the selected cell's calculation."""
    return re.findall(r"<div[^>]*>([^<]*)</div>", test.get("html")[0].proto.body)[-1]


def captions(test):
    return " ".join(part.value for part in test.caption)


def test_the_first_run_shows_size_sum_and_keras_line():
    test = page()
    assert test.title[0].value == "Convolution"
    assert 'keras.layers.Conv2D(1, kernel_size=3, padding="same")' in test.code[-1].value
    assert "⌈5 / 1⌉ = **5**" in text(test)
    assert calculation(test).startswith("y[0, 0] = ")
    assert not test.query_params


@pytest.mark.parametrize(("name", "size"), list(zip(controls.EXAMPLES, ("2", "5", "2", "5", "4"), strict=True)))
def test_worked_examples(name, size):
    test = page(**controls.EXAMPLES[name])
    assert f"= **{size}**" in text(test)


def test_a_slider_changes_size_sum_and_keras_line():
    test = page()
    before = calculation(test)
    test.slider("kernel_h").set_value(5).run()
    assert not test.exception
    assert "kernel_size=(5, 3)" in test.code[-1].value
    assert "2 before, 2 after" in text(test)
    assert calculation(test) != before
    assert dict(test.query_params) == {"kernel_h": "5"}


@pytest.mark.parametrize("tab", [state.OVERLAP, state.MATRIX, state.PICTURE])
def test_impossible_layers_are_one_sentence_with_the_numbers(tab):
    test = page(height=2, padding="VALID", tab=tab)
    assert "3" in test.warning[0].value
    assert "2" in test.warning[0].value
    test = page(stride_h=2, dilation=3, tab=tab)
    assert "2 × 1" in test.warning[0].value
    assert "3 × 3" in test.warning[0].value


def test_the_url_sets_the_settings():
    test = page(layer="Conv2DTranspose", height=3, stride_w=2, padding="VALID", cell=4, side="input")
    assert test.number_input("height").value == 3
    assert test.slider("cell").value == 4
    assert calculation(test).startswith("x[0, 3] = ")
    assert "strides=(1, 2)" in test.code[-1].value


@pytest.mark.parametrize("bad", ["99", "-1", "0", "x", "1e9", "", "3.5"])
def test_impossible_values_in_the_url_are_corrected_with_a_notice(bad):
    test = page(kernel_h=bad, padding="FULL", cell=bad, tab="nowhere")
    assert test.slider("kernel_h").value == 3
    assert test.slider("cell").value == 1
    notices = {toast.value.split()[0]: toast.value for toast in test.toast}
    assert set(notices) == {"kernel\\_h", "padding", "cell", "tab"}
    assert "1 to 16" in notices["kernel\\_h"]
    assert "1 to " in notices["cell"]


def test_a_cell_beyond_the_last_one_is_corrected():
    test = page(padding="VALID", cell=10)
    assert test.slider("cell").value == 1
    assert "1 to 9" in test.toast[0].value
    assert page(padding="VALID", cell=9).slider("cell").value == 9


def test_large_inputs_are_computed_but_not_drawn():
    test = page(height=4096, width=224)
    assert len(test.info) == 1
    assert not test.get("bidi_component")
    assert "**4096**" in text(test)


def test_next_and_back_go_round_and_the_cell_stays_inside():
    test = page()
    test.button("next").click().run()
    assert test.slider("cell").value == 2
    test.button("back").click().run().button("back").click().run()
    assert test.slider("cell").value == 25
    test.session_state["padding"] = "VALID"
    assert test.run().slider("cell").value == 9
    assert not test.toast


def test_while_play_is_on_the_url_stays_and_afterwards_it_is_written_once():
    test = page()
    test.toggle("play").set_value(True).run()
    test.button("next").click().run()
    test.button("next").click().run()
    assert test.slider("cell").value == 3
    assert not test.query_params
    test.toggle("play").set_value(False).run()
    assert dict(test.query_params) == {"cell": "3"}


@pytest.mark.slow
def test_random_settings_on_every_tab_raise_nothing():
    rng = random.Random(0)
    for _ in range(40):
        settings = {}
        for key, setting in state.LAYER_SETTINGS.items():
            if isinstance(setting, ChoiceSetting):
                settings[key] = rng.choice(setting.options)
            else:
                settings[key] = rng.randint(setting.low, min(setting.high, 16 if rng.random() < 0.3 else 4))
        page(**settings, cell=rng.randint(1, 30), tab=rng.choice(state.TABS))


def test_the_overlap_tab_shows_counts_and_response_on_one_board():
    layer = {"layer": "Conv2DTranspose", "kernel_h": 4, "kernel_w": 4, "stride_h": 2, "stride_w": 2}
    test = page(tab=state.OVERLAP, **layer)
    assert len(test.get("bidi_component")) == 2
    assert "2 × 2 cells" in text(test)


def test_a_kernel_on_a_picture():
    test = page(tab=state.PICTURE, source="Coffee", kernel="Blur", stride_h=2)
    assert len(test.image) == 2
    # The photo has 400 × 600 pixels, which are reduced to 213 × 320.
    assert "Output 107 × 320 of Conv2D, stride 2 × 1, SAME: 0" in captions(test)
    test.selectbox("source").select(state.UPLOAD).run()
    assert not test.exception
    assert test.info
    assert not test.image


def test_kernel_values_come_from_the_url():
    ones = "_".join(["1"] * 9)
    test = page(tab=state.PICTURE, kernel="Identity", source="Digit", numbers=ones, padding="VALID")
    assert "0 to 8." in captions(test) or "0 to 9" in captions(test)  # the sum of nine bright pixels; one has at most 1
    for bad in ("1_x", "1_1"):
        test = page(tab=state.PICTURE, kernel="Identity", source="Digit", numbers=bad)
        assert any("numbers" in toast.value for toast in test.toast)
        assert "0 to 1" in captions(test)


def test_another_kernel_replaces_the_values_of_the_url():
    test = page(tab=state.PICTURE, source="Digit", kernel="Identity", numbers="_".join(["1"] * 9))
    test.selectbox("kernel").select("Blur").run()
    assert "0 to 1" in captions(test)
    assert "numbers" not in test.query_params


def test_an_upload_is_filtered_or_refused_in_one_sentence():
    from core.data import sample_photos

    test = page(tab=state.PICTURE, source=state.UPLOAD)
    test.file_uploader("filtered_upload").upload("rocket.jpg", sample_photos.sample("Rocket"), "image/jpeg").run()
    assert not test.exception
    assert len(test.image) == 2
    test = page(tab=state.PICTURE, source=state.UPLOAD)
    test.file_uploader("filtered_upload").upload("rocket.jpg", b"not a picture", "image/jpeg").run()
    assert not test.exception
    assert test.warning


def test_a_stack_and_its_totals():
    test = page(tab=state.STACK)
    assert "**25\u202f090** parameters" in text(test)
    assert test.code[-1].value.count("keras.layers.") == 3
    results = test.dataframe[-1].value
    assert list(results["Output"]) == ["14 × 14 × 32", "7 × 7 × 64", "1 × 1 × 2"]
    assert list(results["Receptive field"]) == ["3", "7", "31"]
    assert list(results["Total stride"]) == ["2", "4", "4"]


def test_a_preset_brings_its_own_input_size():
    test = page(tab=state.STACK, stack="Conv2D,4,5,2,SAME,1,,relu")
    test.selectbox("stack_preset").select("VGG16: convolutions").run()
    assert not test.exception
    assert test.number_input("stack_h").value == 224
    assert "**14\u202f714\u202f688** parameters" in text(test)
    assert "stack" not in test.query_params


def test_an_impossible_layer_of_a_stack_is_named_with_its_numbers():
    test = page(tab=state.STACK, stack_h=3)
    assert any("Layer 3" in warning.value and "7" in warning.value for warning in test.warning)
    assert test.dataframe[-1].value["Output"].iloc[-1] == "impossible"


def test_a_stack_comes_from_the_url():
    test = page(tab=state.STACK, stack="Conv2D,4,5,2,SAME,1,,relu;MaxPooling2D,,2,2,VALID,1,,")
    assert "keras.layers.Conv2D(4, kernel_size=5, strides=2" in test.code[-1].value
    test = page(tab=state.STACK, stack="Dense,4")
    assert any("Layer 1" in toast.value for toast in test.toast)
    assert "**25\u202f090** parameters" in text(test)


def test_viewing_the_page_imports_no_tensorflow():
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "test = AppTest.from_file('pages/convolution.py', default_timeout=60).run()\n"
        "assert not test.exception and test.title[0].value == 'Convolution'\n"
        "print([name for name in ('tensorflow', 'keras', 'sklearn') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
