"""The import rules that keep data flowing one way. Of the core: test_architecture_csrc.py."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python" / "iiq"

# Layer of a module -> the layers it may import. A module's layer is the longest prefix here.
EVERYTHING = None
ALLOWED: dict[str, set[str] | None] = {
    "_validate": set(),
    "_backend": {"_numba"},
    "_numba": set(),
    "_scores": set(),
    "_blas": set(),
    "_parameters": set(),
    "bits": {"_backend", "_validate"},
    "blocks": {"_validate", "distributed"},  # where X is a Dask array
    "linalg": {"_backend", "_blas", "_validate", "blocks"},
    "encoders": {
        "_blas",
        "_parameters",
        "linalg",
        "blocks",
        "_backend",
        "_numba",
        "_validate",
        "bits",
    },
    "baselines": {"linalg", "blocks", "_validate", "encoders"},
    "_index_graph": {"_backend", "_validate"},
    "index": {"_backend", "_validate", "_index_graph", "bits"},
    "vectors": {"_validate", "blocks"},
    "readers": {"vectors", "subwords", "_backend", "_validate", "blocks"},
    "subwords": set(),
    "writers": {"sources", "_backend", "_files"},
    "_files": set(),
    "evaluate": {"vectors", "keyed_vectors", "index", "_scores", "_validate", "bits", "linalg"},
    "samples": {"vectors", "readers"},
    "cli": EVERYTHING,
    "__init__": EVERYTHING,
    "__main__": {"cli"},
}
# What these may never import, whatever else they do.
NEVER: dict[str, set[str]] = {
    "keyed_vectors": {"evaluate", "readers", "cli"},
    "container": {"evaluate", "readers", "encoders", "cli"},
    "export": {"evaluate", "readers", "cli"},
}
HEAVY = {"scipy", "numba", "sklearn", "torch", "matplotlib", "pandas", "gensim", "faiss", "dask"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "__init__"


def layer(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def imports(path: Path) -> list[tuple[str, bool]]:
    """Return (imported module, at the top of the file) for each import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checking = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    functions = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for child in ast.walk(node)
        if child is not node
    }
    found = []
    for node in ast.walk(tree):
        if node in checking:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, node not in functions) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if base == "iiq":
                found += [(f"iiq.{alias.name}", node not in functions) for alias in node.names]
            else:
                found.append((base, node not in functions))
    return found


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_imports_only_what_lies_to_its_left(path):
    own = layer(dotted(path))
    ours = {layer(name[4:]) for name, _ in imports(path) if name.startswith("iiq.")} - {own}
    allowed = ALLOWED.get(own, EVERYTHING)
    if allowed is not None:
        assert ours <= allowed, f"{dotted(path)} imports {sorted(ours - allowed)}"
    assert not ours & NEVER.get(own, set())
    if own not in ("cli", "__main__"):
        assert "cli" not in ours, "nobody imports the command line"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_heavy_packages_are_imported_where_they_are_used(path):
    if layer(dotted(path)) == "_numba":
        return  # the kernels in Numba are themselves imported only when used
    top = {name.split(".")[0] for name, at_top in imports(path) if at_top}
    assert not top & HEAVY
