"""The convolution page without a browser: every control, every tab, addresses, refusals."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.convolution import controls

ROOT = Path(__file__).parents[2]


def page(**address):
    test = AppTest.from_file(str(ROOT / "pages" / "convolution.py"), default_timeout=60)
    for key, value in address.items():
        test.query_params[key] = str(value)
    test.run()
    assert not test.exception
    return test


def text(test):
    return "\n".join(part.value for kind in (test.markdown, test.code, test.warning, test.info) for part in kind)


def test_first_sight():
    test = page()
    assert test.title[0].value == "Convolution"
    assert 'keras.layers.Conv2D(1, kernel_size=3, padding="same")' in test.code[-1].value
    assert "⌈5 / 1⌉ = **5**" in text(test)
    assert "y[0, 0] = " in test.code[0].value


@pytest.mark.parametrize(("name", "size"), list(zip(controls.EXAMPLES, ("2", "5", "2", "5", "4"), strict=True)))
def test_worked_examples(name, size):
    test = page(**controls.EXAMPLES[name])
    assert f"= **{size}**" in text(test)


def test_a_moved_control_changes_size_sum_and_keras_line():
    test = page()
    before = test.code[0].value
    test.slider("kernel_h").set_value(5).run()
    assert not test.exception
    assert "kernel_size=(5, 3)" in test.code[-1].value
    assert "2 before, 2 after" in text(test)
    assert test.code[0].value != before


def test_impossible_layers_are_refused_in_a_sentence_with_the_numbers():
    test = page(height=2, padding="VALID")
    assert "3" in test.warning[0].value
    assert "2" in test.warning[0].value
    test = page(stride_h=2, dilation=3)
    assert "2 × 1" in test.warning[0].value
    assert "3 × 3" in test.warning[0].value


def test_an_address_restores_the_settings():
    test = page(layer="Conv2DTranspose", height=3, stride_w=2, padding="VALID", cell=4, side="input")
    assert test.number_input("height").value == 3
    assert test.slider("cell").value == 4
    assert test.code[0].value.startswith("x[0, 3] = ")
    assert "strides=(1, 2)" in test.code[-1].value


@pytest.mark.parametrize("bad", ["99", "-1", "0", "x", "1e9", "", "3.5"])
def test_addresses_out_of_range_are_corrected_with_a_word(bad):
    test = page(kernel_h=bad, padding="FULL", cell=bad, tab="nowhere")
    assert test.slider("kernel_h").value == 3
    assert any("kernel_h" in toast.value and "1 to 16" in toast.value for toast in test.toast)
    assert any("padding=FULL" in toast.value for toast in test.toast)
    assert any("cell=" in toast.value and "1 to 25" in toast.value for toast in test.toast)


def test_large_inputs_are_counted_and_not_drawn():
    test = page(height=4096, width=224)
    assert "16 × 16" in test.info[0].value
    assert "**4096**" in text(test)


def test_next_back_and_the_end_of_the_row():
    test = page()
    test.button("next").click().run()
    assert test.slider("cell").value == 2
    test.button("back").click().run().button("back").click().run()
    assert test.slider("cell").value == 25
    test.session_state["padding"] = "VALID"
    assert test.run().slider("cell").value == 9


@pytest.mark.slow
def test_drawn_settings_on_every_tab_raise_nothing():
    rng = random.Random(0)
    for _ in range(40):
        settings = {}
        for key, setting in controls.SETTINGS.items():
            if isinstance(setting, controls.Choice):
                settings[key] = rng.choice(setting.options)
            else:
                settings[key] = rng.randint(setting.low, min(setting.high, 16 if rng.random() < 0.3 else 4))
        page(**settings, cell=rng.randint(1, 30), tab=rng.choice(controls.TABS))


def test_a_kernel_on_a_picture():
    test = page(tab="On a picture", source="Coffee", kernel="Blur", stride_h=2)
    assert len(test.image) == 2
    assert "Output 107 × 320 of Conv2D, stride 2 × 1, SAME: 0" in captions(
        test
    )  # coffee is 400 × 600, brought to 213 × 320
    test.selectbox("source").select("Your own").run()
    assert not test.exception
    assert "Choose a picture" in test.info[0].value


def test_own_kernel_numbers_come_back_from_the_address():
    ones = "_".join(["1"] * 9)
    test = page(tab="On a picture", kernel="Identity", source="Digit", numbers=ones, padding="VALID")
    assert "0 to 8." in captions(test) or "0 to 9" in captions(test)  # nine bright pixels add up; one would end at 1
    test = page(tab="On a picture", kernel="Identity", source="Digit", numbers="1_x")
    assert any("numbers" in toast.value for toast in test.toast)
    assert "0 to 1" in captions(test)


def test_an_upload_is_filtered_or_refused_in_a_sentence():
    from core.data import sample_photos

    test = page(tab="On a picture", source="Your own")
    test.file_uploader("filtered_upload").upload("rocket.jpg", sample_photos.sample("Rocket"), "image/jpeg").run()
    assert not test.exception
    assert len(test.image) == 2
    test = page(tab="On a picture", source="Your own")
    test.file_uploader("filtered_upload").upload("rocket.jpg", b"not a picture", "image/jpeg").run()
    assert not test.exception
    assert test.warning


def captions(test):
    return " ".join(part.value for part in test.caption)


def test_a_stack_and_its_totals():
    test = page(tab="A stack")
    assert "**25\u202f090** parameters" in text(test)
    assert test.code[-1].value.count("keras.layers.") == 3
    results = test.dataframe[-1].value
    assert list(results["Output"]) == ["14 × 14 × 32", "7 × 7 × 64", "1 × 1 × 2"]
    assert list(results["Receptive field"]) == ["3", "7", "31"]


def test_another_preset_brings_its_own_input():
    test = page(tab="A stack")
    test.selectbox("stack_preset").select("VGG16: convolutions").run()
    assert not test.exception
    assert test.number_input("stack_h").value == 224
    assert "**14\u202f714\u202f688** parameters" in text(test)


def test_an_impossible_layer_says_in_place_which_number():
    test = page(tab="A stack", stack_h=3)
    assert any("Layer 3" in warning.value and "7" in warning.value for warning in test.warning)
    assert test.dataframe[-1].value["Output"].iloc[-1] == "impossible"


def test_a_stack_comes_back_from_its_address():
    test = page(tab="A stack", stack="Conv2D,4,5,2,SAME,1,,relu;MaxPooling2D,,2,2,VALID,1,,")
    assert "keras.layers.Conv2D(4, kernel_size=5, strides=2" in test.code[-1].value
    test = page(tab="A stack", stack="Dense,4")
    assert any("Layer 1" in toast.value for toast in test.toast)
    assert "**25\u202f090** parameters" in text(test)


def test_a_fresh_server_shows_the_page_without_importing_tensorflow():
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "test = AppTest.from_file('pages/convolution.py', default_timeout=60).run()\n"
        "assert not test.exception and test.title[0].value == 'Convolution'\n"
        "print([name for name in ('tensorflow', 'keras', 'sklearn') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
