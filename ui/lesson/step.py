"""A step of the course at the top of a live page: the bar, the question, and the page's state."""

from collections.abc import Callable

import streamlit as st

from ui.common.page import link_button, weights_error_shown
from ui.common.page_state import PageState
from ui.lesson import course
from ui.lesson.course import SEED, STEPS
from ui.lesson.progress import progress


def lesson_step(page: PageState, read_url: Callable[[], object]) -> bool:
    """Read a page's URL, and if it asks for a step of the course, draw the step; before any widget of the page.

    While a step has the page, its settings are those of the question; the user's own ones return when it ends.

    Args:
        page: the settings of the page.
        read_url: reads them from the URL.

    Returns:
        Whether to draw the page: not before the question is answered.
    """
    own = {key: page[key] for key in page.settings}
    number = course.open_requested(page.page)
    read_url()
    ours = progress()
    if number is None:
        ours.on_page.pop(page.page, None)
        page.update(**ours.own.pop(page.page, {}))
        return True
    ours.own.setdefault(page.page, own)
    _bar(number, page)
    with weights_error_shown():
        return _question(number, page)
    return False


def _bar(number: int, page: PageState) -> None:
    """A slim bar: which step it is, and links to the steps before and after it, and out of the lesson."""
    from core.exercises import EXERCISES  # only while a lesson runs: the pages themselves open without it

    step = STEPS[number - 1]
    solved = progress().attempt(step.exercise, SEED).solved

    def leave() -> None:
        page.start_again(progress().own.pop(page.page))

    with st.container(key="lesson_bar", border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Step {number} of {len(STEPS)}  ·  **{EXERCISES[step.exercise].TITLE}**", width="stretch")
        with st.container(horizontal=True, width="content"):  # on a phone below the title, all in one row
            for key, label, other in (("back", "Back", number - 1), ("next", "Next", number + 1)):
                inside = 1 <= other <= len(STEPS)  # else the list of all steps
                link_button(
                    label if inside else "All steps",
                    STEPS[other - 1].page if inside else "lesson",
                    step.page,
                    {"lesson": str(other)} if inside else {},
                    f"lesson_{key}",
                    icon=f":material/chevron_{'left' if key == 'back' else 'right'}:",
                    icon_position="left" if key == "back" else "right",
                    type="primary" if solved and key == "next" else "tertiary",
                )
            st.button("Leave", key="lesson_leave", icon=":material/close:", type="tertiary", on_click=leave)


def _question(number: int, page: PageState) -> bool:
    """The question; brings the page into its state when the step begins, and with the solution once more."""
    from ui.lesson import live_state, question

    step = STEPS[number - 1]
    solved = progress().attempt(step.exercise, SEED).solved
    asked = question.drawn(step.exercise, SEED)
    _, settings = live_state.settings(step.exercise, asked, solved=solved)
    if progress().on_page.get(page.page) != (number, solved):
        progress().on_page[page.page] = number, solved
        page.reset(**settings)
        if solved:
            live_state.save_ends(asked)
    if not solved:
        st.caption(step.introduction)
    if question.ask(step.exercise, SEED):
        tabs = [settings[key] for key in ("tab", "latent_tab", "segmentation_tab") if key in settings]
        if tabs:
            st.caption(f":material/arrow_downward: See also the tab “{tabs[0]}” below.")
        return True
    st.caption(":material/lock_open: After your answer, the live page opens here.")
    return False
