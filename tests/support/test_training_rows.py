"""Which rows are learned from: the first, or evenly spaced ones of an alphabetical list."""

import numpy as np
import pytest

import iiq
from iiq._support.training_rows import evenly_spaced_rows, is_alphabetical, training_rows

N = 5000


def words(alphabetical):
    return [f"{i if alphabetical else i * 2749 % N:05d}" for i in range(N)]


def test_alphabetical_lists_are_told_from_others():
    assert is_alphabetical(words(True))
    assert is_alphabetical(["<unk>", "</s>", *words(True)])
    assert not is_alphabetical(words(False))
    assert not is_alphabetical(words(True)[:50])  # too few to tell
    assert not is_alphabetical(iiq.samples.bundled().words)


@pytest.mark.parametrize("count", [1, 200, N, 10**9])
def test_the_first_rows_of_words_in_order_of_frequency(count):
    assert training_rows(words(False), count, lambda: pytest.fail("not asked")) == count


def test_evenly_spaced_rows_of_an_alphabetical_list():
    rows = training_rows(words(True), 200, lambda: N)
    assert np.array_equal(rows, evenly_spaced_rows(N, 200))
    assert (rows[0], rows[-1], len(rows)) == (0, N - 1, 200)


def test_where_all_rows_are_learned_from_none_is_picked():
    assert training_rows(words(True), N, lambda: N) == N


def test_the_words_that_are_learned_from_are_judged():
    both = [*words(True)[:300], *words(False)]
    assert np.array_equal(training_rows(both, 300, lambda: N), evenly_spaced_rows(N, 300))
    assert training_rows([*words(False)[:300], *words(True)], 300, lambda: N) == 300
