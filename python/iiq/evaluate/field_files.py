"""The field's own files of word pairs and analogies, read as they are.

Pairs (gensim's wordsim353.tsv, MEN, SimLex, SimVerb, RW, ...): the first two columns are words, the
score is the first column after them that holds numbers only. Columns are parted by tabs, commas,
semicolons or spaces; a header and lines that begin with ``#`` are none of them. Words of MEN that
all bear a tag (``sun-n``) lose it. Analogies (questions-words.txt): ``: category`` lines, then four
words a line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

Fields = list[tuple[str, ...]]

_PARTERS = ("\t", ",", ";", None)
_TAG = re.compile(r"(.+)-[nvjar]")
_LEAST_COLUMNS = 3


def read_pairs(lines: Sequence[str]) -> Fields | None:
    """Return (word, word, score) of each line, None where these lines are no scored pairs."""
    kept = [line.strip("\r\n ") for line in lines if not line.startswith("#")]
    kept = [line for line in kept if line.strip()]
    for parter in _PARTERS:
        rows = [_parted(line, parter) for line in kept]
        if rows and min(map(len, rows)) >= _LEAST_COLUMNS and (found := _scored(rows)) is not None:
            return found
    return None


def _parted(line: str, parter: str | None) -> list[str]:
    if parter in (",", ";"):
        return [field.strip() for field in next(csv.reader([line], delimiter=parter))]
    return [field.strip() for field in line.split(parter)]


def _scored(rows: list[list[str]]) -> Fields | None:
    """Return words and scores; the first row is a header if its score is no number."""
    body = rows if len(rows) == 1 else rows[1:]
    width = min(map(len, rows))
    score = next((c for c in range(2, width) if all(_number(row[c]) for row in body)), None)
    if score is None:
        return None
    if not _number(rows[0][score]):
        rows = body
    words = _without_tags([(row[0], row[1]) for row in rows])
    if not all(one and two for one, two in words):
        return None
    return [(*pair, row[score]) for pair, row in zip(words, rows, strict=True)]


def _number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False


def _without_tags(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    tagged = [tuple(_TAG.fullmatch(word) for word in pair) for pair in pairs]
    if not all(one and two for one, two in tagged):
        return pairs
    return [(one[1], two[1]) for one, two in tagged if one and two]


def read_questions(lines: Sequence[str]) -> Fields | None:
    """Return (category, a, b, c, target) of each line, None where these lines are no questions."""
    category, rows = "", []
    for line in lines:
        fields = line.split()
        if line.startswith(":"):
            category = line[1:].strip()
        elif fields and not line.startswith("#"):
            if len(fields) != 4:
                return None
            rows.append((category or "questions", *fields))
    return rows or None


FIELD_FILES = {"similarity": read_pairs, "analogy": read_questions}
