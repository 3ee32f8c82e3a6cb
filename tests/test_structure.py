"""The rules of the layout: imports run downwards without a cycle, modules stay short, packages list their modules."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("core", "ui", "pages", "streamlit_app")  # from the bottom to the top
BESIDE = ("benchmarks", "docs", "tests")  # code that the app never imports
LONGEST_MODULE, LONGEST_PAGE = 300, 150  # lines

FILES = [ROOT / "streamlit_app.py", *(path for layer in LAYERS[:3] for path in sorted((ROOT / layer).rglob("*.py")))]
SCRIPTS = [path for layer in LAYERS[:3] for path in sorted((ROOT / layer).rglob("*.js"))]
PACKAGES = sorted(path for path in FILES if path.name == "__init__.py")


def module_name(path):
    """`core.fcn` for core/fcn/__init__.py, `core.fcn.engine` for core/fcn/engine.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path.read_text(encoding="utf-8") for path in FILES}


def imported_names(source, modules):
    """The full names that a source imports anywhere in it: `core.photos` for `from core import photos`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import of {node.module} is ambiguous: write the full name"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in modules else node.module


def import_graph(sources):
    """Module -> the modules of `sources` that it imports, at the top, in functions, or for type hints."""
    return {
        name: {other for other in imported_names(text, sources) if other in sources} for name, text in sources.items()
    }


def import_cycles(graph):
    """Each group of modules that import one another, sorted; a module that imports itself is one too."""

    def reachable(start):
        visited, waiting = set(), [start]
        while waiting:
            new = graph[waiting.pop()] - visited
            visited |= new
            waiting += new
        return visited

    reach = {name: reachable(name) for name in graph}
    groups = {tuple(sorted(other for other in reach[name] if name in reach[other])) for name in graph}
    return sorted(groups - {()})


def test_an_import_inside_a_function_closes_a_cycle():
    sources = {
        "core.a": "import numpy\nfrom core import b",
        "core.b": "def late():\n    from core.c import value",
        "core.c": "import core.a",
        "core.d": "from core.a import name",
    }
    assert import_cycles(import_graph(sources)) == [("core.a", "core.b", "core.c")]
    assert import_cycles(import_graph(sources | {"core.c": ""})) == []


def test_there_is_no_import_cycle():
    assert import_cycles(import_graph(SOURCES)) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_run_downwards(layer):
    above = {*LAYERS[LAYERS.index(layer) + 1 :], *BESIDE} | ({"streamlit"} if layer == "core" else set())
    upward = [
        f"{module} imports {name}"
        for module, source in SOURCES.items()
        if module.split(".")[0] == layer
        for name in imported_names(source, SOURCES)
        if name.split(".")[0] in above
    ]
    assert upward == []


def test_one_module_alone_touches_what_streamlit_does_not_document():
    private = re.compile(r"(from|import) streamlit\.|\bst\._|\bdata-testid\b")
    files = [path for path in FILES + SCRIPTS if path.stem != "streamlit_workarounds"]
    uses = [str(path.relative_to(ROOT)) for path in files if private.search(path.read_text(encoding="utf-8"))]
    assert uses == []


def test_every_page_and_module_is_short():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES + SCRIPTS}
    limits = {path: LONGEST_PAGE if path.parent.name == "pages" else LONGEST_MODULE for path in lengths}
    too_long = [f"{path.relative_to(ROOT)}: {lines}" for path, lines in lengths.items() if lines > limits[path]]
    assert too_long == []


def test_every_folder_of_tests_mirrors_a_folder_of_the_code():
    folders = {path.relative_to(ROOT / "tests").parent for path in (ROOT / "tests").rglob("test_*.py")}
    extra = [str(folder) for folder in folders if not (ROOT / folder).is_dir() and folder != Path("browser")]
    assert extra == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT).parent))
def test_a_package_lists_its_modules(package):
    docstring = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or ""
    listed = set(re.findall(r"^ *(\w+)  +\S", docstring, re.MULTILINE)) | set(
        re.findall(r"^- `?(\w+)", docstring, re.MULTILINE)
    )
    modules = {path.stem for path in package.parent.glob("*.py") if path.name != "__init__.py"}
    modules |= {path.parent.name for path in package.parent.glob("*/__init__.py")}
    assert modules - listed == set(), "modules that the docstring does not name"
    assert listed - modules == set(), "names in the docstring that are no modules"
