"""New words and attributes of words: all of a change is made, or nothing."""

from __future__ import annotations

from threading import RLock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.growing import appended
from iiq._support.validate import as_array, as_float32, as_matrix
from iiq._support.words import as_words
from iiq.codes.bits import sign_codes
from iiq.codes.decoding import decoded_lengths
from iiq.codes.index import HammingIndex
from iiq.vocabulary.held import Held
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.query import KEY_TYPES, Key
from iiq.vocabulary.spaces import DecodedSpace, Scope
from iiq.vocabulary.vocabulary import Codes, Vocabulary

Array = NDArray[Any]


_WRITING = RLock()  # one thread changes vocabularies at a time; others may ask meanwhile


class _New(NamedTuple):
    """What is to be added: a row of each for each word."""

    words: list[str]
    codes: Codes
    kept: KeptVectors | None
    extras: dict[str, Array]


class _Change(NamedTuple):
    """Which of the new words are fresh, which are known and get new codes, and their rows."""

    new: _New
    fresh: Array
    known: Array
    rows: Array


class EditVerbs(Vocabulary):
    """Changes in memory; a file that was loaded is never written to."""

    def add_vector(self, key: str, vector: ArrayLike, *, space: str = "source") -> int:
        """Add one word and return its row; see ``add_vectors``."""
        self.add_vectors([key], np.asarray(vector)[None], space=space)
        return self.get_index(key)

    def add_vectors(
        self,
        keys: Any,
        weights: ArrayLike,
        extras: dict[str, ArrayLike] | None = None,
        replace: bool = False,
        *,
        space: str = "source",
    ) -> None:
        """Add words and their vectors; words that are there already stay as they are.

        Parameters
        ----------
        keys : list of str, or str
            The words.
        weights : array-like (m, width)
            Rows of ``vector_size`` numbers, which are encoded.
        extras : dict of str to array-like (m,), optional
            Attributes of the words, such as ``{"count": [3, 1]}``.
        replace : bool
            Give words that are there already the new codes.
        space : {"source", "decoded"}
            Source vectors have the mean subtracted; decoded ones, such as ``kv[word]``, are centred
            already. A decoded vector that is exactly a word's gets that word's code.

        Raises
        ------
        ValueError
            If numbers of words and rows differ, a word is given twice, the width is another, or
            source vectors are kept and these are none (a word without could not be rescored).
        """
        words = [keys] if isinstance(keys, str) else as_words(keys, "keys")
        matrix = np.atleast_2d(as_array(weights, "weights"))
        codes = self._to_codes(matrix, space)
        if len(words) != len(codes):
            raise ValueError(f"{len(words)} keys but {len(codes)} rows of weights: give one each")
        if len(set(words)) != len(words):
            raise ValueError("a key stands twice among those to add: give each once")
        kept = None
        if self.kept_vectors is not None:
            if space != "source":
                raise ValueError(
                    "these vectors keep their source vectors for rescoring: give new words by "
                    "theirs, with space='source'"
                )
            kept = KeptVectors.from_vectors(matrix, self.kept_vectors.kind)
        extra = {name: np.asarray(values) for name, values in (extras or {}).items()}
        for name, values in extra.items():
            if values.shape != (len(words),):
                raise ValueError(f"{len(words)} keys but extras[{name!r}] of shape {values.shape}")
        with _WRITING:
            self._take_in(_New(words, codes, kept, extra), replace)

    def _take_in(self, new: _New, replace: bool) -> None:
        """Add words, and give known ones new codes with ``replace``: all of it, or nothing."""
        held = self.held
        rows = held.words.find_many(new.words)
        fresh, known = np.flatnonzero(rows < 0), np.flatnonzero(rows >= 0)
        if not replace:
            known = known[:0]
        change = _Change(new, fresh, known, rows[known])
        expandos = {
            name: _with_values(self.expandos.get(name), len(held.words), change, values)
            for name, values in {**dict.fromkeys(self.expandos), **new.extras}.items()
        }
        after = _replaced(_appended(held, change, self.encoder), change, self.encoder)
        self.expandos.update(expandos)
        self.held = after

    def __setitem__(self, keys: Any, weights: ArrayLike) -> None:
        if isinstance(keys, KEY_TYPES):
            keys, weights = [keys], np.atleast_2d(as_array(weights, "weights"))
        self.add_vectors(keys, weights, replace=True)

    def _to_codes(self, vectors: Array, space: str) -> Codes:
        if self.encoder is None:
            width = self.n_bits
            if vectors.shape[-1] != width:
                raise ValueError(
                    f"a vector here has {width} numbers, one a bit (there is no encoder), got "
                    f"{vectors.shape[-1]}"
                )
            return sign_codes(as_float32(as_matrix(vectors, "weights"), "weights"))
        codes = self.encode(vectors, space=space)
        if space == "decoded":
            self._copy_codes(vectors, codes)
        return codes

    def _copy_codes(self, vectors: Array, codes: Codes) -> None:
        """Give vectors that are exactly a word's decoded vector that word's code, in place."""
        decoded = self.space("decoded")
        queries = decoded.place(vectors)
        rows, _ = decoded.nearest(queries, 1, Scope())
        same = (decoded.rows_at(rows[:, 0]).astype(np.float32) == vectors).all(axis=1)
        codes[same] = self.index.codes_at(rows[same, 0])

    # --- attributes ------------------------------------------------------------------------------

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """Return attribute ``attr`` of a word, such as its ``"count"``; KeyError if missing."""
        row = self.get_index(key)
        if attr not in self.expandos:
            raise KeyError(attr)
        return self.expandos[attr][row]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set attribute ``attr`` of a word; words that were given none hold 0."""
        row = self.get_index(key)
        kind: Any = np.int64 if isinstance(val, int | np.integer) else type(val)
        dtype = np.dtype(kind) if issubclass(kind, np.number | float) else np.dtype(object)
        values = self.expandos.get(attr)
        if values is None:
            values = np.zeros(len(self), dtype)
        if not np.issubdtype(dtype, values.dtype):
            raise TypeError(
                f"Can't allocate type {kind} for attribute {attr}, conflicts with its existing "
                f"type {values.dtype}"
            )
        if not values.flags.writeable:  # mapped from a file
            values = values.copy()
        values[row] = val
        self.expandos[attr] = values


def _appended(held: Held, change: _Change, encoder: Any) -> Held:
    """Return what is held with the fresh words behind it."""
    new, fresh = change.new, change.fresh
    if not len(fresh):
        return held
    words = held.words.appended([new.words[i] for i in fresh])
    codes, scales = new.codes[fresh], None
    if held.index.scales is not None:
        scales = decoded_lengths(codes, encoder.decoder_)
    index = held.index.appended(codes, scales=scales)
    kept = held.kept
    if kept is not None and new.kept is not None:
        kept = kept.appended(new.kept.take(fresh))
    return Held(words, index, kept, held.decoded.appended(index))


def _replaced(held: Held, change: _Change, encoder: Any) -> Held:
    """Return what is held with new codes of the known words: a copy."""
    new, known = change.new, change.known
    if not len(known):
        return held
    codes = held.index.to_codes()
    codes[change.rows] = new.codes[known]
    index = HammingIndex(codes, held.index.n_bits, threads=held.index.threads)
    kept = held.kept
    if kept is not None and new.kept is not None:
        kept = kept.replaced(change.rows, new.kept.take(known))
    return Held(held.words, index, kept, DecodedSpace(index, encoder))


def _with_values(old: Array | None, n_old: int, change: _Change, new: Array | None) -> Array:
    """Return an attribute with the values of the new words, zeros where there are none."""
    if old is None:
        assert new is not None
        old = np.zeros(n_old, new.dtype)
    some = np.zeros(len(change.new.words), old.dtype)
    if new is not None:
        some[:] = new
    longer = appended(old[:n_old], some[change.fresh])
    if new is not None and len(change.known):
        longer = longer.copy()
        longer[change.rows] = some[change.known]
    return longer
