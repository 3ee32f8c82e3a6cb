"""The look that every page shares: one meaning, one colour; numbers that line up; charts on the page's own ground."""

import math

# Each of these reads on a white and on a near-black page.
INPUT = "#2583C6"
OUTPUT = "#12A07A"
KERNEL = "#E69F00"
PADDING = "#8A8F9C"

# Okabe and Ito's palette, distinct with every kind of colour vision (https://jfly.uni-koeln.de/color/).
OKABE_ITO = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}
DIGITS = {
    0: OKABE_ITO["sky"],
    1: OKABE_ITO["blue"],
    2: OKABE_ITO["yellow"],
    3: "#7A5FD0",
    4: "#9A6324",
    5: OKABE_ITO["orange"],
    6: OKABE_ITO["green"],
    7: OKABE_ITO["purple"],
    8: OKABE_ITO["vermilion"],
    9: "#8A8F9C",
}
DIGIT_SYMBOLS = dict(
    enumerate(("hexagon", "circle", "cross", "star", "pentagon", "diamond", "square", "x", "bowtie", "asterisk"))
)
MASKS = {
    "Green": OKABE_ITO["green"],  # an output, as on the other pages
    "Orange": OKABE_ITO["orange"],
    "Sky": OKABE_ITO["sky"],
    "Purple": OKABE_ITO["purple"],
}


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green, blue, 0..255, of a colour written as #RRGGBB."""
    return tuple(bytes.fromhex(colour[1:]))


def number(value: float, digits: int = 3) -> str:
    """`value` with `digits` significant digits, a true minus sign and thin spaces between thousands.

    Whole numbers keep all their digits: `number(1234567)` is "1 234 567", `number(-0.02839)` is "−0.0284".
    """
    if not math.isfinite(value):
        return "–"
    if float(value).is_integer():
        text = f"{abs(int(value)):,}".replace(",", "\u202f")
    else:
        text = f"{abs(value):.{digits}g}"
        if "e" in text:
            mantissa, exponent = text.split("e")
            text = f"{mantissa}·10^{int(exponent)}"
    return f"−{text}" if value < 0 and text.strip("0.") else text


def layout(**overrides) -> dict:
    """Plotly layout on transparent ground, fonts and text colour inherited from the page; `overrides` win."""
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"size": 13},
        "hoverlabel": {"font": {"size": 13}},
        "showlegend": False,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "dragmode": False,
    } | overrides
