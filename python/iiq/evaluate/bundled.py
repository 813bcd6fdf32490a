"""The analogies that come with the package, for a first look: pairs that anyone may use and share.

Their figures compare vectors with one another; the literature's are of Google's questions.
"""

from __future__ import annotations

from importlib import resources
from itertools import permutations
from pathlib import Path

NAME = "basics"

Fields = tuple[str, ...]


def bundled_questions() -> tuple[Path, tuple[Fields, ...]]:
    """Return where the pairs lie, and (category, a, b, c, target) of every two of a section."""
    with resources.as_file(resources.files("iiq") / "data" / "analogy") as folder:
        path = folder / f"{NAME}.txt"
        text = path.read_text(encoding="utf-8")
    rows: list[Fields] = []
    for section in text.split("\n:")[1:]:
        category, *lines = section.strip().splitlines()
        pairs = [tuple(line.split()) for line in lines]
        rows += [(category.strip(), *one, *other) for one, other in permutations(pairs, 2)]
    return path, tuple(rows)
