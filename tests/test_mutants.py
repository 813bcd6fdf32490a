"""The list of mutants (``make mutants``) is one of today's code: each text stands exactly once."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = tomllib.loads((ROOT / "tests/mutants/list.toml").read_text(encoding="utf-8"))["mutant"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant["find"][:40])
def test_a_mutant_breaks_one_place_and_names_its_tests(mutant):
    text = (ROOT / mutant["file"]).read_text(encoding="utf-8")
    assert text.count(mutant["find"]) == 1
    assert mutant["put"] != mutant["find"]
    if not mutant["test"].startswith("native "):
        assert all((ROOT / name).exists() for name in mutant["test"].split())
