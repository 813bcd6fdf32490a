"""Whether the files agree about a version to be released: `python -m release.ready v1.0.0`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = {
    "python/iiq/_support/version.py": r'__version__ = "([^"]+)"',
    "CHANGELOG.md": r"(?m)^## (\S+)",
    "CITATION.cff": r"(?m)^version: (\S+)",
}


def versions(root: Path = ROOT) -> dict[str, str]:
    """Return the version that each file states first."""
    found = {}
    for name, pattern in PLACES.items():
        match = re.search(pattern, (root / name).read_text(encoding="utf-8"))
        found[name] = match[1] if match else "none"
    return found


def disagreements(tag: str, root: Path = ROOT) -> list[str]:
    """Return what keeps a tag such as v1.0.0 from being released, in words."""
    wanted = tag.removeprefix("v")
    wrong = [f"{name} says {one}" for name, one in versions(root).items() if one != wanted]
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    head = re.search(rf"(?m)^## {re.escape(wanted)} (.*)", changes)
    if head is None or not re.search(r"\d{4}-\d{2}-\d{2}", head[1]):
        wrong.append("CHANGELOG.md gives it no date")
    return wrong


if __name__ == "__main__":
    found = disagreements(sys.argv[1])
    if found:
        raise SystemExit(f"{sys.argv[1]}: {'; '.join(found)}")
    print(f"{sys.argv[1]}: version, changelog and citation agree")
