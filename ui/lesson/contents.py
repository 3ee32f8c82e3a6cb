"""The lists of the page Lesson: the course, the exercises, the glossary."""

import streamlit as st

from core.exercises import BY_SUBJECT, EXERCISES
from core.glossary import GLOSSARY
from ui.common.glossary_help import titled
from ui.common.page import link_button
from ui.lesson.course import SEED, STEPS
from ui.lesson.progress import progress

SUBJECTS = {"convolution": "Convolution", "autoencoder": "Latent space", "fcn": "Segmentation"}
"""Package of core -> the title of its page."""
PAGES = {"convolution": "Convolution", "latent_space": "Latent space", "segmentation": "Segmentation"}
STATES = {
    "right": ":material/check_circle:",
    "wrong": ":material/cancel:",
    "not yet": ":material/radio_button_unchecked:",
}


def state_of(number: int) -> str:
    """What became of a step in this session: one of STATES."""
    attempt = progress().attempt(STEPS[number - 1].exercise, SEED)
    return "right" if attempt.right else "wrong" if attempt.answered else "not yet"


def score() -> None:
    """The score of this session in one line."""
    right, answered = progress().score()
    if answered:
        st.markdown(f"**{right} of {answered}** questions answered right in this session.")


def start_link() -> None:
    """A link to the first step that is not answered yet."""
    numbers = range(1, len(STEPS) + 1)
    next_step = next((number for number in numbers if state_of(number) == "not yet"), 1)
    started = any(state_of(number) != "not yet" for number in numbers)
    label = f"Continue with step {next_step}" if started else "Start with step 1"
    page, query = STEPS[next_step - 1].page, {"lesson": str(next_step)}
    link_button(label, page, "lesson", query, "start_lesson", icon=":material/play_arrow:", type="primary")


def course_list() -> None:
    """All steps by page, each with its state."""
    for column, (page, title) in zip(st.columns(3, gap="medium"), PAGES.items(), strict=True):
        with column.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(f"## {title}")
            for number, step in enumerate(STEPS, start=1):
                if step.page == page:
                    state = state_of(number)
                    words = "" if state == "not yet" else f" ({state})"
                    _step_link(number, f"{number}. {EXERCISES[step.exercise].TITLE}{words}", STATES[state])


def _step_link(number: int, label: str, icon: str) -> None:
    page = f"pages/{STEPS[number - 1].page}.py"
    st.page_link(page, label=label, icon=icon, query_params={"lesson": str(number)})


def exercise_list() -> None:
    """All exercises by subject, each with its score; a link opens the first seed that is not answered yet."""
    for column, (subject, exercises) in zip(st.columns(3, gap="medium"), BY_SUBJECT.items(), strict=True):
        with column.container(border=True, height="stretch", gap=None):
            st.markdown(f"## {SUBJECTS[subject]}")
            for name, exercise in exercises.items():
                right, answered = progress().score(name)
                seed = next(n for n in range(1, answered + 2) if not progress().attempt(name, n).answered)
                label = f"{exercise.TITLE}: {right} of {answered} right" if answered else exercise.TITLE
                query = {"exercise": name, "seed": str(seed)}
                link_button(label, "lesson", "lesson", query, f"open_{name}", icon=":material/edit:", type="tertiary")


def glossary() -> None:
    """The terms with their two sentences, and a field that filters them."""
    with st.container(width=420):
        words = st.text_input("Search", key="glossary_search", placeholder="stride, IoU, latent code …", live=True)
    wanted = (words or "").strip().lower()
    texts = {term: text for term, text in GLOSSARY.items() if wanted in f"{term} {text}".lower()}
    # Terms that contain the words come before those whose explanation does.
    order = sorted(texts, key=lambda term: (wanted not in term.lower(), term.lower()))
    if not order:
        st.info("No term contains these words. Search for a shorter part of one.", icon=":material/search_off:")
    st.markdown("\n\n".join(f"**{titled(term)}**  \n{texts[term]}" for term in order))
