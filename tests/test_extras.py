"""The extras that errors, help and pages name exist, and bring what they are named for."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import iiq.export

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
SOURCES = sorted((ROOT / "python" / "iiq").rglob("*.py"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

# The names of packages that are installed by another name.
INSTALLED_AS = {"sklearn": "scikit-learn", "faiss": "faiss-cpu", "sqlite_vec": "sqlite-vec"}


def requirement(text):
    return re.match(r"[\w.-]+", text)[0].replace("_", "-").lower()


def brings(extra, module):
    package = module.partition(".")[0]
    wanted = requirement(INSTALLED_AS.get(package, package))
    lists = EXTRAS[extra] if extra else PROJECT["dependencies"]
    return wanted in {requirement(text) for text in lists}


def calls():
    """Yield (file and line, module, extra) of each call that imports an optional package."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(getattr(node, "func", None), ast.Name) else ""
            if name not in ("need", "extra"):
                continue
            given = [getattr(argument, "value", ...) for argument in node.args]
            module, extra = given[0], (given[2] if len(given) > 2 else "formats")
            if isinstance(module, str) and (extra is None or isinstance(extra, str)):
                yield f"{path.name}:{node.lineno}", module, extra


def test_there_are_such_calls():
    assert len(list(calls())) > 25


@pytest.mark.parametrize(("place", "module", "extra"), sorted(calls(), key=str))
def test_an_error_names_an_extra_that_brings_the_package(place, module, extra):
    assert extra is None or extra in EXTRAS, f"{place}: no extra {extra!r}"
    assert brings(extra, module), f"{place}: {extra or 'iiq'} does not bring {module}"


@pytest.mark.parametrize("name", sorted(iiq.export.ENGINES))
def test_an_engine_names_an_extra_that_brings_its_packages(name):
    engine = iiq.export.ENGINES[name]
    for package in engine.packages:
        assert brings(engine.extra or engine.name, package), (name, package)


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: path.name)
def test_texts_name_extras_that_exist(path):
    for listed in re.findall(r"iiq\[([\w,-]+)\]", path.read_text(encoding="utf-8")):
        assert set(listed.split(",")) <= set(EXTRAS), listed
