"""Tables of pandas, polars and Arrow as words and vectors; none of them is imported.

Words are the index of a table of pandas, or else its one column of texts; vectors are all other
columns, or the one column of lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iiq.vectors.word_vectors import WordVectors


def is_table(vectors: Any) -> bool:
    """Whether this is a table: columns that are asked for by name."""
    return hasattr(vectors, "columns") and hasattr(vectors, "shape")


def words_of_table(table: Any) -> WordVectors:
    """Return the words and vectors of a table.

    Raises
    ------
    TypeError
        If neither its index nor one column holds texts.
    """
    if hasattr(table, "iloc") and _are_texts(table.index):
        return WordVectors(list(table.index), _numbers(table, list(table.columns)))
    names = list(getattr(table, "column_names", table.columns))
    texts = [name for name in names if _are_texts(table[name])]
    if len(texts) != 1:
        told = ", ".join(map(repr, texts[:5])) or "none"
        raise TypeError(
            f"the words of a table are its index or its one column of texts, but columns of texts "
            f"are: {told} (of {len(names)}); name the words: table.set_index('word'), or "
            "iiq.compress((words, matrix))"
        )
    names.remove(texts[0])
    return WordVectors(_listed(table[texts[0]]), _numbers(table, names))


def _are_texts(column: Any) -> bool:
    """Whether the first value of a column is a text."""
    values = column[:1]
    return len(values) > 0 and isinstance(_listed(values)[0], str)


def _listed(column: Any) -> list[Any]:
    listed: list[Any] = column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()
    return listed


def _numbers(table: Any, names: list[Any]) -> Any:
    """Return the columns with these names side by side; one of lists as its rows."""
    if len(names) == 1 and np.ndim(np.asarray(table[names[0]])[:1].tolist()) > 1:
        return _listed(table[names[0]])
    if hasattr(table, "iloc"):
        return table[names].to_numpy()
    return np.column_stack([np.asarray(table[name]) for name in names])
