"""At a terminal: the bytes that a pipe gets, words completed by Tab, Ctrl-C that ends with 130."""

import os
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import iiq

pty = pytest.importorskip("pty")  # Windows has none


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    sample = iiq.samples.bundled()
    words = iiq.WordVectors(sample.words[:600], np.asarray(sample.vectors[:600]))
    path = tmp_path_factory.mktemp("terminal") / "glove.iiq"
    iiq.compress(words, n_bits=64, random_state=0).save(path)
    return str(path)


class Terminal:
    """A command at a terminal: what it shows, and keys for it."""

    def __init__(self, *arguments):
        self.shown, self.seen = b"", 0  # all, and how far the last text that was waited for
        self.screen, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iiq", *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**os.environ, "TERM": "dumb"},  # no colours, no bracketed paste
            start_new_session=True,
        )
        os.close(other)

    def until(self, text, seconds=60):
        """Read on until the screen shows a text anew, or the command ends."""
        end = time.monotonic() + seconds
        while text not in self.shown[self.seen :] and time.monotonic() < end:
            if select.select([self.screen], [], [], 1)[0]:
                try:
                    piece = os.read(self.screen, 65536)
                except OSError:  # the other side is gone
                    break
                if not piece:
                    break
                self.shown += piece
        if text in self.shown[self.seen :]:
            self.seen = self.shown.index(text, self.seen) + len(text)
        return self

    def press(self, keys):
        os.write(self.screen, keys)
        return self

    def end(self, again=lambda: None):
        """Return the exit code.

        A person presses again what was not heeded: between two lines Python misses a key or signal.
        """
        for _ in range(12):
            again()
            self.until(b"\0", seconds=5)
            try:
                self.process.wait(1)
                break
            except subprocess.TimeoutExpired:
                pass
        os.close(self.screen)
        return self.process.wait()


@pytest.mark.parametrize("command", ["info FILE", "nn FILE water power -k 3", "nn FILE zzzz"])
def test_a_terminal_gets_the_bytes_of_a_pipe(file, command):
    arguments = command.replace("FILE", file).split()
    seen = Terminal(*arguments)
    code = seen.end()
    piped = subprocess.run(
        [sys.executable, "-m", "iiq", *arguments], capture_output=True, check=False
    )
    assert code == piped.returncode
    assert seen.shown.replace(b"\r\n", b"\n") == piped.stdout + piped.stderr


def test_tab_completes_a_word_and_control_d_ends(file):
    pytest.importorskip("readline")
    seen = Terminal("nn", file, "-k", "1").until(b"iiq> ").press(b"governm\t\n")
    assert b"\r\ngovernment\r\n" in seen.until(b"\r\n  0.").until(b"iiq> ").shown
    assert seen.end(lambda: seen.press(b"\x04")) == 0


def test_control_c_at_the_prompt_ends_with_130(file):
    seen = Terminal("nn", file).until(b"iiq> ")
    assert seen.end(lambda: seen.process.send_signal(signal.SIGINT)) == 130
    assert b"iiq: interrupted" in seen.shown
