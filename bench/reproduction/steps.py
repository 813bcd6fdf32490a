"""The finished steps of a reproduction: one JSON file each, in a folder for each set of vectors."""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import cpu_name
from iiq.evaluate import Report

IMDB = "IMDB-CNN"


class Steps:
    """The folder of finished steps of one set of vectors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, label: str, task: str, seed: int) -> Path:
        """Return the file of one step."""
        slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
        return self.folder / f"{slug}--{task}--{seed}.json"

    def has(self, label: str, task: str, seed: int, settings: dict[str, Any]) -> bool:
        """Return whether a step is done with these settings."""
        path = self.path(label, task, seed)
        return path.is_file() and json.loads(path.read_text())["settings"] == _json(settings)

    def write(
        self,
        label: str,
        task: str,
        seed: int,
        settings: dict[str, Any],
        report: Report,
        **figures: Any,
    ) -> None:
        """Write a finished step, in one move."""
        path = self.path(label, task, seed)
        content = {"label": label, "task": task, "seed": seed, "settings": settings}
        rows = json.loads(report.to_json(draws=True))["rows"]
        content |= {"conditions": conditions(), "rows": rows, **figures}
        partial = path.with_suffix(".tmp")
        partial.write_text(json.dumps(_json(content)))
        partial.replace(path)

    def write_about(self, **about: Any) -> None:
        """Write what is said of the vectors."""
        (self.folder / "about.json").write_text(json.dumps(about))


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def conditions() -> dict[str, Any]:
    """Return what a reader needs to judge the figures."""
    return {
        "cpu": cpu_name(),
        "kernels": iiq.kernels()[0],
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "iiq": iiq.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def load_steps(out: Path) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Yield the name, what is said of it and the steps of each set of vectors under ``out``."""
    for folder in sorted(out.iterdir()):
        about = folder / "about.json"
        if about.is_file():
            files = sorted(p for p in folder.glob("*.json") if p != about)
            yield (
                folder.name,
                json.loads(about.read_text()),
                [json.loads(p.read_text()) for p in files],
            )


def report_of(steps: list[dict[str, Any]]) -> Report:
    """Return all rows of some steps, their method being the step's label."""
    rows = []
    for step in steps:
        for row in step["rows"]:
            rows.append({**row, "method": step["label"]})
    return Report.from_json(json.dumps({"rows": rows}))
