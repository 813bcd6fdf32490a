"""The import rules of bench: no circle, `common` below everything, nobody in iiq imports it."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in (ROOT / "bench").rglob("*.py")
}


def imports(path: Path) -> set[str]:
    """Return the absolute names that a file imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: a relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


GRAPH = {name: imports(path) & MODULES.keys() for name, path in MODULES.items()}


def test_there_is_no_circle():
    assert len(GRAPH) >= 18
    assert list(TopologicalSorter(GRAPH).static_order())  # raises where there is one


def test_common_imports_no_other_module_of_bench():
    assert not GRAPH["bench.common"]


def test_a_folder_uses_only_itself_and_common():
    for name, found in GRAPH.items():
        folder = name.rpartition(".")[0]
        others = {
            one for one in found if one != "bench.common" and one.rpartition(".")[0] != folder
        }
        assert not others, f"{name} imports {sorted(others)}"


def test_the_package_does_not_import_bench():
    for path in (ROOT / "python" / "iiq").rglob("*.py"):
        assert "bench" not in {name.split(".")[0] for name in imports(path)}, path
