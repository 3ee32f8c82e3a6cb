"""Text from a URL, a file or a server reaches the screen through `escaped`, or as plain text."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("ui", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]
MESSAGES = {"error", "warning"}  # elements that say what is wrong, often with the words of core
MARKDOWN = MESSAGES | {
    "badge",
    "caption",
    "header",
    "info",
    "markdown",
    "metric",
    "subheader",
    "success",
    "toast",
    "write",
}
OUTSIDE = {"error", "file_name", "file_problem", "problem", "upload_error"}  # names of values with words from outside


def calls(source, names):
    """(call, its first argument) of every call of an element: `st.warning(...)`, `column.warning(...)`."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in names
            and node.args
        ):
            yield node, node.args[0]


def is_escaped(node):
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "escaped"


def parts(node):
    """What an expression is made of, without what `escaped` or a number's format makes harmless."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not is_escaped(child) and not (isinstance(child, ast.FormattedValue) and child.format_spec):
            yield from parts(child)


def unescaped(source):
    """Lines whose message is neither a literal nor escaped, and lines that show a value from outside as Markdown."""
    for call, text in calls(source, MESSAGES):
        pieces = text.values if isinstance(text, ast.JoinedStr) else [text]
        values = [piece.value if isinstance(piece, ast.FormattedValue) else piece for piece in pieces]
        if not all(isinstance(value, ast.Constant) or is_escaped(value) for value in values):
            yield call.lineno
    for call, text in calls(source, MARKDOWN):
        if not is_escaped(text) and OUTSIDE & {getattr(n, "attr", getattr(n, "id", "")) for n in parts(text)}:
            yield call.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("st.warning('words')", []),
        ("st.warning(escaped(error))", []),
        ("st.error(f'{page_state.escaped(error)} Reload.')", []),
        ("st.caption(f'{error:.3f}')", []),
        ("st.warning(str(error))", [1, 1]),
        ("column.error(f'Layer {i}')", [1]),
        ("st.warning(sentence)", [1]),
        ("st.caption(f'{server().problem} Computed here.')", [1]),
    ],
)
def test_the_rule_finds_what_is_not_escaped(source, lines):
    assert list(unescaped(source)) == lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_from_outside_is_markdown(path):
    assert list(unescaped(path.read_text(encoding="utf-8"))) == []
