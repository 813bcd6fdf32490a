"""The import rules that keep data flowing one way, by ast: who may import whom, and no circle."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python" / "iiq"

# Folder of the package -> the folders it may import. What is not named here fails.
MIDDLE = {"_support", "_numba"}
ALLOWED: dict[str, set[str]] = {
    "_support": {"_core", "_numba"},
    "_numba": set(),
    "vectors": MIDDLE,
    "rows": MIDDLE,
    "codes": MIDDLE,
    "baselines": MIDDLE | {"rows"},
    "encoders": MIDDLE | {"rows", "codes"},
    "export": MIDDLE | {"vectors", "rows", "codes"},
    "evaluate": MIDDLE | {"vectors", "rows", "codes"},
    "vocabulary": MIDDLE | {"vectors", "rows", "codes", "encoders", "export", "evaluate"},
}
BELOW = set(ALLOWED)
ALLOWED["study"] = BELOW | {"baselines"}
ALLOWED["pipelines"] = BELOW
ALLOWED["cli"] = BELOW | {"study", "pipelines", "__init__"}
ALLOWED["__main__"] = {"cli"}
ALLOWED["__init__"] = set(ALLOWED) - {"cli", "__main__"}
HEAVY = {"scipy", "numba", "sklearn", "torch", "matplotlib", "pandas", "gensim", "faiss", "dask"}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def module_of(dotted: str) -> str:
    """Return the module that a dotted name lies in: iiq.codes.bits.pack -> iiq.codes.bits."""
    while dotted not in MODULES and dotted != "iiq._core" and "." in dotted:
        dotted = dotted.rpartition(".")[0]
    return dotted


def _inside(tree: ast.AST, kind: type | tuple[type, ...], text: str = "") -> set[ast.AST]:
    return {
        child
        for node in ast.walk(tree)
        if isinstance(node, kind) and (not text or text in ast.unparse(node.test))
        for child in ast.walk(node)
        if child is not node
    }


def imports(path: Path) -> list[tuple[str, bool]]:
    """Return (dotted name, at the top of the file) for each import that runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checking = _inside(tree, ast.If, "TYPE_CHECKING")
    functions = _inside(tree, (ast.FunctionDef, ast.AsyncFunctionDef))
    found = []
    for node in ast.walk(tree):
        if node in checking:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, node not in functions) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(name, node not in functions) for name in names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found += [(arg.value, False) for arg in node.args if isinstance(arg, ast.Constant)]
    return found


def own_imports(module: str, *, lazy: bool = True) -> set[str]:
    """Return the modules of the package that a module imports."""
    return {
        module_of(name)
        for name, at_top in imports(MODULES[module])
        if (lazy or at_top) and name.split(".")[0] == "iiq"
    } - {module}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_lies_to_its_left(module):
    own = layer(module)
    assert own in ALLOWED, f"{module} lies in no stage: add its folder to the table"
    ours = {layer(name) for name in own_imports(module)} - {own}
    assert ours <= ALLOWED[own], f"{module} imports {sorted(ours - ALLOWED[own])}"


def test_encoders_and_evaluation_do_not_know_each_other():
    assert "encoders" not in ALLOWED["evaluate"]
    assert not {"evaluate", "vectors", "vocabulary"} & ALLOWED["encoders"]


@pytest.mark.parametrize("module", MODULES)
def test_heavy_packages_are_imported_where_they_are_used(module):
    if layer(module) == "_numba":
        return  # the kernels in Numba are themselves imported only when used
    top = {name.split(".")[0] for name, at_top in imports(MODULES[module]) if at_top}
    assert not top & HEAVY


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of a graph, or an empty list."""
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for other in sorted(graph.get(node, ())):
            found = walk(other, [*path, node])
            if found:
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


def test_a_circle_is_seen():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_no_module_imports_itself_in_a_circle():
    # The table of public names and the list of verbs name everything by strings, at first use.
    graph = {module: own_imports(module) - {"iiq", "iiq.cli"} for module in MODULES}
    assert circle(graph) == []


def test_no_folder_imports_itself_in_a_circle():
    graph: dict[str, set[str]] = {}
    for module in MODULES:
        own = layer(module)
        graph.setdefault(own, set()).update({layer(n) for n in own_imports(module)} - {own})
    graph.pop("__init__")
    assert circle({k: v - {"__init__"} for k, v in graph.items()}) == []


@pytest.mark.parametrize("module", MODULES)
def test_what_is_private_stays_where_it_is(module):
    """A file with a leading underscore is for its folder, such a name for its file."""
    for name, _ in imports(MODULES[module]):
        parts = name.split(".")
        for i, part in enumerate(parts):
            if parts[0] == "iiq" and part.startswith("_") and not part.startswith("__"):
                owner = ".".join(parts[:i])
                assert f"{module}.".startswith(f"{owner}."), f"{module} uses {name}"
