"""Verification: the store's answers to real codes against the exact search of this library.

Distances must be equal. Among equal distances engines may choose any code, so ids are checked by
what they claim: each is there once and lies at the distance reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from iiq.codes.bits import hamming
from iiq.export.table import Codes, Table

Rows: TypeAlias = Iterable[tuple[list[str], Codes]]

N_QUESTIONS = 24
K = 10


@dataclass(frozen=True)
class Questions:
    """Codes to search for, the rows they come from, and how many neighbours to ask for."""

    rows: NDArray[np.int64]
    codes: Codes
    k: int


@dataclass(frozen=True)
class Answer:
    """A store's answer: distances (m, k) in bits, and row numbers (m, k) or words."""

    distances: NDArray[Any]
    ids: NDArray[np.int64] | list[list[str]]


def questions(table: Table) -> Questions:
    """Choose evenly spaced codes of the table, the first and the last among them."""
    n = len(table)
    rows = np.unique(np.linspace(0, n - 1, min(N_QUESTIONS, n)).astype(np.int64))
    return Questions(rows, table.index.codes_at(rows), min(K, n))


def check_answer(table: Table, asked: Questions, answer: Answer, engine: str) -> str:
    """Raise ValueError at the first difference; return what was compared."""
    exact, _ = table.index.search(asked.codes, asked.k)
    found = np.asarray(answer.distances, dtype=np.float64)
    if found.shape != exact.shape:
        raise ValueError(
            f"{engine}: {found.shape[0]} queries gave {found.shape[1:]} neighbours each, wanted "
            f"{exact.shape}: the export is removed"
        )
    if (found != exact).any():
        i, j = (int(x) for x in np.argwhere(found != exact)[0])
        raise ValueError(
            f"{engine}: neighbour {j} of {table.words[int(asked.rows[i])]!r} is at distance "
            f"{found[i, j]:g}, but exact search says {exact[i, j]}: the export is removed"
        )
    ids = _as_rows(table, answer.ids, engine)
    for i, row in enumerate(ids):
        _check_claims(table, asked, i, row, exact[i], engine)
    return f"{len(ids)} queries, {asked.k} neighbours each, equal to exact search"


def _as_rows(
    table: Table, ids: NDArray[np.int64] | list[list[str]], engine: str
) -> NDArray[np.int64]:
    if isinstance(ids, np.ndarray):
        return ids.astype(np.int64)
    rows = np.array([[table.words.find(word) for word in words] for words in ids], np.int64)
    if (rows < 0).any():
        i, j = (int(x) for x in np.argwhere(rows < 0)[0])
        raise ValueError(
            f"{engine}: returned the word {ids[i][j]!r}, which is none of these words: "
            "the export is removed"
        )
    return rows


def _check_claims(
    table: Table,
    asked: Questions,
    question: int,
    row: NDArray[np.int64],
    exact: NDArray[np.int32],
    engine: str,
) -> None:
    """Check that the codes of one answer are different ones, each at its distance."""
    word = table.words[int(asked.rows[question])]
    if row.min() < 0 or row.max() >= len(table) or len(np.unique(row)) != len(row):
        raise ValueError(
            f"{engine}: the neighbours of {word!r} are the rows {row.tolist()}, but wanted are "
            f"different rows of {len(table)}: the export is removed"
        )
    true = hamming(table.index.codes_at(row), asked.codes[question : question + 1])
    if (true != exact).any():
        j = int(np.argmax(true != exact))
        raise ValueError(
            f"{engine}: says that {table.words[int(row[j])]!r} is at distance {exact[j]} from "
            f"{word!r}, but it is at {true[j]}: the export is removed"
        )


def check_rows(table: Table, rows: Rows, engine: str) -> str:
    """Compare every row that was read back; raise ValueError at the first difference."""
    start = 0
    for words, codes in rows:
        stop = start + len(words)
        if stop > len(table):
            raise ValueError(
                f"{engine}: holds more than the {len(table)} rows written: the export is removed"
            )
        for row, (found, wanted) in enumerate(
            zip(words, table.words[start:stop], strict=True), start
        ):
            if found != wanted:
                raise ValueError(
                    f"{engine}: row {row} is the word {found!r}, wanted {wanted!r}: "
                    "the export is removed"
                )
        _check_codes(table, start, codes, engine)
        start = stop
    if start != len(table):
        raise ValueError(
            f"{engine}: holds {start} rows of the {len(table)} written: the export is removed"
        )
    return f"all {start} rows, read back"


def _check_codes(table: Table, start: int, codes: Codes, engine: str) -> None:
    wanted = table.index.to_codes(start, start + len(codes))
    if codes.shape != wanted.shape:
        raise ValueError(
            f"{engine}: codes of shape {codes.shape} from row {start} on, wanted {wanted.shape}: "
            "the export is removed"
        )
    differ = (codes != wanted).any(axis=1)
    if differ.any():
        i = int(np.argmax(differ))
        raise ValueError(
            f"{engine}: row {start + i} ({table.words[start + i]!r}) has the code "
            f"{codes[i].tobytes().hex()}, wanted {wanted[i].tobytes().hex()}: the export is removed"
        )
