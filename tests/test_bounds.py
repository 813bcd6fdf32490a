"""The oldest versions that pyproject.toml allows are those that `make test-oldest` installs."""

import re
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pins() -> dict[str, str]:
    lines = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def bounds() -> dict[str, set[str]]:
    """Name -> the lower bounds that the project states for it, anywhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    found: dict[str, set[str]] = {}
    for line in wanted:
        name, _, bound = re.sub(r"\[.*?\]", "", line).partition(">=")
        found.setdefault(name, set()).update({bound} - {""})
    return found


def numbers(version: str) -> tuple[int, ...]:
    whole = [int(part) for part in version.split(".")]
    while whole and whole[-1] == 0:
        whole.pop()
    return tuple(whole)


def test_every_lower_bound_is_the_version_that_is_tried():
    for name, stated in bounds().items():
        for bound in stated:
            assert name in pins(), f"tests/oldest.txt lacks {name}"
            assert numbers(pins()[name]) == numbers(bound), f"{name}>={bound}: {pins()[name]} tried"


def test_nothing_is_pinned_that_has_no_bound():
    stated = {name for name, versions in bounds().items() if versions}
    assert set(pins()) == stated
