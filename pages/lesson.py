import numpy as np
import streamlit as st

from core.exercises import EXERCISES
from ui.common.page import link_button, set_up_page, weights_error_shown
from ui.common.page_state import PageState
from ui.common.settings import ChoiceSetting, IntSetting
from ui.lesson import contents, course, figures, live_state, question
from ui.lesson.progress import progress

EXERCISE = ChoiceSetting("Exercise", tuple(EXERCISES), "output-size")
SEED = IntSetting("Seed", 0, 999_999, 0)
TABS = ("Course", "Exercises", "Glossary")
STATE = PageState("lesson", {"contents": ChoiceSetting("Tab", TABS, TABS[0])})

set_up_page("Lesson")
course.open_requested("lesson")
name = course.url_value("exercise", EXERCISE)
STATE.read_url()


def draw_another():
    st.query_params["seed"] = str(np.random.default_rng().integers(1, SEED.high + 1))


@weights_error_shown()
def exercise():
    seed = course.url_value("seed", SEED, SEED.default)
    right, answered = progress().score(name)
    with st.container(key="exercise_bar", border=True, horizontal=True, vertical_alignment="center"):
        score = f"  ·  {right} of {answered} right" if answered else ""
        st.markdown(f"Exercise  ·  **{EXERCISES[name].TITLE}**{score}", width="stretch")
        query = {"contents": "Exercises"}
        link_button(
            "All exercises", "lesson", "lesson", query, "all_exercises", icon=":material/list:", type="tertiary"
        )
    if not question.ask(name, seed):
        return
    asked, attempt = question.drawn(name, seed), progress().attempt(name, seed)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Another one", key="another", type="primary", icon=":material/casino:", on_click=draw_another)
        page, settings = live_state.settings(name, asked, solved=True)
        live_state.save_ends(asked)
        st.page_link(
            f"pages/{page}.py",
            label="Open on the live page",
            icon=":material/open_in_new:",
            query_params=live_state.query(page, settings),
        )
    figures.show(name, asked, attempt.answer if isinstance(attempt.answer, tuple) else None, None, solved=True)


if name:
    exercise()
else:
    st.title("Lesson")
    st.markdown(
        "A course of questions in the order of the tutorial. **Each step asks before it shows**: predict the result, "
        "check your answer, then change the settings on the live page. Leave at any time; your own settings come back."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        contents.start_link()
        contents.score()
    steps, exercises, glossary = STATE.tabs("contents")
    if steps.open:
        with steps:
            contents.course_list()
    if exercises.open:
        with exercises:
            st.markdown("The same questions with other numbers each time, as often as you like.")
            contents.exercise_list()
    if glossary.open:
        with glossary:
            contents.glossary()
    STATE.write_url()
