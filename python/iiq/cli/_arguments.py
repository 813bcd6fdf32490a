"""Reading a command: options anywhere among the operands, help that wraps where the screen ends.

argparse wants operands together, and an option of several values swallows the file after it
(``iiq compare --bits 100 50 FILE``). `arranged` puts options first and operands after a ``--``.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NoReturn

_FOLD = 2  # columns that argparse leaves free


class Formatter(argparse.HelpFormatter):
    """Prose is wrapped; an example keeps its lines, of which long ones are folded."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if not text.startswith("example:"):
            return super()._fill_text(text, width, indent)
        head, *lines = text.splitlines()
        folded = [
            textwrap.fill(
                line, max(width, 20), initial_indent=indent + "  ", subsequent_indent="      ",
                break_long_words=False, break_on_hyphens=False,
            )
            for line in lines
        ]  # fmt: skip
        return "\n".join([head, *folded])


class VerbParser(argparse.ArgumentParser):
    """The parser of a verb: an error does not list all options."""

    def error(self, message: str) -> NoReturn:
        """End with the operands, what is wrong, and where there is more to read."""
        usage = f"usage: {self.prog} [OPTION ...] {' '.join(self._operands())}\n"
        self.exit(2, f"{usage}{self.prog}: error: {message}; {self.prog} --help says more\n")

    def _operands(self) -> Iterator[str]:
        for action in self._actions:
            if not action.option_strings:
                name = str(action.metavar or action.dest)
                yield f"[{name} ...]" if action.nargs == "*" else name


def arranged(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a verb with its options first, then ``--`` and its operands.

    An option of several values takes those that it can use; of words, which it can always use, it
    gives the last ones back where operands are missing.
    """
    options: list[str] = []
    operands: list[str] = []
    greedy: list[int] = []  # where in `options` a value lies that could be an operand
    rest = deque(arguments)
    while rest:
        one = rest.popleft()
        if one == "--":
            operands += rest
            break
        if one == "-" or not one.startswith("-"):
            operands.append(one)
            continue
        options.append(one)
        action = None if "=" in one else _action(parser, one)
        if action is None or action.nargs == 0:
            continue
        if action.nargs is None and rest:
            options.append(rest.popleft())
        elif action.nargs == "+":
            taken = _take(action, rest)
            if action.type is None and action.choices is None:
                greedy += range(len(options) + 1, len(options) + len(taken))
            options += taken
    missing = _operands_needed(parser) - len(operands)
    if 0 < missing <= len(greedy):
        back = greedy[-missing:]
        operands += [options[i] for i in back]
        options = [one for i, one in enumerate(options) if i not in back]
    return [*options, "--", *operands] if operands else options


def _action(parser: argparse.ArgumentParser, name: str) -> argparse.Action | None:
    """Return what an option does, by its name or the beginning of it; None if that is unclear."""
    known = parser._option_string_actions
    if name in known:
        return known[name]
    found = {id(action): action for full, action in known.items() if full.startswith(name)}
    return next(iter(found.values())) if len(found) == 1 and name.startswith("--") else None


def _take(action: argparse.Action, rest: deque[str]) -> list[str]:
    """Take the first value, and those after it that the option can use, off the arguments."""
    taken: list[str] = []
    while rest and not rest[0].startswith("-") and (not taken or _usable(action, rest[0])):
        taken.append(rest.popleft())
    return taken


def _usable(action: argparse.Action, value: str) -> bool:
    if action.choices is not None:
        return value in action.choices
    if callable(action.type):
        try:
            action.type(value)
        except (ValueError, argparse.ArgumentTypeError):
            return False
    return True


def _operands_needed(parser: argparse.ArgumentParser) -> int:
    positional = [action for action in parser._actions if not action.option_strings]
    return sum(action.nargs in (None, "+") for action in positional)
