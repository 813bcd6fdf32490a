"""The line of a long step: at a terminal alone, never over a bar, gone in the end."""

import io
import sys
import time

import pytest
from tqdm import tqdm

from iiq.cli import _clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


def a_screen(monkeypatch):
    """Return what a terminal gets; pytest's own stderr comes back after a fixture."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(_clock, "FIRST", 0.01)
    monkeypatch.setattr(_clock, "EVERY", 0.01)
    return terminal


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def test_a_long_step_says_its_time_and_takes_it_away(monkeypatch):
    screen = a_screen(monkeypatch)
    with _clock.clock("exporting"):
        wait_for(lambda: "\rexporting: 0 s" in screen.getvalue())
    assert screen.getvalue().endswith("\r" + " " * len("exporting: 0 s") + "\r")


def test_an_error_takes_it_away_too(monkeypatch):
    screen = a_screen(monkeypatch)

    def interrupted():
        with _clock.clock("exporting"):
            wait_for(lambda: "exporting" in screen.getvalue())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert screen.getvalue().endswith(" \r")


def test_a_quick_step_says_nothing(monkeypatch):
    screen = a_screen(monkeypatch)
    monkeypatch.setattr(_clock, "FIRST", 60)
    with _clock.clock("exporting"):
        pass
    assert screen.getvalue() == ""


def test_a_bar_has_the_line_to_itself(monkeypatch):
    screen = a_screen(monkeypatch)
    with tqdm(total=1, file=io.StringIO()), _clock.clock("exporting"):
        time.sleep(0.2)
    assert screen.getvalue() == ""


def test_no_terminal_no_line(monkeypatch):
    plain = io.StringIO()
    monkeypatch.setattr(sys, "stderr", plain)
    monkeypatch.setattr(_clock, "FIRST", 0.0)
    with _clock.clock("exporting"):
        time.sleep(0.05)
    assert plain.getvalue() == ""
