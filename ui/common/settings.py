"""Kinds of settings: which values they allow, and how a URL writes them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Setting:
    """What a value may be, and its `default`. `str` of a setting completes the sentence "NAME must be ..."."""

    label: str
    in_history: ClassVar[bool] = True  # whether a new value is a step that the browser's Back takes back

    def parse(self, text: str) -> Any:
        """The value with this text; ValueError if the text has no value."""
        raise NotImplementedError

    def format(self, value: Any) -> str:
        """The text for a URL; the inverse of `parse`."""
        return str(value)


@dataclass(frozen=True)
class IntSetting(Setting):
    """A whole number from `low` to `high`."""

    low: int
    high: int
    default: int

    def parse(self, text: str) -> int:
        """See `Setting`."""
        if len(text) > 12 or not self.low <= int(text) <= self.high:
            raise ValueError(text)
        return int(text)

    def __str__(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"


@dataclass(frozen=True)
class FloatSetting(Setting):
    """A number from `low` to `high`, written with `decimals` decimals."""

    low: float
    high: float
    default: float
    decimals: int = 4

    def parse(self, text: str) -> float:
        """See `Setting`."""
        value = float(text[:24])
        if not math.isfinite(value) or not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def format(self, value: float) -> str:
        """See `Setting`."""
        return f"{value:.{self.decimals}f}".rstrip("0").rstrip(".")

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class ChoiceSetting(Setting):
    """One of some words."""

    options: tuple[str, ...]
    default: str

    def parse(self, text: str) -> str:
        """See `Setting`."""
        if text not in self.options:
            raise ValueError(text)
        return text

    def __str__(self) -> str:
        return "one of " + ", ".join(self.options)


@dataclass(frozen=True)
class SubsetSetting(Setting):
    """Any of some whole numbers; its value is a list."""

    options: tuple[int, ...]
    default: list[int]

    def parse(self, text: str) -> list[int]:
        """See `Setting`."""
        words = set() if text == "none" else set(text.split(","))
        if not words <= set(map(str, self.options)):
            raise ValueError(text)
        return [option for option in self.options if str(option) in words]

    def format(self, value: list[int]) -> str:
        """See `Setting`."""
        return ",".join(str(option) for option in self.options if option in value) or "none"

    def __str__(self) -> str:
        return f"some of {','.join(map(str, self.options))}, separated by commas, or none"


@dataclass(frozen=True)
class SwitchSetting(Setting):
    """On or off."""

    default: bool = False

    def parse(self, text: str) -> bool:
        """See `Setting`."""
        return {"true": True, "false": False}[text]

    def format(self, value: bool) -> str:
        """See `Setting`."""
        return "true" if value else "false"

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class TextSetting(Setting):
    """A value with its own text form, such as a list of layers; `meaning` completes "NAME must be ...".

    A `parser` raises ValueError for a wrong text. The notice repeats the error's sentence.
    """

    meaning: str
    default: Any
    parser: Callable[[str], Any]
    formatter: Callable[[Any], str] = str

    def parse(self, text: str) -> Any:
        """See `Setting`."""
        return self.parser(text)

    def format(self, value: Any) -> str:
        """See `Setting`."""
        return self.formatter(value)

    def __str__(self) -> str:
        return self.meaning
