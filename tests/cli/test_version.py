"""What `iiq --version` tells for a report of a fault."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

import iiq
from iiq._support import native
from iiq.cli import main
from iiq.cli._version import DEPENDENCIES

ROOT = Path(__file__).resolve().parent.parent.parent


def said(capsys) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code in (0, None)
    return capsys.readouterr().out.splitlines()


def test_the_first_line_is_the_version_alone(capsys):
    lines = said(capsys)
    assert lines[0] == f"iiq {iiq.__version__}"
    assert lines[1] == "core: compiled"
    assert lines[2].split(": ", 1)[1].split(" (")[0] == ", ".join(iiq.kernels())
    for name in DEPENDENCIES:
        assert f"{name} {importlib.metadata.version(name)}" in lines[-1]


def test_a_forced_kernel_set_and_a_missing_core_are_told(capsys, monkeypatch):
    monkeypatch.setenv("IIQ_KERNELS", "numba")
    monkeypatch.setattr(native, "_compiled", lambda: None)
    lines = said(capsys)
    assert lines[1] == "core: none, Numba kernels only"
    assert lines[2] == "kernel sets: numba (IIQ_KERNELS=numba)"


def test_every_dependency_is_told():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {line.split(">=")[0] for line in project["dependencies"]} == set(DEPENDENCIES)
