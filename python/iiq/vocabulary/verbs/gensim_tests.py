"""gensim's two evaluations, with its file formats, its policies and its results."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_first_rows
from iiq.vocabulary.cosines import cosines_of_pairs
from iiq.vocabulary.spaces import Scope, rows_mask, units
from iiq.vocabulary.vocabulary import Vocabulary

_LOGGER = logging.getLogger(__name__)
_QUESTIONS = 256  # asked at once
_CANDIDATES = 5  # gensim looks no further for a word that is not in the question

Section = dict[str, Any]
Question = tuple[str, str, str, str]


class GensimTestVerbs(Vocabulary):
    """Word similarity and word analogies on files in gensim's formats."""

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str],
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        """Correlate similarities with human judgements.

        Parameters
        ----------
        pairs : path-like
            Lines of two words and a number, apart by ``delimiter``; lines that begin with ``#`` and
            lines of another form are skipped.
        encoding : str
            Of the file.
        restrict_vocab : int, optional
            Only the first so many words count as known.
        case_insensitive : bool
            Compare words in upper case; of forms that coincide the first row counts.
        dummy4unknown : bool
            Score pairs with an unknown word 0; else leave them out.

        Returns
        -------
        (pearson, spearman, oov_ratio)
            SciPy's results (statistic, pvalue), and the percentage of pairs with an unknown word.

        Raises
        ------
        ValueError
            If no pair is left.
        """
        from scipy import stats

        rows = self._known_rows(restrict_vocab, case_insensitive)
        found: list[tuple[int, int]] = []
        gold: list[float] = []
        unknown: list[float] = []
        for line in _lines(pairs, encoding):
            parts = _pair(line, delimiter, case_insensitive)
            if parts is None:
                continue
            a, b, score = parts
            if a in rows and b in rows:
                found.append((rows[a], rows[b]))
                gold.append(score)
            else:
                unknown.append(score)
        model = self._similarities_of(found)
        if dummy4unknown:
            gold, model = gold + unknown, np.concatenate([model, np.zeros(len(unknown))])
        if not gold:
            raise ValueError(
                f"No valid similarity judgements found in {pairs}: either invalid format or all "
                f"are out-of-vocabulary in {self!r}"
            )
        n_pairs = len(gold) + (0 if dummy4unknown else len(unknown))
        pearson, spearman = stats.pearsonr(gold, model), stats.spearmanr(gold, model)
        return pearson, spearman, len(unknown) / n_pairs * 100

    def _similarities_of(self, pairs: list[tuple[int, int]]) -> NDArray[np.float64]:
        if not pairs:
            return np.empty(0)
        one, two = np.array(pairs, dtype=np.int64).T
        space = self.space()
        return cosines_of_pairs(space.rows_at(one), space.rows_at(two))

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str],
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[Section]]:
        """Answer "a is to b as c is to ?" and count the right answers.

        Parameters
        ----------
        analogies : path-like
            Lines of four words; a line ``: name`` begins a section.
        restrict_vocab : int, optional
            Only the first so many words are known, and searched.
        case_insensitive : bool
            Compare words in upper case; of forms that coincide the first row counts.
        dummy4unknown : bool
            Count questions with an unknown word as wrong; else leave them out.
        similarity_function : str
            ``"most_similar"`` or ``"most_similar_cosmul"``.

        Returns
        -------
        (accuracy, sections)
            Sections are ``{"section": name, "correct": [...], "incorrect": [...]}``, the last one
            ``"Total accuracy"``.

        Raises
        ------
        ValueError
            If a question comes before the first section.
        """
        rows = self._known_rows(restrict_vocab, case_insensitive)
        sections = list(_sections(analogies, case_insensitive))
        for section in sections:
            asked = section.pop("questions")
            known = [question for question in asked if all(word in rows for word in question)]
            asked = asked if dummy4unknown else known
            right: set[Question] = set()
            for start in range(0, len(known), _QUESTIONS):
                part = known[start : start + _QUESTIONS]
                answers = self._answers(part, rows, restrict_vocab, similarity_function)
                right.update(
                    question
                    for question, found in zip(part, answers, strict=True)
                    if _predicted(found, question, rows, case_insensitive) == question[3]
                )
            section["correct"] = [question for question in asked if question in right]
            section["incorrect"] = [question for question in asked if question not in right]
        total: Section = {"section": "Total accuracy"}
        for name in ("correct", "incorrect"):
            total[name] = [question for section in sections for question in section[name]]
        n_right, n_asked = len(total["correct"]), len(total["correct"]) + len(total["incorrect"])
        return (n_right / n_asked if n_asked else 0.0), [*sections, total]

    def _known_rows(self, restrict_vocab: int | None, case_insensitive: bool) -> dict[str, int]:
        """Return the rows of the first words by their form; of equal forms the first row."""
        rows: dict[str, int] = {}
        for row, word in enumerate(
            islice(self.index_to_key, as_first_rows(restrict_vocab, len(self)))
        ):
            rows.setdefault(word.upper() if case_insensitive else word, row)
        return rows

    def _answers(
        self,
        questions: list[Question],
        rows: dict[str, int],
        restrict_vocab: int | None,
        similarity_function: str,
    ) -> list[list[str]]:
        """Return the first candidates of each question, best first, its own rows left out."""
        asked = np.array([[rows[word] for word in question[:3]] for question in questions])
        if similarity_function != "most_similar":
            ask = getattr(self, similarity_function)
            return [
                [
                    word
                    for word, _ in ask(
                        positive=[b, c],
                        negative=[a],
                        topn=_CANDIDATES,
                        restrict_vocab=restrict_vocab,
                    )
                ]
                for a, b, c in asked.tolist()
            ]
        space = self.space()
        a, b, c = (units(space, space.rows_at(asked[:, i])) for i in range(3))
        stop = as_first_rows(restrict_vocab, len(self))
        scope = Scope(rows_mask(len(self), 0, stop))
        found, _ = space.nearest(b + c - a, _CANDIDATES + 3, scope)
        return [
            [self.index_to_key[row] for row in near if row not in own][:_CANDIDATES]
            for near, own in zip(found.tolist(), asked.tolist(), strict=True)
        ]


def _predicted(
    found: list[str], question: Question, rows: dict[str, int], case_insensitive: bool
) -> str | None:
    """Return the first answer that is a known word and not one of the three of the question."""
    word = None
    for answer in found:
        word = answer.upper() if case_insensitive else answer
        if word in rows and word not in question[:3]:
            break
    return word


def _lines(path: str | os.PathLike[str], encoding: str = "utf8") -> Iterator[str]:
    """Yield the lines of a file, without the mark that Windows editors put first (BOM)."""
    try:
        with open(path, encoding=encoding) as file:
            for number, line in enumerate(file):
                yield line if number else line.removeprefix("\ufeff")
    except UnicodeError as error:
        raise ValueError(
            f"{os.fspath(path)} is not {encoding} ({error}): save it as UTF-8"
        ) from None


def _pair(line: str, delimiter: str, upper: bool) -> tuple[str, str, float] | None:
    if line.startswith("#") or not line.strip():
        return None
    parts = line.split(delimiter)
    try:
        a, b, score = (part.strip().upper() if upper else part.strip() for part in parts)
        return a, b, float(score)
    except ValueError:
        _LOGGER.info("skipping invalid line %r", line)
        return None


def _sections(path: str | os.PathLike[str], upper: bool) -> Iterator[Section]:
    section: Section | None = None
    for number, line in enumerate(_lines(path)):
        if line.startswith(": "):
            if section is not None:
                yield section
            section = {"section": line[1:].strip(), "questions": []}
            continue
        if not line.strip():
            continue
        if section is None:
            raise ValueError(f"Missing section header before line #{number} in {path}")
        words = tuple(word.upper() if upper else word for word in line.split())
        if len(words) == 4:
            section["questions"].append(words)
        else:
            _LOGGER.info("skipping invalid line #%d in %s", number, path)
    if section is not None:
        yield section
