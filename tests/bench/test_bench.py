"""What every benchmark uses, and that the commands the documents name are there."""

import importlib
import os
import re
import shlex
import time
from pathlib import Path

import numpy as np
import pytest

import iiq
from bench import common

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "bench"
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in BENCH.rglob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
)
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "Makefile",
    BENCH / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def named_commands():
    """Yield every ``python -m bench...`` of the documents, with the lines that continue it."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8").replace("\\\n", " ")
        for found in re.findall(r"python -m (bench\.[^`\n)#]*)", text):
            yield document.name, found


def help_of(module, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [module, "--help"])
    with pytest.raises(SystemExit) as end:
        importlib.import_module(module).main()
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("module", COMMANDS)
def test_a_command_says_how_it_is_called(module, monkeypatch, capsys):
    told = help_of(module, monkeypatch, capsys)
    assert f"python -m {module}" in told


@pytest.mark.parametrize(("document", "command"), sorted(set(named_commands())))
def test_a_command_of_the_documents_is_there_with_its_options(
    document, command, monkeypatch, capsys
):
    module, *arguments = shlex.split(command.replace("$", ""))
    assert module in COMMANDS
    source = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
    options = [word for word in arguments if word.startswith("--")]
    for option in options:
        assert f'"{option}"' in source


def test_a_clock_counts_work_and_waiting():
    with common.Clock() as clock:
        np.sort(np.random.default_rng(0).standard_normal(300_000))
        time.sleep(0.05)
    assert clock.cpu > 0
    assert clock.wall >= 0.05
    assert common.cpu_seconds(lambda: time.sleep(0.2)) < 0.2


def test_a_kernel_set_is_forced_and_given_back(monkeypatch):
    monkeypatch.delenv(common.KERNELS, raising=False)
    with common.forced("scalar"):
        assert os.environ["IIQ_KERNELS"] == "scalar"
    assert common.KERNELS not in os.environ
    monkeypatch.setenv(common.KERNELS, "numba")
    with pytest.raises(ZeroDivisionError), common.forced("scalar"):
        raise ZeroDivisionError
    assert os.environ[common.KERNELS] == "numba"


@pytest.mark.parametrize("n_bits", [1, 7, 8, 9, 300])
def test_random_codes_are_codes(n_bits):
    codes = common.random_codes(50, n_bits, 0)
    assert np.array_equal(iiq.pack(iiq.unpack(codes, n_bits)), codes)
    assert iiq.unpack(codes, n_bits).any(axis=0).all()


def test_tables_are_markdown(capsys):
    common.print_head("what", "s")
    common.print_row("fit", f"{0.5:.2f}")
    assert capsys.readouterr().out == "| what | s |\n| --- | ---: |\n| fit | 0.50 |\n"


def test_the_peak_of_a_call_is_what_it_holds_at_most():
    size = 64_000_000
    peak = common.peak_beyond(lambda: np.ones(size, np.uint8).sum())
    assert size / 2 < peak < 2 * size
    assert common.status_bytes("VmRSS") > 0
    with pytest.raises(KeyError):
        common.status_bytes("VmNothing")
