"""GensimIndexer: compressed codes as the index of an uncompressed gensim KeyedVectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from iiq.vocabulary.searcher import SCORINGS, Scope, sign_codes


class GensimIndexer:
    """Answer ``kv.most_similar(word, indexer=GensimIndexer(cv))`` of gensim from binary codes.

    gensim hands over the mean of the unit vectors of the keys, a direction of the source space; it
    is projected, scored against the codes, and rescored where ``cv`` keeps its source vectors.

    Parameters
    ----------
    vectors : BinaryKeyedVectors
        Compressed from the same vectors, with its encoder.
    scoring : str, optional
        "asymmetric", "hamming" or "rescore"; the best that ``vectors`` allows by default.
    threads : int, optional
        How many threads search; all cores by default.
    """

    def __init__(
        self, vectors: Any, *, scoring: str | None = None, threads: int | None = None
    ) -> None:
        if vectors.encoder is None:
            raise ValueError("an indexer needs vectors with an encoder: make them by iiq.compress")
        self.vectors = vectors
        self.scoring = scoring or ("rescore" if vectors.kept_vectors is not None else "asymmetric")
        if self.scoring not in SCORINGS:
            raise ValueError(f"scoring must be one of {', '.join(SCORINGS)}, got {scoring!r}")
        self.threads = threads

    def most_similar(self, vector: ArrayLike, num_neighbors: int) -> list[tuple[str, float]]:
        """Return the ``num_neighbors`` words nearest to a source vector, best first."""
        kv, scope = self.vectors, Scope(threads=self.threads)
        direction = np.atleast_2d(np.asarray(vector))
        if self.scoring == "rescore":
            rows, scores = kv._rescore(direction, num_neighbors, scope)
        else:
            projected = kv.project_directions(direction)
            if self.scoring == "hamming":
                rows, scores = kv._by_codes(sign_codes(projected), num_neighbors, scope)
            else:
                rows, scores = kv._asymmetric(projected, num_neighbors, scope)
        answer: list[tuple[str, float]] = kv._answer(rows[0], scores[0], num_neighbors, [])
        return answer
