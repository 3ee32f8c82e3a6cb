"""The kinds of answers that a question takes.

`correct` is the right answer and `accepts` compares. `accepts` never raises: text, NaN, None or an answer of another
kind are wrong answers.
"""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Self

import numpy as np


def _numbers(answer: object, count: int) -> list[float] | None:
    """`answer` as `count` finite numbers, or None if it is anything else; a single number needs no list."""
    values = list(answer) if isinstance(answer, tuple | list) else [answer]
    try:
        floats = [float(value) for value in values if not isinstance(value, bool) and isinstance(value, Real)]
    except OverflowError:
        return None
    return floats if len(values) == len(floats) == count and all(map(math.isfinite, floats)) else None


@dataclass(frozen=True)
class Numbers:
    """One number for each of the `fields`, each within `tolerance`; with a tolerance of 0 they are whole numbers."""

    fields: tuple[str, ...]
    correct: tuple[float, ...]
    tolerance: float = 0.0

    def accepts(self, answer: object) -> bool:
        """Whether all numbers are right."""
        values = _numbers(answer, len(self.correct))
        return values is not None and all(
            abs(value - correct) <= self.tolerance for value, correct in zip(values, self.correct, strict=True)
        )


@dataclass(frozen=True)
class Choice:
    """One of several `options`, texts or pictures (H, W) with values in 0..1; the answer is its index."""

    options: tuple[str, ...] | tuple[np.ndarray, ...]
    correct: int

    @classmethod
    def shuffled(cls, seed: int, options: tuple) -> Self:
        """A choice of `options` in random order; the first of them is right."""
        order = np.random.default_rng([seed, 1]).permutation(len(options)).tolist()
        return cls(tuple(options[i] for i in order), order.index(0))

    def accepts(self, answer: object) -> bool:
        """Whether it is the index of the right option."""
        return _numbers(answer, 1) == [self.correct]


@dataclass(frozen=True)
class Cell:
    """A cell (row, column), counted from 0, of a grid of `shape` (rows, columns)."""

    shape: tuple[int, int]
    correct: tuple[int, int]

    def accepts(self, answer: object) -> bool:
        """Whether it is the right cell."""
        return _numbers(answer, 2) == list(self.correct)


@dataclass(frozen=True)
class Point:
    """A point (z1, z2) of the latent plane, at most `radius` away from the right one."""

    correct: tuple[float, float]
    radius: float

    def accepts(self, answer: object) -> bool:
        """Whether the point is near enough."""
        values = _numbers(answer, 2)
        return values is not None and math.dist(values, self.correct) <= self.radius


Answer = Numbers | Choice | Cell | Point
