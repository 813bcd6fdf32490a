"""What vectors are like before compressing, or codes after: one function for both."""

from __future__ import annotations

from html import escape
from typing import Any

from iiq.study.examine_codes import examine_codes
from iiq.study.examine_vectors import examine
from iiq.vectors.word_blocks import as_word_vectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

_SHOWN = 8  # numbers of a long list


class Checkup(dict[str, Any]):
    """Figures by name, for JSON; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{_cell(value)}</td></tr>"
            for name, value in self.items()
            if name != "advice"
        )
        advice = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.get("advice", ()))
        return f"<table>{rows}</table><ul>{advice}</ul>"


def doctor(
    data: Any,
    source: Any = None,
    *,
    threads: int | None = None,
    random_state: int = 0,
    verbose: bool = False,
) -> Checkup:
    """Examine vectors before compressing, or a compressed vocabulary after.

    Parameters
    ----------
    data : BinaryKeyedVectors, or what `iiq.compress` takes
    source : what `iiq.compress` takes, optional
        The vectors that a compressed vocabulary was made from: its recall is measured by them.
    threads : int, optional
        All cores by default.
    random_state : int
    verbose : bool
        Show progress on standard error.

    Returns
    -------
    Checkup
        A dict. Of vectors: the figures of `iiq.study.examine`, among them ``preset``, the preset
        to take, and ``advice``; of codes those of `iiq.study.examine_codes`.

    Raises
    ------
    ValueError
        If ``source`` holds other words than the vocabulary, or is given beside vectors.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    >>> doctor(([f"w{i}" for i in range(300)], rows))["preset"]
    'faithful'
    """
    if isinstance(data, BinaryKeyedVectors):
        return Checkup(_of_codes(data, source, random_state))
    if source is not None:
        raise ValueError("source= goes with a compressed vocabulary; vectors are their own source")
    found = as_word_vectors(data)
    return Checkup(
        examine(
            found.words, found.vectors, threads=threads, random_state=random_state, verbose=verbose
        )
    )


def _of_codes(vocabulary: BinaryKeyedVectors, source: Any, seed: int) -> dict[str, Any]:
    codes = vocabulary.codes
    if source is None:
        return examine_codes(codes, vocabulary.n_bits, random_state=seed)
    found = as_word_vectors(source)
    n = min(len(found), len(codes))
    if list(found.words[:n]) != list(vocabulary.index_to_key[:n]):
        raise ValueError(
            "source holds other words than the vocabulary, or in another order: it must be what "
            "was compressed"
        )
    return examine_codes(codes[:n], vocabulary.n_bits, found.vectors[:n], random_state=seed)


def _cell(value: Any) -> str:
    """Return a figure as HTML: rows of figures by name as a table, numbers to four digits."""
    if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()):
        value = [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        head = "".join(f"<th>{escape(str(name))}</th>" for name in value[0])
        lines = ["".join(f"<td>{_cell(v)}</td>" for v in row.values()) for row in value]
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
    if isinstance(value, dict):
        return ", ".join(f"{escape(str(name))} {_cell(v)}" for name, v in value.items())
    if isinstance(value, list):
        more = [f"... ({len(value)})"] if len(value) > _SHOWN else []
        return ", ".join([*(_cell(v) for v in value[:_SHOWN]), *more])
    return escape(f"{value:.4g}" if isinstance(value, float) else f"{value!s:.200}")
