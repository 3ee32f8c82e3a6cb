import pytest

from ui.common import theme


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1\u202f234\u202f567"),
        (-0.02839, "−0.0284"),
        (0.0, "0"),
        (-3, "−3"),
        (12.345, "12.3"),
        (-1.0, "−1"),
        (1e-9, "1·10^-9"),
        (float("nan"), "–"),
    ],
)
def test_number(value, text):
    assert theme.number(value) == text


def test_every_digit_has_a_colour_and_a_mark_of_its_own():
    assert len(set(theme.DIGITS.values())) == len(set(theme.DIGIT_SYMBOLS.values())) == 10
