"""Functions and files stay short: what is long hides more than one idea."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder in ("python", "bench", "release", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
LINES_OF_FUNCTION = 60  # its docstring not counted
LINES_OF_FILE = 400


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    first = function.body[0]
    told = 0
    if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
        told = first.end_lineno - first.lineno + 1
    return function.end_lineno - function.lineno + 1 - told


def too_long(text: str) -> list[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        f"{node.name}: {length(node)} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds) and length(node) > LINES_OF_FUNCTION
    ]


def test_a_long_function_is_seen():
    assert too_long("def f():\n    '''told\n\n    '''\n" + "    x = 1\n" * 60) == ["f: 61 lines"]
    assert too_long("def f():\n    '''told\n\n    '''\n" + "    x = 1\n" * 59) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_and_files_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert too_long(text) == []
    assert len(text.splitlines()) <= LINES_OF_FILE
