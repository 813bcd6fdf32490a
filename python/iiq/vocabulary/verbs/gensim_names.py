"""gensim's other names: those with a meaning here, and what to call instead of the rest."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from iiq.vocabulary.query import Key
from iiq.vocabulary.verbs.edits import EditVerbs

_LOGGER = logging.getLogger(__name__)
_ROWS = 16384  # written at a time

# Attributes of gensim before 4.0, which gensim refuses in the same way.
_REPLACED = {
    "vocab": "key_to_index (or get_index) for rows, get_vecattr(word, 'count') for counts",
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "vectors_norm": "get_normed_vectors()",
    "syn0": "vectors",
    "syn0norm": "get_normed_vectors()",
}


class GensimNameVerbs(EditVerbs):
    """What programs written for gensim call besides the verbs."""

    def __getattr__(self, name: str) -> NoReturn:
        kind = type(self).__name__
        if name in _REPLACED:
            raise AttributeError(f"{kind} has no {name!r}, as in gensim 4: use {_REPLACED[name]}")
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    def word_vec(self, key: Key, norm: bool = False) -> NDArray[np.float32]:
        """Return the vector of a word: gensim's older name of ``get_vector``."""
        return self.get_vector(key, norm=norm)

    # -- lengths and rows that gensim allocates ---------------------------------------------------

    def fill_norms(self, force: bool = False) -> None:
        """Do nothing: lengths are computed where a verb asks for them."""

    def init_sims(self, replace: bool = False) -> None:
        """Do nothing, as in gensim 4; with ``replace`` see ``unit_normalize_all``."""
        if replace:
            self.unit_normalize_all()

    def unit_normalize_all(self) -> NoReturn:
        """Refuse: codes have the lengths that their decoder gives them."""
        raise NotImplementedError(
            "the vectors are decoded from codes, whose lengths cannot be set: use "
            "get_normed_vectors(), get_vector(word, norm=True), or compress vectors of length 1"
        )

    def resize_vectors(self, seed: int = 0) -> None:
        """Do nothing: there are as many vectors as words, always."""

    def allocate_vecattrs(
        self, attrs: Sequence[str] | None = None, types: Sequence[Any] | None = None
    ) -> None:
        """Make room for attributes of words, all zero (None for objects), where there is none yet.

        Raises
        ------
        TypeError
            If an attribute is there with a type that does not hold the new one.
        ValueError
            If there are not as many types as attributes.
        """
        names, kinds = list(attrs or ()), list(types or ())
        if len(names) != len(kinds):
            raise ValueError(f"{len(names)} attrs but {len(kinds)} types: give one type each")
        for name, kind in zip(names, kinds, strict=True):
            wanted = np.dtype(np.int64 if kind is int else kind)
            if not np.issubdtype(wanted, np.number):
                wanted = np.dtype(object)
            if name not in self.expandos:
                empty = None if wanted.hasobject else 0
                self.expandos[name] = np.full(len(self), empty, dtype=wanted)
            elif not np.issubdtype(wanted, self.expandos[name].dtype):
                raise TypeError(
                    f"Can't allocate type {kind} for attribute {name}, conflicts with its "
                    f"existing type {self.expandos[name].dtype}"
                )

    # -- word2vec's files -------------------------------------------------------------------------

    def save_word2vec_format(
        self,
        fname: str | os.PathLike[str],
        fvocab: str | os.PathLike[str] | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """Write words and vectors in word2vec's text or binary format, for any other tool.

        Parameters
        ----------
        fname : path-like
        fvocab : path-like, optional
            A second file of lines "word count".
        binary : bool
        total_vec : int, optional
            What gensim lets the header say; it must be the number of words.
        write_header : bool
            Text without one is GloVe's form.
        prefix : str
            Put before each word.
        append : bool
            Not taken: a file appears whole.
        sort_attr : str
            Words are written by descending values of this attribute, where they have it.

        Raises
        ------
        ValueError
            For what cannot be written so that it is read back the same.
        """
        from iiq.vectors.word_blocks import WordBlocks
        from iiq.vectors.writers import write_vectors

        if binary and not write_header:
            raise ValueError("word2vec's binary format begins with its header: write_header=True")
        if append or total_vec not in (None, len(self)):
            raise ValueError(
                f"append={append} and total_vec={total_vec} are for files that are written in "
                "parts: write all words at once, without them"
            )
        order = np.arange(len(self))
        if sort_attr in self.expandos:
            order = np.argsort(-self.expandos[sort_attr], kind="stable")

        def blocks() -> Iterator[tuple[list[str], NDArray[np.float32]]]:
            for start in range(0, len(order), _ROWS):
                rows = order[start : start + _ROWS]
                yield [prefix + self.index_to_key[int(row)] for row in rows], self.vectors[rows]

        kind = "word2vec-binary" if binary else "word2vec" if write_header else "glove"
        write_vectors(WordBlocks(blocks, self.vector_size), fname, format=kind)
        if fvocab is not None:
            self._save_counts(fvocab, order, prefix)

    def _save_counts(self, path: str | os.PathLike[str], order: NDArray[Any], prefix: str) -> None:
        from iiq._support.files import replacing

        counts = self.expandos.get("count", np.zeros(len(self), np.int64))
        with replacing(path) as file:
            for row in order.tolist():
                file.write(f"{prefix}{self.index_to_key[row]} {counts[row]}\n".encode())

    def intersect_word2vec_format(
        self,
        fname: str | os.PathLike[str],
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Give the words that a file of vectors holds, too, the codes of the file's vectors.

        ``lockf`` is gensim's, for later training, and has no meaning here; whether the file is
        binary is found out.

        Raises
        ------
        ValueError
            If the file's vectors have another dimension.
        """
        from iiq.vectors.readers import iter_vectors

        for words, vectors in iter_vectors(fname, encoding=encoding, errors=unicode_errors):
            known = [position for position, word in enumerate(words) if word in self]
            if known:
                chosen = [words[position] for position in known]
                self.add_vectors(chosen, vectors[known], replace=True)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: str | os.PathLike[str],
        fvocab: str | os.PathLike[str] | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: Any = np.float32,
        no_header: bool = False,
    ) -> NoReturn:
        """Refuse, with the call that reads and compresses the file."""
        given = {"encoding": (encoding, "utf8"), "errors": (unicode_errors, "strict")}
        options = {"limit": (limit, None), **given}
        more = "".join(
            f", {name}={value!r}" for name, (value, usual) in options.items() if value != usual
        )
        raise NotImplementedError(
            f"{cls.__name__} holds codes: to read vectors and compress them call "
            f"iiq.compress({os.fspath(fname)!r}{more}), to read them alone iiq.read_vectors"
        )

    # -- what gensim logs -------------------------------------------------------------------------

    def add_lifecycle_event(self, event_name: str, log_level: int = 20, **event: Any) -> None:
        """Do nothing: gensim's record of what happened to a model is not kept."""

    @staticmethod
    def log_accuracy(section: Mapping[str, Sequence[Any]]) -> float:
        """Return the share of right answers in a section of ``evaluate_word_analogies``."""
        right, wrong = len(section["correct"]), len(section["incorrect"])
        return right / (right + wrong) if right + wrong else 0.0

    @staticmethod
    def log_evaluate_word_pairs(pearson: Any, spearman: Any, oov: float, pairs: object) -> None:
        """Log the results of ``evaluate_word_pairs``."""
        text = "%s: Pearson %.4f, Spearman %.4f, %.1f %% of the pairs with an unknown word"
        _LOGGER.info(text, pairs, pearson[0], spearman[0], oov)
