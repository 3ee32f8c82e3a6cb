"""A question on screen: figure, answer field, hint, feedback, solution."""

import streamlit as st

from core.exercises import EXERCISES, answers
from core.exercises.question import Question
from ui.common import theme
from ui.common.page_state import escaped
from ui.lesson import figures
from ui.lesson.progress import Attempt, progress


@st.cache_resource(max_entries=200, show_spinner="Drawing the numbers")  # never changed
def drawn(name: str, seed: int) -> Question:
    """The question of an exercise and a seed. Errors: core.weights.WeightsError."""
    return EXERCISES[name].draw(seed)


def ask(name: str, seed: int) -> bool:
    """Draw a question, or once it was answered and its solution asked for, that; return whether it is the solution."""
    question, attempt = drawn(name, seed), progress().attempt(name, seed)
    if attempt.solved:
        _solution(question, attempt)
        return True
    st.markdown(f"**{escaped(question.text)}**")
    keys = _keys(name, seed, question)
    picked = _values(keys)

    def pick(values: tuple[float, float]) -> None:
        st.session_state.update(zip(keys, values, strict=True))

    figure, field = _places(question)
    with field:
        _field(question, attempt, keys)
        _feedback(question, attempt)
    with figure:
        figures.show(name, question, None if None in picked else picked, pick)
    return False


def answer_text(question: Question, answer: object) -> str:
    """An answer in words: "2", or "Above 0, Below 1"."""
    kind = question.answer
    if isinstance(kind, answers.Choice):
        return _option(kind, answer)
    names = _field_names(kind)
    texts = [theme.number(value, 6) for value in answer]
    return texts[0] if len(texts) == 1 else ", ".join(map(" ".join, zip(names, texts, strict=True)))


def _places(question: Question) -> tuple:
    """Places of the figure and of the answer field: side by side, on a phone one above the other."""
    state = question.state
    pictures = "pictures" in state or not isinstance(getattr(question.answer, "options", ("",))[0], str)
    if not pictures and not {"layer", "layers", "mask", "point", "points"} & state.keys():
        return st.container(), st.container(width=520)
    figure, field = st.columns([5, 3], gap="large")
    return figure, field


def _field_names(kind: answers.Answer) -> tuple[str, ...]:
    return {answers.Cell: ("Row", "Column"), answers.Point: ("z1", "z2")}.get(type(kind)) or kind.fields


def _keys(name: str, seed: int, question: Question) -> list[str]:
    """The session keys of the answer field: one for a choice, else one for each number."""
    kind = question.answer
    count = 1 if isinstance(kind, answers.Choice) else len(_field_names(kind))
    return [f"answer_{name}_{seed}_{i}" for i in range(count)]


def _values(keys: list[str]) -> tuple:
    return tuple(st.session_state.get(key) for key in keys)


def _option(kind: answers.Choice, index: int) -> str:
    return kind.options[index] if isinstance(kind.options[0], str) else f"Picture {figures.LETTERS[index]}"


def _field(question: Question, attempt: Attempt, keys: list[str]) -> None:
    """The answer field with its buttons."""
    kind = question.answer

    def check() -> None:
        values = _values(keys)
        attempt.empty = None in values
        if not attempt.empty:
            attempt.answer = values[0] if isinstance(kind, answers.Choice) else values
            attempt.answered, attempt.right = True, question.check(attempt.answer)
            attempt.solved = attempt.right

    def set_true(name: str) -> None:
        setattr(attempt, name, True)

    with st.form(f"form_{keys[0]}", border=False):
        if isinstance(kind, answers.Choice):
            options = range(len(kind.options))
            st.radio("Your answer", options, None, lambda i: escaped(_option(kind, i)), key=keys[0])
        else:
            whole = isinstance(kind, answers.Cell) or not getattr(kind, "tolerance", 1)
            number = {"step": 1, "format": "%d"} if whole else {"step": 0.01, "format": "%.2f"}
            with st.grid(len(keys), min_column_width=120):
                for key, name in zip(keys, _field_names(kind), strict=True):
                    st.number_input(name, value=None, key=key, **number)
        with st.container(horizontal=True):
            st.form_submit_button("Check", key=f"check_{keys[0]}", type="primary", on_click=check)
            if not attempt.hint:
                st.form_submit_button("Hint", key=f"hint_{keys[0]}", on_click=set_true, args=("hint",))
            if attempt.answered:
                st.form_submit_button("Show the solution", key=f"solve_{keys[0]}", on_click=set_true, args=("solved",))


def _feedback(question: Question, attempt: Attempt) -> None:
    """What the latest answer gave, and the hint."""
    if attempt.empty:
        st.warning("Enter an answer first, then check it.", icon=":material/edit:")
    elif attempt.answered:
        sentence = question.feedback(attempt.answer)
        if attempt.hint and sentence == question.hint:  # it is on screen
            sentence = ""
        answer = answer_text(question, attempt.answer)
        st.warning(escaped(f"{answer} is not right. {sentence}"), icon=":material/close:")
    if attempt.hint:
        st.info(escaped(question.hint), icon=":material/lightbulb:")


def _solution(question: Question, attempt: Attempt) -> None:
    """The question, the answer and the solution, in little room: the result is below."""
    st.markdown(escaped(question.text))
    answer = escaped(answer_text(question, attempt.answer))
    if attempt.right:
        st.success(f"**{answer}** is right. {escaped(question.solution)}", icon=":material/check:")
    else:
        correct = escaped(answer_text(question, question.answer.correct))
        st.info(f"**{correct}** is right, not {answer}. {escaped(question.solution)}", icon=":material/school:")
