"""The words of this project's old dialect may not come back: in labels, messages, comments, names and documents."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Regular expression of whole words -> what to write instead. Case does not matter. A space matches any gap between two
# words: a line break, a comment sign, the quotation marks between two parts of a string.
DIALECT = {
    r"visitors?": "user",
    r"(?<!server.)(?<!ip.)(?<!memory.)(?<!--)address(es)?": "URL",
    r"whoever": "users who",
    r"no one(?!-)": "nobody, or name the subject",
    r"one's own": "your own, or separate",
    r"told": "a noun: caption, message; or a verb: says, reports",
    r"(?<!\.)tell(?=\()|tell corrections": "notify",
    r"breath": "flush_to_browser",
    r"spare": "limit_gc",
    r"(?-i:Whole)(?=\()|whole widget": "IntSetting",
    r"payers?": "contributing inputs",
    r"pa(y|ys|id|ying) into": "contribute to",
    r"(?<!there.)(?-i:(is|are) none)(?! of)": "say what it is: NaN or infinite, not a number, not a photo",
    r"to be had": "available",
    r"mean(s|t)? well": "malformed and malicious",
    r"there and back": "Conv2D, then Conv2DTranspose",
    r"stamps?": "kernel copies",
    r"look(s|ed|ing)? at": "view, read, process",
    r"only looks": "views a page",
    r"where are": "name the subject first",
    r"stands? in for": "is used instead of, replaces",
    r"(hold|holds|held) (\w+ )?against": "compare with",
    r"turn about": "alternately",
    r"lights up|lit": "is highlighted",
    r"in vain": "without effect",
    r"by touching": "interactively",
    r"not kept": "has expired, is not stored",
    r"(along )?kept (points?|ones?|digits?)": "saved points",
    r"smallest region": "ignore regions smaller than",
    r"(found|given|shown|seen) (mask|ones?)": "predicted mask, or name the thing",
    r"seen as": "view",
    r"as it was read": "training photo",
    r"in reading order": "row by row",
    r"meet in one": "give the same output size",
    r"on the way back": "in the transposed layer",
    r"comes? out better": "have a lower error",
    r"unit square": "unit area",
    r"shipped one": "pre-trained model",
    r"none of them has": "name the point",
    r"no such layer": "this layer is impossible",
    r"a channel a class": "one channel per class",
    r"squeezed? (\w+ )?into": "encode as",
}
# Participles that say nothing about a value. Better names: `caption`, `saved`, `settings`, `selected`.
NOT_NAMES = {"told", "kept", "given", "shown", "chosen", "seen", "found"}

FOLDERS = ("core", "ui", "pages", "tests", "benchmarks", "docs", "weights", ".streamlit", ".github", ".ci")
KINDS = {".py", ".js", ".md", ".toml", ".txt", ".yml", ".cff", ""}
SKIPPED = {Path(__file__), ROOT / "LICENSE"}

_GAP = r"""[\s"'#/*+]+(?:f["'])?"""
_EXPRESSIONS = [re.sub(r"(?<!\\)\((?!\?)", "(?:", expression).replace(" ", _GAP) for expression in DIALECT]
_ANY = re.compile(rf"\b(?:{'|'.join(f'({expression})' for expression in _EXPRESSIONS)})\b", re.IGNORECASE)


def dialect_uses(text):
    """(line, expression, what to write instead) of every use, also within names such as `VisitorError`."""
    text = text.replace("timeStamp", "")  # of events in a browser
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", text)
    advice = list(DIALECT.values())
    for match in _ANY.finditer(words):
        yield 1 + words.count("\n", 0, match.start()), match[0], advice[match.lastindex - 1]


def bound_names(source):
    """(line, name) of every variable, attribute, argument, function and class that a Python source defines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr


def project_texts():
    """Path from the root -> content, of every text that belongs to the project."""
    paths = [*ROOT.glob("*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    texts = {path for path in paths if path.is_file() and path.suffix in KINDS and "__pycache__" not in path.parts}
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(texts - SKIPPED)}


TEXTS = project_texts()


@pytest.mark.parametrize("expression", ["VisitorError", "by_visitors", "pay\n    # into", 'stands "\n        f"in for'])
def test_a_use_is_recognized_in_names_and_across_lines(expression):
    assert len(list(dialect_uses(f"before\n{expression} after"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "There are none of these files. if x is None: the whole epoch counts.",
        "serverAddress = 'localhost'  # the IP address; streamlit run --server.address=0.0.0.0",
        "The timestamp of a file. position = file.tell()",
        "A one-hot mask has no one-dimensional form. Stand back. It stands out. Look it up.",
    ],
)
def test_plain_english_causes_no_alarm(text):
    assert list(dialect_uses(text)) == []


@pytest.mark.parametrize("part", sorted({name.split("/")[0] for name in TEXTS}))
def test_the_dialect_does_not_come_back(part):
    uses = [f"{name}: a file name" for name in TEXTS if name.split("/")[0] == part and list(dialect_uses(name))]
    for name, text in TEXTS.items():
        if name.split("/")[0] == part:
            uses += [f"{name}:{line}: {use!r}: write {advice}" for line, use, advice in dialect_uses(text)]
    assert not uses, "\n".join(uses)


def test_no_value_is_named_by_a_bare_participle():
    sources = {name: text for name, text in TEXTS.items() if name.endswith(".py")}
    uses = [
        f"{name}:{line}: {word}"
        for name, text in sources.items()
        for line, word in bound_names(text)
        if word in NOT_NAMES
    ]
    assert not uses, "\n".join(uses)
