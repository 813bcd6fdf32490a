"""BinaryKeyedVectors: words, their codes and the encoder, with the verbs of gensim's KeyedVectors.

One class: what is held (``vocabulary``), and a file for each kind of verb (``verbs/``), each of
which reads alone; here ``save``, ``load``, ``export`` and gensim's objects.
"""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING, Any, Self

from iiq._support.extras import need
from iiq._support.files import is_index, is_vocabulary
from iiq._support.validate import bytes_per_code
from iiq.vocabulary.file import read_vocabulary, verify_file, write_vocabulary
from iiq.vocabulary.verbs.batches import BatchVerbs
from iiq.vocabulary.verbs.gensim_names import GensimNameVerbs
from iiq.vocabulary.verbs.gensim_tests import GensimTestVerbs
from iiq.vocabulary.verbs.similar import SimilarVerbs
from iiq.vocabulary.verbs.subsets import SubsetVerbs
from iiq.vocabulary.verbs.word_lists import WordListVerbs

if TYPE_CHECKING:
    from iiq.export import ExportReport


_SHOWN_WORDS = 8


class BinaryKeyedVectors(
    SimilarVerbs, WordListVerbs, BatchVerbs, GensimNameVerbs, SubsetVerbs, GensimTestVerbs
):
    """Words, packed binary codes and the encoder they came from, asked like gensim's KeyedVectors.

    A compressed vocabulary speaks the **space of its vectors**: ``vector_size`` is the dimension of
    what was compressed, ``kv[word]`` the decoded code (centred, and without the directions that the
    encoder removed), a score the exact cosine of decoded vectors. A vector argument has as many
    numbers and is never centred: decoded vectors, sums of these, and nearly the source's own all
    work. Where source vectors are kept (``keep_vectors=``), they take the place of the decoded
    ones. ``signs``, ``codes``, ``index`` and ``scoring="hamming"`` are the view of the bits.
    Without an encoder a code stands for its signs. Among equal scores the lower row comes first.

    Parameters
    ----------
    words : sequence of str, or WordTable
        Row i of the index is the code of word i. No word may stand twice.
    index : HammingIndex
        The codes.
    encoder : Encoder, optional
        What made the codes; needed to encode and project vectors of the source space.
    counts : array-like of int (n,), optional
        How often each word occurred; gensim's attribute ``"count"``.
    kept_vectors : KeptVectors, optional
        The source vectors in float16 or int8; then the verbs use them.
    ngrams : NgramCodes, optional
        fastText's n-grams as codes, for words that are not here.
    quality : dict, optional
        What is known of these codes (JSON values); saved with them.

    Raises
    ------
    ValueError
        If lengths differ, a word stands twice or there is no word.
    """

    def _repr_html_(self) -> str:
        """Return what a notebook shows: sizes, the first words, what was removed and kept."""
        n_bytes, more = bytes_per_code(self.n_bits), " ..." if len(self) > _SHOWN_WORDS else ""
        rows = {
            "words": f"{len(self)}: {' '.join(self.index_to_key[:_SHOWN_WORDS])}{more}",
            "codes": f"{self.n_bits} bits, {n_bytes} bytes a word",
            "from": f"{self.vector_size} dimensions, "
            f"{32 * self.vector_size / self.n_bits:.3g} times smaller than float32",
            "method": getattr(self.encoder, "method", "none"),
        }
        reason = getattr(self.encoder, "n_remove_reason_", None)
        if reason is not None:
            rows["directions"] = reason
        kept = self.kept_vectors
        if kept is not None:
            rows["kept vectors"] = f"{kept.kind}, {kept.nbytes / len(self):.4g} bytes a word"
        cells = "".join(f"<tr><th>{k}</th><td>{escape(v)}</td></tr>" for k, v in rows.items())
        return f"<table>{cells}</table>"

    def save(self, fname: str | os.PathLike[str]) -> None:
        """Write all of it to one file (``docs/file-format.md``), all or nothing.

        A save that is interrupted leaves the file that was at ``fname`` whole. Saving over the file
        that these vectors were loaded from is safe (Windows refuses it while the file is open).
        """
        write_vocabulary(fname, self)

    @classmethod
    def load(cls, fname: str | os.PathLike[str], mmap: str | None = "r") -> Self:
        """Open a saved file; it is mapped into memory and shared by all processes that open it.

        Parameters
        ----------
        fname : path-like
            A file that ``save`` wrote.
        mmap : "r"
            gensim's argument; files are always mapped for reading.

        Raises
        ------
        ValueError
            If the file is damaged, truncated, foreign or of a newer format; the text says which.
            Damage inside the arrays shows where it is touched; ``verify`` reads everything.
        """
        try:
            return cls(**read_vocabulary(fname))
        except ValueError as error:
            if is_vocabulary(fname) or is_index(fname):
                raise
            raise ValueError(
                f"{error}; if this is a file of word vectors, compress it: iiq.compress(path)"
            ) from None

    def verify(self) -> list[str]:
        """Read every byte of the file these vectors were loaded from, and say what is damaged.

        Returns
        -------
        list of str
            What differs from the checksums or breaks a rule of the format; empty if all is well.

        Raises
        ------
        ValueError
            If these vectors were not loaded from a file, or the file holds no checksums.
        """
        if self._container is None:
            raise ValueError("these vectors were not loaded from a file: save and load them first")
        return verify_file(self._container, self.index, self.encoder)

    def export(
        self,
        engine: str,
        path: str | os.PathLike[str],
        verify: bool = True,
        overwrite: bool = False,
    ) -> ExportReport:
        """Write words and codes for a search engine or database (``docs/serving.md``).

        Parameters
        ----------
        engine : str
            faiss, usearch, sqlite-vec, duckdb, lancedb, pgvector, parquet, npy, vespa,
            elasticsearch, opensearch, milvus, qdrant or clickhouse; also faiss-lsh, which takes the
            encoder along, and faiss-ivf and faiss-hnsw, which answer approximately. Databases get
            one table ``vocabulary`` with the columns ``word`` and ``code``.
        path : path-like
            The file to write; for lancedb the folder of the database; for pgvector a file for
            COPY, or the connection string of a PostgreSQL.
        verify : bool, default True
            Ask the written store for the neighbours of real codes and compare with exact search;
            files that only a server can search are read back and compared row by row.
        overwrite : bool, default False
            Replace what is there.

        Returns
        -------
        ExportReport
            The stored width, the bit order and what was compared.

        Raises
        ------
        FileExistsError
            If there is something at ``path`` and ``overwrite`` is False.
        ModuleNotFoundError
            If the engine's package is missing; the text names the extra.
        ValueError
            If the engine refuses this width or a word (before anything is written), or if the
            written store answers differently: the text has the first difference, and what was
            written is removed.
        """
        from iiq.export import export

        return export(self, engine, path, verify=verify, overwrite=overwrite)

    def to_gensim(self) -> Any:
        """Return a gensim KeyedVectors that holds the vectors as float32, decoded."""
        kv = need("gensim.models", "to_gensim", "gensim").KeyedVectors(self.vector_size)
        kv.add_vectors(list(self.index_to_key), self.vectors[:])
        for name, values in self.expandos.items():
            kv.expandos[name] = values.copy()
        return kv


def load(path: str | os.PathLike[str]) -> BinaryKeyedVectors:
    """Open a saved vocabulary, memory-mapped: see ``BinaryKeyedVectors.load``."""
    return BinaryKeyedVectors.load(path)
