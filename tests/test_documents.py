"""The documents name files that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("python", "csrc", "tests", "bench", "release", "docs")
FILES = {
    "/" + path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.*")
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_source_file_that_is_named_is_there(document):
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9_/]+\.(?:py|cpp|h))\b", text))
    missing = {name for name in named if not any(path.endswith("/" + name) for path in FILES)}
    assert not missing
