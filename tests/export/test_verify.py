"""What an engine may answer: each lie that it can tell is seen and named."""

from dataclasses import replace

import numpy as np
import pytest

from iiq.export.table import Table
from iiq.export.verify import Answer, check_answer, check_rows, questions


@pytest.fixture
def table(vocabulary):
    return Table(vocabulary.index_to_key, vocabulary.index)


@pytest.fixture
def truth(table):
    asked = questions(table)
    return asked, Answer(*table.index.search(asked.codes, asked.k))


def rows(table, stop=None):
    codes = table.index.to_codes()[:stop]
    half = len(codes) // 2
    return [(table.words[:half], codes[:half]), (table.words[half : len(codes)], codes[half:])]


def test_the_truth_is_believed(table, truth):
    assert "equal to exact search" in check_answer(table, *truth, "engine")
    words = [[table.words[row] for row in found] for found in truth[1].ids]
    assert check_answer(table, truth[0], replace(truth[1], ids=words), "engine")
    assert check_rows(table, rows(table), "engine") == "all 400 rows, read back"


def test_a_row_given_twice(table, truth):
    asked, answer = truth
    ids, distances = answer.ids.copy(), answer.distances
    i, j = np.argwhere(distances[:, 1:] == distances[:, :-1])[0]  # two at the same distance
    ids[i, j + 1] = ids[i, j]
    with pytest.raises(ValueError, match="wanted are different rows of 400"):
        check_answer(table, asked, Answer(distances, ids), "engine")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: Answer(a.distances + 1, a.ids), "but exact search says"),
        (lambda a: Answer(a.distances[:, :-1], a.ids), r"wanted \(24, 10\)"),
        (lambda a: Answer(a.distances, a.ids + 400), "wanted are different rows"),
        (lambda a: Answer(a.distances, -1 - a.ids), "wanted are different rows"),
        (lambda a: Answer(a.distances, (a.ids + 1) % 400), "but it is at"),
        (lambda a: Answer(a.distances, [["none"] * 10] * 24), "none of these words"),
    ],
)
def test_an_answer_that_is_wrong(change, message, table, truth):
    with pytest.raises(ValueError, match=f"engine: .*{message}"):
        check_answer(table, truth[0], change(truth[1]), "engine")


def test_rows_that_are_wrong(table):
    with pytest.raises(ValueError, match="holds 399 rows of the 400 written"):
        check_rows(table, rows(table, 399), "engine")
    with pytest.raises(ValueError, match="holds more than the 400 rows"):
        check_rows(table, [*rows(table), (["w"], table.index.to_codes()[:1])], "engine")
    (words, codes), last = rows(table)
    with pytest.raises(ValueError, match="row 0 is the word 'other', wanted"):
        check_rows(table, [(["other", *words[1:]], codes), last], "engine")
    with pytest.raises(ValueError, match=r"row 200 .* has the code"):
        check_rows(table, [(words, codes), (last[0], last[1] ^ 1)], "engine")
    with pytest.raises(ValueError, match="codes of shape"):
        check_rows(table, [(words, codes[:, :1]), last], "engine")
