"""What to say where something went wrong: options, not arguments of functions; what was meant."""

from __future__ import annotations

import difflib
import os
import re
import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iiq.cli._common import printable

if TYPE_CHECKING:
    from iiq.vocabulary.vocabulary import Vocabulary

# Arguments of functions whose option has another name; the others have the same.
_NAMES = {"n_bits": "bits", "random_state": "seed", "input_format": "format"}
_ARGUMENTS = (
    "n_bits", "ratio", "keep_vectors", "preset", "method", "n_remove", "train_rows", "n_iter",
    "random_state", "threads", "scoring", "oversample", "topn", "format", "encoding", "errors",
    "words", "limit", "data", "source", "sets", "overwrite", "spaces",
)  # fmt: skip
_ADVICE = {
    r"\bcheck_count=False": "--no-check-count",
    r"\ballow_pickle=True": "--allow-pickle",
    r"\boverwrite=True": "--overwrite",
    r"open it with iiq\.load\(path\)": "see iiq info, iiq nn, iiq eval or iiq convert",
    r"\biiq\.compress\(path\)": "iiq compress FILE OUTPUT",
}
_LETTERS = string.ascii_lowercase + "-'"
_SHOWN = 3


def in_options(text: str) -> str:
    """Return an error's text with options in place of a function's arguments."""
    for pattern, advice in _ADVICE.items():
        text = re.sub(pattern, advice, text)
    names = "|".join(_ARGUMENTS)
    text = re.sub(rf"\b({names})=None", lambda found: f"no {_option(found[1])}", text)
    text = re.sub(
        rf"\b({names})=('?)([^\s',;)]*)\2",
        lambda found: f"{_option(found[1])} {found[3]}".rstrip(),
        text,
    )
    return re.sub(rf"^({names})(?= must be\b)", lambda found: _option(found[1]), text)


def _option(name: str) -> str:
    return f"--{option(name)}"


def option(name: str) -> str:
    """Return what the command line calls an argument of a function."""
    return _NAMES.get(name, name).replace("_", "-")


def unknown_verb(name: str, verbs: Sequence[str]) -> str:
    """Return the sentence for a verb that there is not."""
    close = difflib.get_close_matches(name, verbs, n=1)
    meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(verbs)}"
    return f"no verb {name!r}: {meant}"


def missing_file(path: str) -> str:
    """Return the sentence for a file that is not there, with one of a like name that is."""
    folder, name = os.path.split(os.path.abspath(path))
    try:
        there = os.listdir(folder)
    except OSError:
        return f"{path}: No such file or directory"
    close = difflib.get_close_matches(name, there, n=1, cutoff=0.7)
    meant = f"; did you mean {Path(path).parent / close[0]}?" if close else ""
    return f"{path}: No such file or directory{meant}"


def missing_word(vocabulary: Vocabulary, word: str) -> str:
    """Return the sentence for a word that is not there, with the nearest words that are."""
    said = f"'{word}' is not in the vocabulary"
    forms = [form for form in (word.lower(), word.capitalize(), word.upper()) if form in vocabulary]
    if forms:
        return printable(f"{said}; '{forms[0]}' is")
    near = {*one_edit_away(word), *one_edit_away(word.lower())}
    rows = {vocabulary.find(other) for other in near} - {-1}
    meant = " or ".join(f"'{vocabulary.index_to_key[row]}'" for row in sorted(rows)[:_SHOWN])
    return printable(f"{said}; did you mean {meant}?" if meant else said)


def one_edit_away(word: str) -> Iterator[str]:
    """Yield the words that lack a letter of this one, have one more, another, or two swapped."""
    letters = sorted({*_LETTERS, *word}) if len(word) < 50 else []
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in letters:
            yield head + letter + tail
            yield head + letter + tail[1:]
