"""Settings in the session and in the URL: parsing, reading, writing, a change of pages, history."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ui.common import streamlit_workarounds
from ui.common.page_state import escaped
from ui.common.settings import ChoiceSetting, FloatSetting, IntSetting, SubsetSetting, SwitchSetting, TextSetting

ROOT = str(Path(__file__).parents[3])
SETTINGS = [
    (IntSetting("N", -2, 4096, 5), [-2, 0, 4096], ["-3", "4097", "", "x", "1.5", "1e3", "9" * 5000]),
    (FloatSetting("Z", -10, 10, 0.5), [-10, 0.25, 3.1416, 10], ["-10.1", "11", "", "nan", "inf", "x"]),
    (ChoiceSetting("C", ("SAME", "VALID"), "SAME"), ["SAME", "VALID"], ["same", "", "SAME "]),
    (SubsetSetting("D", (16, 8, 1), [16]), [[], [8], [16, 8, 1]], ["4", "", "8;1", "8,,1"]),
    (SwitchSetting("S"), [True, False], ["True", "1", ""]),
    (
        TextSetting("T", "numbers", (), lambda t: tuple(map(int, t.split("_"))), lambda v: "_".join(map(str, v))),
        [(1, 2)],
        ["x"],
    ),
]


@pytest.mark.parametrize(("setting", "values", "bad"), SETTINGS, ids=lambda value: type(value).__name__)
def test_values_come_back_from_their_text_and_others_are_refused(setting, values, bad):
    assert [setting.parse(setting.format(value)) for value in values] == values
    for text in bad:
        with pytest.raises((ValueError, KeyError)):
            setting.parse(text)


def test_a_subset_has_one_text_whatever_order_it_was_chosen_in():
    setting = SubsetSetting("D", (16, 8, 1), [16])
    assert setting.format([1, 16]) == setting.format([16, 1]) == "16,1"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("The kernel is 3.5 x 2 (too large).", "The kernel is 3.5 x 2 (too large)."),
        ("**a** [b](c) ![d](e) $x$ f_g", r"|\*\*a\*\* \[b\](c) !\[d\](e) \$x\$ f\_g"),
        ("`c` <b> &lt; \\ ~~s~~", r"|\`c\` \<b> \&lt; \\ \~|\~s\~|\~"),
        ("http://a.b Https://a www.a.b a@b.c", "http:|//a.b Https:|//a www|.a.b a|@b.c"),
        (":red[f] :smile: :material/home:", r"|:|red\[f\] :|smile: :|material/home:"),
        ("a -> b <- c", r"a -|> b \<|- c"),
        ("a\n\n    b\n===\r\u2028- c", "a b =|=|= - c"),
        ("# a", "|# a"),
        ("12. a", "|12. a"),
        (ValueError("a_b"), r"a\_b"),
    ],
)
def test_escaped_text_is_one_line_without_markdown(text, markdown):
    assert escaped(text) == markdown.replace("|", "\u2060")


def script(root):
    import sys

    import streamlit as st

    sys.path.insert(0, root)
    from ui.common.page_state import PageState
    from ui.common.settings import ChoiceSetting, IntSetting, TextSetting

    def parse(text):
        if not text.isdigit():
            raise ValueError("Use digits.")
        return text

    settings = {
        "n": IntSetting("N", 1, 9, 5),
        "padding": ChoiceSetting("Padding", ("SAME", "VALID"), "SAME"),
        "tab": ChoiceSetting("Tab", ("One", "Two"), "One"),
        "digits": TextSetting("Digits", "digits", None, parse, lambda value: value or ""),
    }
    state = PageState(st.session_state.get("page", "first"), settings)
    writes = st.session_state.setdefault("writes", [])
    if state.read_url():
        st.session_state.reads = st.session_state.get("reads", 0) + 1
    st.text(f"{state['n']} {state['padding']}")  # before the widgets are drawn
    state.slider("n")
    state.choice("padding")
    state.tabs("tab")
    st.button("reset", on_click=state.reset, kwargs={"n": 7})
    before = st.query_params.to_dict()
    state.write_url()
    if st.query_params.to_dict() != before:
        writes.append(st.query_params.to_dict())


@pytest.fixture(autouse=True)
def history(monkeypatch):
    monkeypatch.setattr(streamlit_workarounds, "is_history_navigation", lambda: st.session_state.get("history", False))


def opened(**parameters):
    test = AppTest.from_function(script, args=(ROOT,), default_timeout=60)
    for key, value in parameters.items():
        test.query_params[key] = value
    return run(test)


def run(part):
    test = part.run()
    assert not test.exception
    assert test.text[0].value == f"{test.slider('n').value} {test.segmented_control('padding').value}"
    return test


def test_the_url_has_the_values_that_are_not_the_default():
    test = opened()
    assert test.session_state.writes == []
    run(test.slider("n").set_value(3))
    run(test.segmented_control("padding").set_value("VALID"))
    assert test.session_state.writes == [{"n": "3"}, {"n": "3", "padding": "VALID"}]
    assert test.session_state.reads == 1


def test_many_changes_in_one_run_are_one_write():
    test = opened(n="2", padding="VALID", tab="Two", digits="12", other="kept")
    run(test.button[0].click())
    assert test.session_state.writes == [{"n": "7", "other": "kept"}]


def test_a_click_that_comes_with_an_older_url_changes_nothing_else():
    """The browser sends a click's query as it knows it, and the URL that the last run wrote may be on its way."""
    test = run(opened().slider("n").set_value(3))
    test.query_params.clear()
    run(test.segmented_control("padding").set_value("VALID"))
    assert test.text[0].value == "3 VALID"
    assert test.session_state.writes[-1] == {"n": "3", "padding": "VALID"}
    assert test.session_state.reads == 1


@pytest.mark.parametrize("parameters", [{"n": "99"}, {"n": "5"}, {"digits": "x"}])
def test_the_page_writes_nothing_before_a_user_changes_something(parameters):
    test = opened(**parameters)
    assert test.session_state.writes == []
    run(test.slider("n").set_value(3))
    assert test.session_state.writes == [{"n": "3"}]


def test_an_impossible_value_is_the_default_with_one_notice():
    test = opened(n="99", padding="FULL", digits="**x**")
    assert test.text[0].value == "5 SAME"
    notices = [toast.value for toast in test.toast]
    assert [notice.split()[0] for notice in notices] == ["n", "padding", "digits"]
    assert "1 to 9" in notices[0]
    assert "Use digits" in notices[2]
    assert not run(test).toast


def test_back_to_an_earlier_url_restores_every_value():
    test = opened(padding="VALID")
    run(test.slider("n").set_value(3))
    for url in ({"padding": "VALID"}, {}):
        test.query_params.clear()
        test.query_params.update(url)
        test.session_state["history"] = True
        run(test)
        assert (test.slider("n").value, test.segmented_control("padding").value) == (5, url.get("padding", "SAME"))
        test.session_state["history"] = False
    assert test.session_state.writes == [{"padding": "VALID", "n": "3"}]


def test_a_link_without_parameters_restores_the_values_of_the_page():
    test = opened()
    run(test.segmented_control("padding").set_value("VALID"))
    test.session_state["tab"] = "Two"
    run(test)
    for page, text in (("second", "5 SAME"), ("first", "5 VALID")):  # both pages use the same keys
        test.query_params.clear()
        test.session_state["page"] = page
        run(test)
        assert test.text[0].value == text
    assert test.session_state["tab"] == "Two"
    assert test.session_state.writes[-1] == {"padding": "VALID", "tab": "Two"}


def test_a_link_with_parameters_takes_the_others_from_the_defaults():
    test = opened(padding="VALID")
    test.query_params.clear()
    test.query_params["n"] = "2"
    run(test)
    assert test.text[0].value == "2 SAME"
