"""The lesson: each step asks before its page shows, answers are checked, and the user's own settings come back."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.exercises import EXERCISES
from core.exercises.answers import Choice
from core.glossary import GLOSSARY
from ui.common.glossary_help import glossary_help
from ui.convolution.state import SETTINGS
from ui.lesson import live_state
from ui.lesson.course import STEPS

ROOT = Path(__file__).parents[2]
OWN = {"height": 6, "padding": "VALID", "cell": 3}


def open_url(page, app=None, **query):
    """The app on a page with these parameters; a new session without `app`."""
    app = app or AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def answer(app, name, seed, value):
    """Enter an answer in the question's field and check it."""
    key = f"answer_{name}_{seed}"
    if isinstance(EXERCISES[name].draw(seed).answer, Choice):
        app.radio(key=f"{key}_0").set_value(value)
    else:
        for i, number in enumerate(value):
            app.number_input(key=f"{key}_{i}").set_value(number)
    app.button(key=f"check_{key}_0").click().run()
    assert not app.exception
    return app


def wrong_answer(question):
    kind = question.answer
    if isinstance(kind, Choice):
        return (kind.correct + 1) % len(kind.options)
    return tuple(value + 3 for value in kind.correct)


def attempt(app, name, seed=0):
    return app.session_state["lesson_progress"].attempts[name, seed]


@pytest.fixture(scope="module")
def course():
    """One session that goes through all steps, as a user does."""
    return open_url("lesson")


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1), ids=[step.exercise for step in STEPS])
def test_a_step_asks_before_its_page_shows(course, number):
    step = STEPS[number - 1]
    question = EXERCISES[step.exercise].draw(0)
    app = open_url(step.page, course, lesson=str(number))
    assert not app.title  # the page is hidden
    page, settings = live_state.settings(step.exercise, question, solved=False)
    assert page == step.page
    assert {key: app.session_state[key] for key in settings} == settings

    answer(app, step.exercise, 0, wrong_answer(question))
    assert not app.title
    assert not attempt(app, step.exercise).right
    assert app.warning

    answer(app, step.exercise, 0, question.answer.correct)
    assert app.title  # the page in the state of the solution
    assert not app.error
    assert attempt(app, step.exercise).right
    settings = live_state.settings(step.exercise, question, solved=True)[1]
    assert {key: app.session_state[key] for key in settings} == settings
    assert app.query_params["lesson"] == str(number)


def test_the_list_shows_each_steps_state(course):
    app = open_url("lesson", course)
    right, answered = app.session_state["lesson_progress"].score()
    links = [link.proto for link in app.get("page_link")]
    assert [link.query_string for link in links] == [f"lesson={number}" for number in range(1, len(STEPS) + 1)]
    assert sum(link.label.endswith("(right)") for link in links) == right == answered


@pytest.mark.parametrize("way", ["leave", "another page"])
def test_leaving_restores_the_own_settings(way):
    app = open_url("convolution", **{key: str(value) for key, value in OWN.items()})
    assert {key: app.session_state[key] for key in OWN} == OWN
    open_url("convolution", app, lesson="1")
    answer(app, "output-size", 0, (2,))
    assert (app.session_state["height"], app.session_state["stride_h"]) == (5, 2)
    app.slider(key="dilation").set_value(2).run()  # to play with
    app.button(key="lesson_next").click().run()
    assert app.session_state["height"] == 14
    if way == "leave":
        app.button(key="lesson_leave").click().run()
    else:
        open_url("latent_space", app)
        open_url("convolution", app)
    changed = {key: app.session_state[key] for key in SETTINGS if app.session_state[key] != SETTINGS[key].default}
    assert changed == OWN
    assert app.title
    if way == "leave":
        assert app.query_params == {key: str(value) for key, value in OWN.items()}


def test_the_solution_can_be_asked_for_after_a_wrong_answer():
    app = open_url("latent_space", lesson="9")
    keys = {button.key for button in app.button}
    assert not any(key.startswith("solve_") for key in keys)
    app.button(key="check_answer_digit-at-point_0_0").click().run()  # without an answer
    assert not attempt(app, "digit-at-point").answered
    app.button(key="hint_answer_digit-at-point_0_0").click().run()
    assert app.info
    answer(app, "digit-at-point", 0, 0)
    app.button(key="solve_answer_digit-at-point_0_0").click().run()
    assert app.title
    assert app.session_state["lesson_progress"].score() == (0, 1)


def test_a_step_opens_from_any_page():
    for page in ("home", "lesson", "segmentation"):
        assert open_url(page, lesson="2").number_input(key="answer_padding_0_0")


@pytest.mark.parametrize("number", ["99", "0", "-1", "nonsense", "²", "9" * 5000])
@pytest.mark.parametrize("page", ["convolution", "lesson"])
def test_an_impossible_step_gives_a_notice_once(page, number):
    app = open_url(page, lesson=number)
    assert [toast.value for toast in app.toast if "1 to" in toast.value.replace("\\", "")]
    assert app.title
    assert not app.run().toast


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_with_drawn_numbers(name):
    question = EXERCISES[name].draw(7)
    app = open_url("lesson", exercise=name, seed="7")
    answer(app, name, 7, question.answer.correct)
    assert attempt(app, name, 7).right
    page, settings = live_state.settings(name, question, solved=True)
    link = next(link.proto for link in app.get("page_link"))
    assert link.page == page
    for key, text in live_state.query(page, settings).items():
        assert live_state.PAGES[page].settings[key].parse(text) == settings[key]
    app.button(key="another").click().run()
    assert int(app.query_params["seed"]) != 7


@pytest.mark.parametrize(("query", "opened"), [({"exercise": "nonsense"}, None), ({"exercise": "iou"}, "iou")])
def test_an_impossible_exercise_or_seed_gives_a_notice(query, opened):
    app = open_url("lesson", **query, seed="-1")
    assert app.toast
    assert [field.key for field in app.number_input] == [f"answer_{opened}_0_0"] * bool(opened)
    assert bool(app.title) == (opened is None)


def test_the_glossary_can_be_searched():
    app = open_url("lesson", contents="Glossary")
    assert all(text in app.markdown[-1].value for text in GLOSSARY.values())
    app.text_input(key="glossary_search").set_value("strid").run()
    assert app.markdown[-1].value.startswith("**Stride**")
    app.text_input(key="glossary_search").set_value("qqq").run()
    assert not app.get("markdown")[-1].value


def test_labels_with_terms_have_their_explanation():
    app = open_url("convolution")
    assert app.slider(key="dilation").help == glossary_help("Dilation")
    assert GLOSSARY["dilation"] in app.slider(key="dilation").help
    assert not app.number_input(key="height").help
    assert "The visible plane" in open_url("latent_space", app).toggle(key="atlas").help  # its own text is better
