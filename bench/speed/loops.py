"""Verbs on one word or a few, called in a loop: microseconds a call, beside gensim's.

    python -m bench.speed.loops WORDS.txt [--bits 100] [--dim 100] [--kept int8]

WORDS.txt holds words, one a line. Codes are random; gensim holds what they decode to, float32. The
two are asked in turn, one thread, with words drawn at random, ten to a list; the least CPU time of
five turns. A word in a list of all words counts as one call in the last rows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import command_line, cpu_name, cpu_seconds, print_head, print_row, random_codes
from bench.speed.word_tables import read_words
from iiq.vocabulary.kept_vectors import KeptVectors

TURNS, CALLS, SOME = 5, 2000, 10
Verb = Callable[[Any, list[str]], Any]

# Of a vocabulary and ten words.
EACH: dict[str, Verb] = {
    "`word in kv`": lambda kv, w: w[0] in kv,
    "`kv.get_index(word)`": lambda kv, w: kv.get_index(w[0]),
    "`kv.index_to_key[row]`": lambda kv, w: kv.index_to_key[7],
    "`kv[word]`": lambda kv, w: kv[w[0]],
    "`kv.similarity(a, b)`": lambda kv, w: kv.similarity(w[0], w[1]),
    "`kv.distance(a, b)`": lambda kv, w: kv.distance(w[0], w[1]),
    "`kv[ten words]`": lambda kv, w: kv[w],
    "`kv.get_mean_vector(ten)`": lambda kv, w: kv.get_mean_vector(w),
    "`kv.n_similarity(five, five)`": lambda kv, w: kv.n_similarity(w[:5], w[5:]),
    "`kv.distances(word, nine)`": lambda kv, w: kv.distances(w[0], w[1:]),
    "`kv.rank_by_centrality(ten)`": lambda kv, w: kv.rank_by_centrality(w),
    "`kv.most_similar_to_given(word, nine)`": lambda kv, w: kv.most_similar_to_given(w[0], w[1:]),
}
# Of all words at once.
WHOLE: dict[str, Callable[[Any, list[str]], Any]] = {
    "`list(kv.index_to_key)`": lambda kv, words: list(kv.index_to_key),
    "`[kv.key_to_index[w] for w in words]`": lambda kv, words: list(
        map(kv.key_to_index.__getitem__, words)
    ),
}


def vocabulary(words: list[str], n_bits: int, dim: int, kept: str | None) -> Any:
    """Return a vocabulary of random codes."""
    rows = np.random.default_rng(0).standard_normal((1000, dim)).astype(np.float32)
    encoder = iiq.LSH(n_bits, random_state=0).fit(rows)
    index = iiq.HammingIndex(random_codes(len(words), n_bits, 0), n_bits, threads=1)
    vectors = None
    if kept is not None:
        some = np.random.default_rng(1).standard_normal((len(words), dim), np.float32)
        vectors = KeptVectors.from_vectors(some, kept)
    return iiq.BinaryKeyedVectors(words, index, encoder, kept_vectors=vectors)


def in_turn(calls: list[Callable[[], Any]]) -> list[float]:
    """Return the least seconds of each call."""
    took = [[cpu_seconds(call) for call in calls] for _ in range(TURNS)]
    return [min(column) for column in zip(*took, strict=True)]


def row(name: str, verb: Verb, both: list[Any], asked: list[list[str]]) -> None:
    """Print the microseconds of a verb here and there."""

    def loop(kv: Any) -> None:
        for words in asked:
            verb(kv, words)

    ours, theirs = in_turn([lambda kv=kv: loop(kv) for kv in both])  # type: ignore[misc]
    calls = len(asked) * (1 if len(asked) > 1 else len(asked[0]))
    print_row(
        name, *(f"{1e6 * took / calls:.2f}" for took in (ours, theirs)), f"{ours / theirs:.1f}"
    )


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("words", type=Path, help="a file of words, one a line")
    parser.add_argument("--bits", type=int, default=100)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--kept", choices=["float16", "int8", "int4"], help="kept vectors, too")
    arguments = parser.parse_args()
    words = read_words(arguments.words)
    kv = vocabulary(words, arguments.bits, arguments.dim, arguments.kept)
    both = [kv, kv.to_gensim()]
    draw = random.Random(0)
    asked = [draw.sample(words, SOME) for _ in range(CALLS)]
    print(
        f"{len(words)} words, {arguments.bits} bits, {arguments.dim} dimensions, "
        f"kept vectors: {arguments.kept}; {cpu_name()}\n"
    )
    print_head("microseconds a call", "iiq", "gensim", "times")
    for name, verb in EACH.items():
        row(name, verb, both, asked)
    shuffled = draw.sample(words, len(words))
    for name, verb in WHOLE.items():
        row(name, verb, both, [shuffled])


if __name__ == "__main__":
    main()
