"""What all exercises share: a question, the state of the live page that belongs to it, and how numbers are drawn."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypedDict, TypeVar

import numpy as np

from core.convolution.layer import Layer
from core.exercises.answers import Answer

Case = TypeVar("Case")


class State(TypedDict, total=False):
    """The state of the live page; it has those of the keys that matter for the question."""

    layer: Layer  # of a `core.convolution.example.LayerExample` with this shape and seed
    shape: tuple[int, int, int]  # of the input of `layer` or `layers`, (H, W, channels)
    seed: int
    cell: tuple[int, int]  # (row, column) of the output
    window: tuple[tuple[int, int], tuple[int, int]]  # its first and its last input cell, (row, column)
    layers: tuple[Layer, ...]  # a stack of layers
    point: tuple[float, float]  # of the latent plane
    points: tuple[tuple[float, float], tuple[float, float]]  # the ends of a walk in the latent plane
    photo: str  # one of `core.data.sample_photos.SAMPLES`
    stride: int  # of a score map
    skips: tuple[bool, ...]  # which skip connections are on, coarse to fine
    mask: np.ndarray  # a predicted mask, (H, W) bool
    truth: np.ndarray  # its true mask
    hidden: int  # channels of fc6 and fc7 of the lesson's FCN
    pictures: dict[str, np.ndarray]  # title -> (H, W) float in 0..1: shown with the question


@dataclass(frozen=True, eq=False)
class Question:
    """A question whose answer `core` has computed. All texts are plain text.

    `state` belongs to the live page while it asks; what the page computes from it stays hidden until the answer.
    `result` is added to it with the solution. `mistakes` has likely wrong answers, each with a sentence that says where
    it comes from; those that are right by coincidence are dropped.
    """

    text: str
    answer: Answer
    state: State
    hint: str
    solution: str
    result: State = field(default_factory=State)
    mistakes: Mapping[Hashable, str] = field(default_factory=dict)

    def __post_init__(self):
        wrong = {answer: sentence for answer, sentence in self.mistakes.items() if not self.check(answer)}
        object.__setattr__(self, "mistakes", wrong)

    def check(self, answer: object) -> bool:
        """Whether the answer is right; False for anything that is not an answer of this question's kind."""
        return self.answer.accepts(answer)

    def feedback(self, answer: object) -> str:
        """A sentence for a wrong answer: the mistake that leads to it, or the hint."""
        for wrong, sentence in self.mistakes.items():
            if replace(self.answer, correct=wrong).accepts(answer):  # type: ignore[arg-type]  # of the answer's kind
                return sentence
        return self.hint


class Exercise(Protocol):
    """What every module of an exercise has."""

    TITLE: str

    def draw(self, seed: int) -> Question:
        """The question of a seed, a whole number from 0; the same one every time.

        Seed 0 has the numbers of the lesson, if it has any.
        """


def pick(cases: Sequence[Case], seed: int) -> Case:
    """The first of `cases`, the lesson's, for seed 0; else a random one that depends on the seed alone."""
    return cases[int(np.random.default_rng(seed).integers(len(cases))) if seed else 0]
