"""What the lesson keeps in the session: the answers, and the user's own settings while a step has a page."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st


@dataclass
class Attempt:
    """One question in this session; after its solution was shown, answers no longer count."""

    answer: Any = None  # the latest one
    answered: bool = False
    right: bool = False
    empty: bool = False  # "Check" was pressed without an answer
    hint: bool = False  # the hint was asked for
    solved: bool = False  # the solution is on screen


@dataclass
class Progress:
    """All questions of this session by exercise and seed.

    `own` has the settings that the user had on a page before a step took it, by page; `on_page` the step whose state a
    page has, and whether with its solution.
    """

    attempts: dict[tuple[str, int], Attempt] = field(default_factory=dict)
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    on_page: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def attempt(self, exercise: str, seed: int) -> Attempt:
        """The attempt at a question."""
        return self.attempts.setdefault((exercise, seed), Attempt())

    def score(self, exercise: str | None = None) -> tuple[int, int]:
        """(right, answered), of all questions or those of one exercise."""
        answered = [
            attempt for (name, _), attempt in self.attempts.items() if attempt.answered and exercise in {None, name}
        ]
        return sum(attempt.right for attempt in answered), len(answered)


def progress() -> Progress:
    """This session's `Progress`."""
    return st.session_state.setdefault("lesson_progress", Progress())
